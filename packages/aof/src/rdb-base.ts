/**
 * A base in RDB form: the events of a snapshot, encoded for the servers that may load it.
 *
 * Large lists and streams say how many parts they have before the first one. Where that is not known and the value is too large to be
 * held, the snapshot is counted first and written from the start again.
 */
import type { File } from "@holdfast/platform";
import {
  RdbCounter,
  type RdbCounts,
  RdbEncodeError,
  RdbEncoder,
  type RdbEncoderOptions,
  type RdbEvent,
} from "@holdfast/rdb";
import { type AofSnapshot, eachEvent } from "./snapshot.ts";

/** Pieces are written from this size on. */
const WRITE_BYTES = 1 << 20;
/** What servers say of a base themselves; they look at it when they load one. */
const BASE_MARK: RdbEvent = { kind: "aux", name: Buffer.from("aof-base"), value: Buffer.from("1") };
const MARKS: ReadonlySet<string> = new Set(["aof-base", "aof-preamble"]);

export type RdbBaseOptions = Omit<RdbEncoderOptions, "counts">;

/** Appends the whole RDB. Throws RdbEncodeError, FileError, and what the snapshot throws. */
export async function writeRdbBase(
  file: File,
  snapshot: AofSnapshot,
  options: RdbBaseOptions,
): Promise<void> {
  try {
    await write(file, snapshot, options, undefined);
  } catch (error) {
    if (!(error instanceof RdbEncodeError) || error.code !== "RDB_ENCODE_NOT_COUNTED") throw error;
    await file.truncate(0);
    await write(file, snapshot, options, await count(snapshot, options));
  }
}

async function write(
  file: File,
  snapshot: AofSnapshot,
  options: RdbBaseOptions,
  counts: RdbCounts | undefined,
): Promise<void> {
  const encoder = new RdbEncoder(counts === undefined ? options : { ...options, counts });
  const flush = async () => {
    const piece = encoder.take();
    if (piece === undefined) return;
    await file.append(piece);
    encoder.recycle(piece);
  };
  encoder.write(BASE_MARK);
  await eachEvent(
    snapshot,
    (event) => {
      if (!isMark(event)) encoder.write(event);
    },
    async () => {
      if (encoder.pendingBytes >= WRITE_BYTES) await flush();
    },
  );
  await flush();
}

async function count(snapshot: AofSnapshot, options: RdbBaseOptions): Promise<RdbCounts> {
  const counter = new RdbCounter(options);
  counter.write(BASE_MARK);
  await eachEvent(
    snapshot,
    (event) => {
      if (!isMark(event)) counter.write(event);
    },
    async () => {},
  );
  return counter.counts;
}

/** What the snapshot may say of a base that it was read from. */
function isMark(event: RdbEvent): boolean {
  return event.kind === "aux" && MARKS.has(Buffer.from(event.name).toString("latin1"));
}
