import { expect, test } from "vitest";
import { faultyFiles } from "./sim/faulty-files.ts";
import { recordingFiles } from "./sim/recording-files.ts";
import { StrictMemoryFiles } from "./sim/strict-memory-files.ts";
import { syncBehind } from "./sync-behind.ts";

const piece = new Uint8Array(10);

test("a large file is synced as it grows, and once more at the end", async () => {
  const { files, calls } = recordingFiles(new StrictMemoryFiles());
  const file = syncBehind(await files.open("a", "create"), 20);
  for (let count = 0; count < 4; count++) await file.append(piece);
  await file.sync();
  await file.close();
  expect(calls).toEqual([
    "create a",
    "append a 10",
    "append a 10",
    "sync-data a",
    "append a 10",
    "append a 10",
    "sync-data a",
    "sync a",
  ]);
});

test("a small file is synced once", async () => {
  const { files, calls } = recordingFiles(new StrictMemoryFiles());
  const file = syncBehind(await files.open("a", "create"));
  await file.append(piece);
  await file.sync();
  expect(calls).toEqual(["create a", "append a 10", "sync a"]);
});

test("a sync that fails behind the writer's back fails what comes after it", async () => {
  const files = faultyFiles(new StrictMemoryFiles(), ({ operation }) =>
    operation === "sync-data" ? { code: "EIO" } : undefined,
  );
  const file = syncBehind(await files.open("a", "create"), 20);
  await file.append(piece);
  await file.append(piece);
  await expect(file.sync()).rejects.toMatchObject({ code: "EIO", operation: "sync-data" });
  await expect(file.append(piece)).rejects.toMatchObject({ code: "EIO" });
  await file.close();
});

test("cutting and reading are those of the file", async () => {
  const files = new StrictMemoryFiles();
  const file = syncBehind(await files.open("a", "create"), 5);
  await file.append(Buffer.from("hello"));
  await file.truncate(4);
  await file.syncData();
  const target = new Uint8Array(8);
  expect([await file.size(), await file.readAt(1, target)]).toEqual([4, 3]);
  expect(Buffer.from(target).toString("latin1", 0, 3)).toBe("ell");
});
