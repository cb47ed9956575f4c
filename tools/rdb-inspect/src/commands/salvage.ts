/**
 * Looks behind damage that lost the structure: where does a chain of sound records begin that reaches the
 * end of the file?
 *
 *   … sound records | damage | ??? | record record … end
 *                   ^ scan starts  ^ found: everything from here parses up to the end opcode
 *
 * No record says where the next one begins, so candidates are tried: a byte that may open a record, a key
 * that reads as text. Nothing is promised that was not read; the checksum cannot be verified for a part.
 * Bounded: only the first bytes behind the damage are searched, and only so many candidates.
 */

import { isUtf8 } from "@holdfast/bytes";
import { formatCount, formatOffset } from "@holdfast/command-line";
import { RdbDecoder, type RdbEvent, type ResumePoint, typeTable } from "@holdfast/rdb";
import type { Pass, PassKind } from "../pass.ts";
import type { CheckResult } from "../passes/check.ts";
import type { PassRun } from "../run-pass.ts";
import type { Session } from "./session.ts";

export interface Salvage {
  /** Where sound records begin again; undefined when no such place was found. */
  readonly offset: number | undefined;
  /** Keys from there to the end of the file. */
  readonly keyCount: number;
  /** The same for people. */
  readonly sentence: string;
}

const scanBytesMax = 8 << 20;
const candidatesMax = 20_000;
/** A candidate has to hold this long in the bytes at hand before the rest of the file is read. */
const trialBytes = 64 << 10;
const keyBytesMax = 512;

/** Damage behind which another record may begin. */
const searchable = (code: string) =>
  !["RDB_TRUNCATED", "RDB_CHECKSUM_MISMATCH", "RDB_BAD_MAGIC", "RDB_UNSUPPORTED_VERSION"].includes(code);

export async function salvage(session: Session, run: PassRun<CheckResult>): Promise<Salvage | undefined> {
  const { failure, result } = run;
  const { dialect, version } = result.file;
  if (failure === undefined || dialect === undefined || version === undefined) return undefined;
  if (!searchable(failure.code) || !session.input.isSeekable) return undefined;
  const searchFrom = Math.max(run.offset, failure.offset) + 1;
  const window = await readWindow(session, searchFrom);
  const db = result.lastKey?.db ?? 0;
  const isType = typeTable(dialect, version).map((row) => row !== undefined);
  let tried = 0;
  for (let at = 0; at < window.length && tried < candidatesMax; at++) {
    if (!mayBeginRecord(window, at, isType)) continue;
    tried++;
    const point: ResumePoint = { dialect, version, db, offset: searchFrom + at };
    if (
      !holds(
        point,
        window.subarray(at, at + trialBytes),
        searchFrom + at + trialBytes >= searchFrom + window.length,
      )
    )
      continue;
    const keyCount = await keysToTheEnd(session, point);
    if (keyCount !== undefined) return found(point.offset, keyCount, failure.offset);
  }
  const searched = formatCount(window.length);
  return {
    offset: undefined,
    keyCount: 0,
    sentence: `no sound record that leads to the end was found in the next ${searched} bytes`,
  };
}

function found(offset: number, keyCount: number, damageOffset: number): Salvage {
  const lost = formatCount(offset - damageOffset);
  return {
    offset,
    keyCount,
    sentence: `from offset ${formatOffset(offset)} on, ${formatCount(keyCount)} more keys are readable up to the end; ${lost} bytes are lost`,
  };
}

async function readWindow(session: Session, start: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of session.input.chunks(start, { signal: session.host.signal })) {
    parts.push(chunk.slice());
    size += chunk.length;
    if (size >= scanBytesMax) break;
  }
  return Buffer.concat(parts).subarray(0, scanBytesMax);
}

/** A cheap look: an opcode with a likely operand, or a type followed by a key that reads as text. */
function mayBeginRecord(bytes: Uint8Array, at: number, isType: readonly boolean[]): boolean {
  const first = bytes[at];
  if (first === 0xff) return at + 9 === bytes.length || at + 1 === bytes.length;
  if (first === 0xfe) return bytes[at + 1] < 0x40;
  if (first === 0xfc) return bytes[at + 7] === 0 && bytes[at + 8] === 0 && bytes[at + 6] < 8;
  return isType[first] === true && isTextKey(bytes, at + 1);
}

function isTextKey(bytes: Uint8Array, at: number): boolean {
  const first = bytes[at];
  if (first >= 0xc0) return first <= 0xc3;
  const isLong = first >= 0x40;
  if (first >= 0x80) return false;
  const length = isLong ? ((first & 0x3f) << 8) | bytes[at + 1] : first;
  const start = at + (isLong ? 2 : 1);
  if (length === 0 || length > keyBytesMax || start + length > bytes.length) return false;
  const key = bytes.subarray(start, start + length);
  return key.every((byte) => byte >= 0x20 && byte !== 0x7f) && isUtf8(key);
}

/** True when records parse from here through the bytes at hand. */
function holds(point: ResumePoint, bytes: Uint8Array, isEnd: boolean): boolean {
  const decoder = new RdbDecoder({ level: "check", resume: point, verifyChecksum: false });
  try {
    decoder.push(bytes);
    if (hasDamage(decoder)) return false;
    if (!isEnd) return true;
    decoder.end();
    return !hasDamage(decoder);
  } catch {
    return false;
  }
}

function hasDamage(decoder: RdbDecoder): boolean {
  for (let event = decoder.next(); event !== undefined; event = decoder.next())
    if (event.kind === "damage") return true;
  return false;
}

/** Keys from a place to the end opcode; undefined when the end is not reached. */
async function keysToTheEnd(session: Session, point: ResumePoint): Promise<number | undefined> {
  const options = { decoder: { resume: point, verifyChecksum: false }, start: point.offset };
  const { result, failure } = await session.walk(countPass, undefined, options);
  return failure === undefined && result.reachedEnd ? result.keyCount : undefined;
}

interface Count {
  readonly keyCount: number;
  readonly reachedEnd: boolean;
}

class CountPass implements Pass<Count> {
  readonly decoder = { level: "skip" } as const;
  readonly pendingBytes = 0;
  #keyCount = 0;
  #reachedEnd = false;

  consume(event: RdbEvent): void {
    if ((event.kind === "key" || event.kind === "items") && event.last) this.#keyCount++;
    if (event.kind === "end") this.#reachedEnd = true;
  }

  takeOutput(): undefined {}

  finish(): Count {
    return { keyCount: this.#keyCount, reachedEnd: this.#reachedEnd };
  }
}

const countPass: PassKind<undefined, Count> = {
  name: "count",
  create: () => new CountPass(),
};
