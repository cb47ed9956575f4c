/**
 * What kind of damage it is: truncated, torn or corrupt, and what stands behind it.
 *
 *   …| SET k v | SET k        end        truncated: bytes are missing
 *   …| SET k v | SET k 0000000 end       torn: a disk has lengthened the file and not written all of it
 *   …| SET k v | SEX k v | SET k v |     corrupt
 */
import { type File, type FileSystem, readChunks } from "@holdfast/platform";
import { LogDecoder, RespFormatError } from "@holdfast/resp";
import { CommandTable } from "./command-table.ts";
import type { DamageClass, RecordsBehind } from "./report.ts";

const CHUNK_BYTES = 1 << 20;
/** Records in a row that are hardly anything else. */
const PROOF_RECORDS = 2;
/** What is read to see whether records follow from a place. */
const PROOF_BYTES = 64 << 10;
/** Two records of this size are seen whole there; of a larger one, its name has to do. */
const PROOF_RECORD_BYTES = PROOF_BYTES / 4;
/** A header that a record could begin with, and the first byte of what follows. */
const HEADER_BYTES_MAX = 24;
const STAR = 0x2a;
const ZERO = 0x30;
const LF = 0x0a;

/** Offset from which on the file holds only zeros; its size when the last byte is another. */
export async function zerosFrom(file: File, sizeBytes: number): Promise<number> {
  const chunk = new Uint8Array(Math.min(CHUNK_BYTES, sizeBytes));
  for (let end = sizeBytes; end > 0; ) {
    const start = Math.max(0, end - chunk.length);
    const bytes = chunk.subarray(0, end - start);
    await readFully(file, start, bytes);
    for (let at = bytes.length - 1; at >= 0; at--) if (bytes[at] !== 0) return start + at + 1;
    end = start;
  }
  return 0;
}

/** Zeros of a sector at the end of what is there are rather a disk's than a value's. */
const SECTOR_BYTES = 512;

/** How a record failed, as far as its class depends on it. */
export interface FailedRecord {
  readonly code: string;
  readonly offset: number;
  readonly recordOffset: number;
}

/**
 * The class of damage in a record. Torn are zeros where no zero may be, if they reach to the end of the file or fill a sector; and a sector of
 * them at the end of a value that is short.
 */
export async function classOfDamage(
  file: File,
  record: FailedRecord,
  { zerosFrom: zeros, sizeBytes }: { readonly zerosFrom: number; readonly sizeBytes: number },
): Promise<DamageClass> {
  if (record.code === "RESP_TRUNCATED") {
    return sizeBytes - Math.max(zeros, record.recordOffset) >= SECTOR_BYTES ? "torn" : "truncated";
  }
  const isTail = zeros < sizeBytes && record.offset >= zeros;
  return isTail || (await zeroRunAt(file, record.offset, sizeBytes)) >= SECTOR_BYTES ? "torn" : "corrupt";
}

/** How many zeros there are around an offset; no more than two sectors are looked at. */
async function zeroRunAt(file: File, offset: number, sizeBytes: number): Promise<number> {
  const start = Math.max(0, offset - SECTOR_BYTES);
  const bytes = new Uint8Array(Math.min(sizeBytes, offset + SECTOR_BYTES) - start);
  await readFully(file, start, bytes);
  let from = offset - start;
  if (bytes[from] !== 0) return 0;
  let to = from;
  while (from > 0 && bytes[from - 1] === 0) from--;
  while (to < bytes.length && bytes[to] === 0) to++;
  return to - from;
}

/** The first sound records behind damage, from an offset on; undefined when there are none. */
export async function findRecords(
  file: File,
  from: number,
  sizeBytes: number,
): Promise<RecordsBehind | undefined> {
  const table = new CommandTable();
  for await (const candidate of candidates(file, from, sizeBytes)) {
    if (await isProven(file, candidate, sizeBytes, table)) return countRecords(file, candidate, sizeBytes);
  }
  return undefined;
}

/** Where something looks like the header of a command: anywhere, because garbage in front of it need not end a line. */
async function* candidates(file: File, from: number, sizeBytes: number): AsyncGenerator<number, void, void> {
  const chunk = Buffer.alloc(Math.max(0, Math.min(CHUNK_BYTES, sizeBytes - from)));
  let next = from;
  for (let start = from; start < sizeBytes; start += CHUNK_BYTES - HEADER_BYTES_MAX) {
    const bytes = chunk.subarray(0, Math.min(chunk.length, sizeBytes - start));
    await readFully(file, start, bytes);
    for (let at = bytes.indexOf(STAR, next - start); at !== -1; at = bytes.indexOf(STAR, at + 1)) {
      // What is cut by the chunk's end is seen again at the start of the next.
      const isWhole = at + HEADER_BYTES_MAX <= bytes.length || start + bytes.length === sizeBytes;
      if (!isWhole || !looksLikeHeader(bytes, at)) continue;
      next = start + at + 1;
      yield start + at;
    }
    next = Math.max(next, start + bytes.length - HEADER_BYTES_MAX);
  }
}

function looksLikeHeader(bytes: Buffer, at: number): boolean {
  const digit = bytes[at + 1] - ZERO;
  if (!(digit >= 1 && digit <= 9)) return false;
  return /^\*[1-9]\d{0,6}\r\n\$[1-9]/.test(bytes.toString("latin1", at, at + HEADER_BYTES_MAX));
}

/** Whether two known commands follow each other here, or one and the end of the file. */
async function isProven(file: File, at: number, sizeBytes: number, table: CommandTable): Promise<boolean> {
  const decoder = new LogDecoder({ deviations: "refuse", start: at, wholeBytesMax: PROOF_RECORD_BYTES });
  const bytes = new Uint8Array(Math.min(PROOF_BYTES, sizeBytes - at));
  await readFully(file, at, bytes);
  decoder.push(bytes);
  if (at + bytes.length === sizeBytes) decoder.end();
  let proven = 0;
  try {
    for (let found = decoder.next(); found !== undefined; found = decoder.next()) {
      if (found.kind === "annotation") proven++;
      if (found.kind === "commands") {
        for (let command = 0; command < found.count; command++) {
          const row = table.find(
            found.buffer,
            found.argumentStart(command, 0),
            found.argumentSize(command, 0),
          );
          if (table.judge(row, found.argumentCount(command)) === "unknown") return false;
          proven++;
        }
      }
      // A large record: its name is all there is to see.
      if (found.kind === "argument-piece" && found.index === 0 && found.last)
        return table.find(found.bytes, 0, found.bytes.length) !== -1;
    }
  } catch (error) {
    if (!(error instanceof RespFormatError)) throw error;
    return proven >= PROOF_RECORDS;
  }
  return proven >= PROOF_RECORDS || (proven >= 1 && decoder.offset === sizeBytes);
}

async function countRecords(file: File, offset: number, sizeBytes: number): Promise<RecordsBehind> {
  const decoder = new LogDecoder({ deviations: "refuse", start: offset });
  let records = 0;
  const count = () => {
    for (let found = decoder.next(); found !== undefined; found = decoder.next()) {
      if (found.kind === "commands") records += found.count;
      if (found.kind === "command-end") records++;
    }
  };
  try {
    for await (const chunk of readChunks(file, {
      start: offset,
      reuse: true,
      chunkBytes: chunkBytesFor(sizeBytes),
    })) {
      decoder.push(chunk);
      count();
    }
    decoder.end();
    count();
  } catch (error) {
    if (!(error instanceof RespFormatError)) throw error;
  }
  return { offset, records, reachEnd: decoder.offset === sizeBytes };
}

/** Number of the line that an offset is in, counted from 1 by line feeds. */
export async function lineNumberAt(file: File, offset: number): Promise<number> {
  let line = 1;
  for await (const chunk of readChunks(file, {
    end: offset,
    reuse: true,
    chunkBytes: chunkBytesFor(offset),
  })) {
    for (let at = chunk.indexOf(LF); at !== -1; at = chunk.indexOf(LF, at + 1)) line++;
  }
  return line;
}

/** Chunks for a file of this size: memory for a small one is small. */
export function chunkBytesFor(sizeBytes: number): number {
  return Math.max(1, Math.min(CHUNK_BYTES, sizeBytes));
}

/** Reads until `target` is full; the file must hold so many bytes, or it changes while it is read. */
export async function readFully(file: File, offset: number, target: Uint8Array): Promise<void> {
  let filled = 0;
  for (let count = -1; count !== 0 && filled < target.length; filled += count)
    count = await file.readAt(offset + filled, target.subarray(filled));
}

/** Opens a file for reading, uses it, closes it. */
export async function withFile<T>(
  files: FileSystem,
  path: string,
  use: (file: File) => Promise<T>,
): Promise<T> {
  const file = await files.open(path, "read");
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}
