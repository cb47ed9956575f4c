import { expect, test } from "vitest";
import { blockBytes, borrowBlocks } from "./block-memory.ts";
import { inBlocks } from "./in-blocks.ts";
import { faultyFiles } from "./sim/faulty-files.ts";
import { recordingFiles } from "./sim/recording-files.ts";
import { StrictMemoryFiles } from "./sim/strict-memory-files.ts";

/** Bytes that are nowhere the same for long. */
function patterned(count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, index) => (index * 7 + (index >> 8)) & 255);
}

test("what is appended is written in whole blocks, and the rest with the sync", async () => {
  const { files, calls } = recordingFiles(new StrictMemoryFiles());
  const file = inBlocks(await files.open("a", "create"));
  const bytes = patterned(2 * blockBytes + 1000);
  const piece = new Uint8Array(700_000);
  for (let at = 0; at < bytes.length; at += piece.length) {
    const part = bytes.subarray(at, at + piece.length);
    piece.set(part);
    await file.append(piece.subarray(0, part.length));
    // The memory is the caller's again.
    piece.fill(0);
  }
  await file.sync();
  await file.close();
  expect(calls).toEqual([
    "create a",
    `append a ${blockBytes}`,
    `append a ${blockBytes}`,
    "append a 1000",
    "sync a",
  ]);
  const written = new Uint8Array(bytes.length);
  const reader = await files.open("a", "read");
  for (let at = 0; at < written.length; ) at += await reader.readAt(at, written.subarray(at));
  expect(Buffer.compare(written, bytes)).toBe(0);
});

test("looking, cutting and syncing see everything that was appended", async () => {
  const file = inBlocks(await new StrictMemoryFiles().open("a", "create"));
  await file.append(Buffer.from("hello"));
  expect(await file.size()).toBe(5);
  await file.append(Buffer.from(", disk"));
  await file.truncate(7);
  await file.append(Buffer.from("you"));
  await file.syncData();
  const target = new Uint8Array(20);
  expect(Buffer.from(target.subarray(0, await file.readAt(0, target))).toString()).toBe("hello, you");
  await file.close();
});

test("a write that fails behind the caller's back fails what comes after it", async () => {
  const files = faultyFiles(new StrictMemoryFiles(), ({ operation }) =>
    operation === "append" ? { code: "ENOSPC" } : undefined,
  );
  const file = inBlocks(await files.open("a", "create"));
  await file.append(new Uint8Array(blockBytes));
  await expect(file.append(new Uint8Array(blockBytes))).rejects.toMatchObject({ code: "ENOSPC" });
  await expect(file.sync()).rejects.toMatchObject({ code: "ENOSPC" });
  await file.close();
});

test("blocks are lent to one at a time, others get their own", () => {
  const first = borrowBlocks();
  const second = borrowBlocks();
  expect(second.blocks[0].buffer).not.toBe(first.blocks[0].buffer);
  second.giveBack();
  first.giveBack();
  const third = borrowBlocks();
  expect(third.blocks[0].buffer).toBe(first.blocks[0].buffer);
  third.giveBack();
});
