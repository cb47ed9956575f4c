import { expect, test } from "vitest";
import { FormatError } from "./errors.ts";

test("a format error says what, in which file, at which offset", () => {
  const cause = new Error("inner");
  const error = new FormatError("rdb", "RDB_BAD_LISTPACK", "listpack says 12 entries, found 9", {
    offset: 48_213,
    path: "dump.rdb",
    cause,
  });
  expect(error.message).toBe("rdb: listpack says 12 entries, found 9 (dump.rdb at offset 48213)");
  expect(error).toMatchObject({ format: "rdb", code: "RDB_BAD_LISTPACK", offset: 48_213, path: "dump.rdb" });
  expect(error.cause).toBe(cause);
});

test("a format error of a stream without a name gives the offset alone", () => {
  const error = new FormatError("rdb", "RDB_TRUNCATED", "the file ends inside a key", { offset: 7 });
  expect(error.message).toBe("rdb: the file ends inside a key (offset 7)");
  expect(error.path).toBeUndefined();
  expect(error.cause).toBeUndefined();
});
