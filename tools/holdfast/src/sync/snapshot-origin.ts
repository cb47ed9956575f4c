/**
 * Whose RDB it is, from its first bytes: known before anything in it is decoded, because that decides how each value is read.
 *
 *   REDIS0011    VALKEY080
 */
import { type Container, decompressContainer } from "@holdfast/bytes";
import { type FileSystem, readChunks } from "@holdfast/platform";
import type { FileOrigin } from "@holdfast/rdb";

const HEAD_BYTES = 9;

/** Undefined when it is no RDB. */
export async function readOrigin(
  files: FileSystem,
  path: string,
  container: Container = "none",
): Promise<FileOrigin | undefined> {
  const file = await files.open(path, "read");
  try {
    let head = Buffer.alloc(0);
    for await (const chunk of decompressContainer(container, readChunks(file, { chunkBytes: 4096 }))) {
      head = Buffer.concat([head, chunk.subarray(0, HEAD_BYTES)]);
      if (head.length >= HEAD_BYTES) break;
    }
    const found = /^(REDIS|VALKEY)(\d{3,4})/.exec(head.toString("latin1", 0, HEAD_BYTES));
    if (found === null) return undefined;
    return { dialect: found[1] === "VALKEY" ? "valkey" : "redis", version: Number(found[2]) };
  } finally {
    await file.close();
  }
}
