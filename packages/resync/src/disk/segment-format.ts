/**
 * How a part of the stream lies on disk: as an append-only file of commands that any server of 7.0 or later loads, with annotations,
 * which servers step over, that say what it belongs to and prove every byte.
 *
 *   head      #HF:STREAM {"version":1,"offset":…,"createdAtMs":…,"continues":…,"replid":"…","db":…}\r\n
 *             #HF:BEFORE replid validThrough\r\n             for each previous id, newest first
 *             #HF:HEAD crc\r\n                               over everything before it
 *             SELECT db                                      as a command, when one was selected; no part of the stream
 *   record    #TS:seconds\r\n                                when time has gone on, as servers write it
 *             #HF:UNITS size db crc crc …\r\n                db is - when none was selected; one crc for each 256 KiB
 *             #HF:MORE crc …\r\n                             when there are more than fit into a line
 *             payload                                        whole units of the stream, as they came
 *
 * A crc is CRC-64 in 16 hex digits, over stream offset (8 bytes), size and db of the record (8 and 4 bytes, little endian), and then
 * the bytes themselves. The offset ties a record to its place: old blocks that a file system hands out again do not pass for new ones.
 *
 * Servers read lines of up to 1023 bytes here, and start each file with db 0 selected (aof.c of Redis 7.0, loadSingleAppendOnlyFile).
 */
import { Crc64 } from "@holdfast/bytes";
import { encodeCommand } from "@holdfast/resp";
import { parseReplicaState, type ReplicaState } from "../replica-state.ts";
import { PREVIOUS_REPLIDS_MAX } from "../replication-id.ts";

/** So much of a record is proved by one checksum, and read at once. */
export const CHUNK_BYTES = 256 * 1024;
/** So many bytes hold any head of a file. */
export const HEAD_BYTES_MAX = 8 * 1024;
/** And the head of any record. */
export const RECORD_HEAD_BYTES_MAX = 512 * 1024;

/** Keeps lines under what servers read. */
const CHECKSUMS_PER_LINE = 48;
/** More is damage: the head would not fit. */
const RECORD_BYTES_MAX = 7 * 1024 ** 3;
const LINE_BYTES_MAX = 1023;

export interface SegmentHead {
  /** Stream offset of its first byte. */
  readonly firstOffset: number;
  /** Wall time, Unix milliseconds. */
  readonly createdAtMs: number;
  /** Goes on where the segment before it ended; false: what came before is of no use any more. */
  readonly continues: boolean;
  /** History from here on, and what was selected here. */
  readonly state: ReplicaState;
}

export function encodeHead(head: SegmentHead): Uint8Array {
  const { createdAtMs, continues, state } = head;
  const { history, offset, db } = state;
  const fields = { version: 1, offset, createdAtMs, continues, replid: history.replid, db: db ?? null };
  const before = history.previous.map(
    ({ replid, validThrough }) => `#HF:BEFORE ${replid} ${validThrough}\r\n`,
  );
  const text = Buffer.from(`#HF:STREAM ${JSON.stringify(fields)}\r\n${before.join("")}`, "latin1");
  const checksum = Buffer.from(`#HF:HEAD ${hexOf(new Crc64().update(text))}\r\n`, "latin1");
  return Buffer.concat([text, checksum, selectOf(db)]);
}

/** The head at the start of these bytes, and its size; undefined when there is no sound one. */
export function decodeHead(
  bytes: Uint8Array,
): { readonly head: SegmentHead; readonly sizeBytes: number } | undefined {
  const lines = new LineWalk(bytes, 0);
  const first = lines.next();
  if (first === undefined || first === "short" || !first.startsWith("#HF:STREAM ")) return undefined;
  const previous: { replid: string; validThrough: number }[] = [];
  for (let count = 0; count <= PREVIOUS_REPLIDS_MAX; count++) {
    const end = lines.at;
    const [word, value, number] = (lines.next() ?? "").split(" ");
    if (word === "#HF:BEFORE") previous.push({ replid: value, validThrough: Number(number) });
    else if (word !== "#HF:HEAD" || value !== hexOf(new Crc64().update(bytes, 0, end))) return undefined;
    else return headOf(first, previous, bytes, lines.at);
  }
  return undefined;
}

/** The checksum is right, so this is what encodeHead() wrote; only the SELECT is not under it. */
function headOf(first: string, previous: readonly object[], bytes: Uint8Array, at: number) {
  const fields = JSON.parse(first.slice("#HF:STREAM ".length)) as {
    readonly version: number;
    readonly offset: number;
    readonly createdAtMs: number;
    readonly continues: boolean;
    readonly replid: string;
    readonly db: number | null;
  };
  const { version, offset, createdAtMs, continues, replid, db } = fields;
  if (version !== 1) return undefined;
  const state = parseReplicaState(JSON.stringify({ replid, offset, db, previous }));
  const select = selectOf(state.db);
  if (Buffer.compare(bytes.subarray(at, at + select.length), select) !== 0) return undefined;
  const head: SegmentHead = { firstOffset: offset, createdAtMs, continues, state };
  return { head, sizeBytes: at + select.length };
}

function selectOf(db: number | undefined): Uint8Array {
  return db === undefined ? new Uint8Array(0) : encodeCommand(["SELECT", String(db)]);
}

export interface RecordFacts {
  /** Of the payload: at least 1. */
  readonly sizeBytes: number;
  /** Selected behind it. */
  readonly db: number | undefined;
  /** Of each CHUNK_BYTES of the payload, as text. */
  readonly checksums: readonly string[];
  /** When it was written, where that is said. */
  readonly timeSec: number | undefined;
}

/** The head of a record; the payload goes behind it. */
export function encodeRecordHead({ sizeBytes, db, checksums, timeSec }: RecordFacts): Uint8Array {
  const lines = timeSec === undefined ? [] : [`#TS:${timeSec}`];
  for (let index = 0; index < checksums.length; index += CHECKSUMS_PER_LINE) {
    const some = checksums.slice(index, index + CHECKSUMS_PER_LINE).join(" ");
    lines.push(index === 0 ? `#HF:UNITS ${sizeBytes} ${db ?? "-"} ${some}` : `#HF:MORE ${some}`);
  }
  return Buffer.from(lines.map((line) => `${line}\r\n`).join(""), "latin1");
}

/**
 * The head of a record at an index of these bytes, and where its payload begins. "short": more bytes are needed to tell. undefined:
 * there is no sound one. The payload is proved by its checksums only.
 */
export function decodeRecordHead(
  bytes: Uint8Array,
  at: number,
): (RecordFacts & { readonly start: number }) | "short" | undefined {
  const lines = new LineWalk(bytes, at);
  let line = lines.next();
  const timeText = /^#TS:(\d{1,15})$/.exec(line ?? "")?.[1];
  if (timeText !== undefined) line = lines.next();
  if (line === undefined || line === "short") return line;
  const [word, sizeText, dbText, ...checksums] = line.split(" ");
  const sizeBytes = numberOf(sizeText);
  const db = dbText === "-" ? undefined : numberOf(dbText);
  if (word !== "#HF:UNITS" || sizeBytes === undefined || (dbText !== "-" && db === undefined))
    return undefined;
  if (sizeBytes === 0 || sizeBytes > RECORD_BYTES_MAX) return undefined;
  const wanted = Math.ceil(sizeBytes / CHUNK_BYTES);
  while (checksums.length < wanted) {
    const more = lines.next();
    if (more === "short") return "short";
    if (more === undefined || !more.startsWith("#HF:MORE ")) return undefined;
    checksums.push(...more.split(" ").slice(1));
  }
  if (checksums.length > wanted) return undefined;
  const timeSec = timeText === undefined ? undefined : Number(timeText);
  return { sizeBytes, db, checksums, timeSec, start: lines.at };
}

/** The checksum of a part of a record, whose first byte has this offset in the stream. */
export function chunkChecksum(
  offset: number,
  { sizeBytes, db }: Pick<RecordFacts, "sizeBytes" | "db">,
  pieces: readonly Uint8Array[],
): string {
  const place = Buffer.alloc(20);
  place.writeBigUInt64LE(BigInt(offset), 0);
  place.writeBigUInt64LE(BigInt(sizeBytes), 8);
  place.writeInt32LE(db ?? -1, 16);
  const crc = new Crc64().update(place);
  for (const piece of pieces) crc.update(piece);
  return hexOf(crc);
}

function hexOf(crc: Crc64): string {
  return crc.value.toString(16).padStart(16, "0");
}

/** As it was written, and no other way: a number that was changed on disk must not pass. */
function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : undefined;
}

/** Lines that begin with # and end with \r\n. */
class LineWalk {
  readonly #bytes: Buffer;
  /** Behind the last line. */
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.at = at;
  }

  /** Without its end. "short" when the bytes end before the line does; undefined when no line of ours can stand here. */
  next(): string | "short" | undefined {
    if (this.at >= this.#bytes.length) return "short";
    if (this.#bytes[this.at] !== 0x23) return undefined;
    const end = this.#bytes.subarray(this.at, this.at + LINE_BYTES_MAX).indexOf("\r\n");
    if (end === -1) return this.#bytes.length - this.at < LINE_BYTES_MAX ? "short" : undefined;
    const line = this.#bytes.toString("latin1", this.at, this.at + end);
    this.at += end + 2;
    return line;
  }
}
