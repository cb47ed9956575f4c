/**
 * The id of a history that stands in files: made of what is in them, so that another run over the same files continues it.
 *
 * Nothing is lost when the same files get another id, as after a copy with other times: replicas are sent everything again. So what tells
 * two contents apart may err on that side, and only on that one.
 */
import { crc64, formatCrc64 } from "@holdfast/bytes";
import { type File, type FileSystem, readChunks } from "@holdfast/platform";
import { type ReplicationId, replicationIdOf } from "@holdfast/resync";

const ID_BYTES = 20;
const CRC_BYTES = 8;
/** Of both ends of a file. */
const SAMPLE_BYTES = 1 << 16;

/** A replid of words that say what is served. */
export function historyId(words: readonly string[]): ReplicationId {
  const text = words.join("\n");
  const bytes = new DataView(new ArrayBuffer(CRC_BYTES * Math.ceil(ID_BYTES / CRC_BYTES)));
  for (let start = 0; start < bytes.byteLength; start += CRC_BYTES)
    bytes.setBigUint64(start, crc64(Buffer.from(`holdfast ${start}\n${text}`, "utf8")));
  return replicationIdOf(new Uint8Array(bytes.buffer, 0, ID_BYTES));
}

/** What tells a part of a file from others: its size, its last change, and a checksum of both ends. */
export async function fileWords(files: FileSystem, path: string, end: number): Promise<string> {
  const info = await files.stat(path);
  const file = await files.open(path, "read");
  try {
    const first = await checksumOf(file, 0, Math.min(end, SAMPLE_BYTES));
    const last = await checksumOf(file, Math.max(0, end - SAMPLE_BYTES), end);
    return `${end} of ${info?.sizeBytes} ${info?.modifiedAtMs} ${first} ${last}`;
  } finally {
    await file.close();
  }
}

async function checksumOf(file: File, start: number, end: number): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of readChunks(file, { start, end })) parts.push(chunk);
  return formatCrc64(crc64(Buffer.concat(parts)));
}
