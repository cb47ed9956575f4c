/**
 * A part of a backlog as a file of its own, which begins in the middle of one: where a new base stands, an incr has to begin.
 *
 *   ….7.incr.aof     head | records ……………………………… |
 *                            offset ─▶└──────┐     ▼ end
 *   the copy         head of that offset | one record |
 *
 * Read twice, for the checksums and for the bytes, so that no more than a chunk is in memory.
 */
import type { Clock, FileSystem } from "@holdfast/platform";
import type { StreamBacklog } from "../backlog.ts";
import { ResyncError } from "../errors.ts";
import type { ReplicaState } from "../replica-state.ts";
import { CHUNK_BYTES, chunkChecksum, encodeHead, encodeRecordHead } from "./segment-format.ts";

export interface SegmentCopy {
  readonly path: string;
  /** Where it begins: a border of units. */
  readonly start: ReplicaState;
  /** Of the stream, behind its last byte: a border too. */
  readonly endOffset: number;
  /** Selected there. */
  readonly endDb: number | undefined;
}

/**
 * Makes the file, whose content lasts when this resolves; its name does when the directory is synced. Throws RESYNC_BACKLOG_DAMAGED when a
 * part of the backlog cannot be read, FileError.
 */
export async function copySegment(
  { files, clock }: { readonly files: FileSystem; readonly clock: Clock },
  backlog: Pick<StreamBacklog, "read">,
  { path, start, endOffset, endDb }: SegmentCopy,
): Promise<void> {
  const head = encodeHead({
    firstOffset: start.offset,
    createdAtMs: clock.nowMs(),
    continues: true,
    state: start,
  });
  const facts = { sizeBytes: endOffset - start.offset, db: endDb };
  const checksums: string[] = [];
  for await (const { offset, pieces } of chunksOf(backlog, start.offset, endOffset))
    checksums.push(chunkChecksum(offset, facts, pieces));
  const file = await files.open(path, "create");
  try {
    await file.append(head);
    if (facts.sizeBytes > 0) await file.append(encodeRecordHead({ ...facts, checksums, timeSec: undefined }));
    for await (const { pieces } of chunksOf(backlog, start.offset, endOffset))
      await file.append(Buffer.concat(pieces));
    await file.sync();
  } finally {
    await file.close();
  }
}

async function* chunksOf(backlog: Pick<StreamBacklog, "read">, from: number, end: number) {
  for (let offset = from; offset < end; ) {
    const start = offset;
    const pieces: Uint8Array[] = [];
    for (const until = Math.min(end, start + CHUNK_BYTES); offset < until; ) {
      const piece = await backlog.read(offset, until - offset);
      if (piece === undefined)
        throw new ResyncError("RESYNC_BACKLOG_DAMAGED", "a part of the stream cannot be read", { offset });
      pieces.push(piece);
      offset += piece.length;
    }
    yield { offset: start, pieces };
  }
}
