import { describe, expect, test } from "vitest";
import { replaceFile } from "../replace-file.ts";
import { faultyFiles } from "./faulty-files.ts";
import { recordingFiles } from "./recording-files.ts";
import { StrictMemoryFiles } from "./strict-memory-files.ts";

describe("faulty files", () => {
  test("fail the calls that the rule chooses, and leave everything as it was", async () => {
    const inner = new StrictMemoryFiles();
    const files = faultyFiles(inner, ({ operation }) =>
      operation === "rename" ? { code: "EIO" } : undefined,
    );
    const file = await files.open("a", "create");
    await file.append(Buffer.from("x"));
    await expect(files.rename("a", "b")).rejects.toMatchObject({
      code: "EIO",
      operation: "rename",
      path: "a",
    });
    expect(await inner.list("/")).toEqual(["a"]);
  });

  test("write short: the first bytes are there when the call fails", async () => {
    const full = { code: "ENOSPC", writtenBytes: 3 } as const;
    const files = faultyFiles(new StrictMemoryFiles(), ({ operation }, number) =>
      operation === "append" && number === 1 ? full : undefined,
    );
    const file = await files.open("a", "create");
    await expect(file.append(Buffer.from("hello"))).rejects.toMatchObject({ code: "ENOSPC" });
    expect(await file.size()).toBe(3);
    await file.append(Buffer.from("!"));
    expect(await file.size()).toBe(4);
  });

  test("after a failed sync of a handle all its later syncs fail, those of another one do not", async () => {
    const files = faultyFiles(new StrictMemoryFiles(), ({ operation }, number) =>
      operation === "sync" && number < 3 ? { code: "EIO" } : undefined,
    );
    const file = await files.open("a", "create");
    await expect(file.sync()).rejects.toMatchObject({ code: "EIO" });
    await expect(file.syncData()).rejects.toMatchObject({ code: "EIO" });
    await (await files.open("a", "append")).sync();
  });
});

test("recording files write down changing calls in order, and nothing else", async () => {
  const { files, calls } = recordingFiles(new StrictMemoryFiles());
  await files.makeDirectory("data");
  await replaceFile(files, "data/x", (file) => file.append(Buffer.from("new")), { overwrite: false });
  const file = await files.open("data/x", "append");
  await file.truncate(1);
  await file.syncData();
  await files.remove("data/x");
  expect(calls).toEqual([
    "make-directory data",
    "create .x.0.tmp",
    "append .x.0.tmp 3",
    "sync .x.0.tmp",
    "rename .x.0.tmp x",
    "sync-directory data",
    "open x",
    "truncate x 1",
    "sync-data x",
    "remove x",
  ]);
});
