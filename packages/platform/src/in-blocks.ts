/**
 * Has a large file written in large blocks, each while the next one is gathered.
 *
 *   append    ......| block 0 | block 1 | block 2 | sync
 *   the file          ..........|  block 0  |  block 1  | …
 *
 * What is appended is copied: the caller's memory is its own again as soon as append() has returned. A write that fails is
 * final: every later call but close() rejects with its error.
 */
import { borrowBlocks, type LentBlocks } from "./block-memory.ts";
import type { File } from "./file-system.ts";

/** The file, which must not be used beside this. Closing writes nothing that waits: sync() does. */
export function inBlocks(file: File): File {
  let lent: LentBlocks | undefined;
  let gatheredBytes = 0;
  let turn = 0;
  let writing: Promise<void> = Promise.resolve();
  const writeBlock = async () => {
    await writing;
    if (lent === undefined || gatheredBytes === 0) return;
    const block = lent.blocks[turn].subarray(0, gatheredBytes);
    turn = 1 - turn;
    gatheredBytes = 0;
    writing = file.append(block);
    // It is thrown at whoever comes next.
    writing.catch(() => {});
  };
  const settle = async () => {
    await writeBlock();
    await writing;
  };
  const settled =
    <Args extends unknown[], Answer>(call: (...args: Args) => Promise<Answer>) =>
    async (...args: Args) => {
      await settle();
      return call(...args);
    };
  return {
    path: file.path,
    size: settled(() => file.size()),
    readAt: settled((offset, target) => file.readAt(offset, target)),
    append: async (bytes) => {
      lent ??= borrowBlocks();
      for (let at = 0; at < bytes.length; ) {
        const block = lent.blocks[turn];
        const count = Math.min(bytes.length - at, block.length - gatheredBytes);
        block.set(bytes.subarray(at, at + count), gatheredBytes);
        gatheredBytes += count;
        at += count;
        if (gatheredBytes === block.length) await writeBlock();
      }
    },
    truncate: settled((sizeBytes) => file.truncate(sizeBytes)),
    syncData: settled(() => file.syncData()),
    sync: settled(() => file.sync()),
    close: async () => {
      await writing.catch(() => {});
      lent?.giveBack();
      lent = undefined;
      await file.close();
    },
  };
}
