/**
 * Ids of stream entries: 128 bits, of which the first 64 are a time in ms and the others a sequence number.
 *
 * In memory an id is a text of 16 characters, one a byte, big-endian: texts compare as the ids do, a Map finds them, and
 * nothing is lost above 2^53. In pages they are the same 16 bytes.
 */
import type { StreamId } from "@holdfast/rdb";

/** 16 characters of one byte each, big-endian. */
export type EntryId = string;

export const idMin: EntryId = "\x00".repeat(16);
export const idMax: EntryId = "\xff".repeat(16);
export const idBytes = 16;

const dash = 0x2d;
const plus = 0x2b;
const zero = 0x30;
const halfMax = 2n ** 64n - 1n;
/** So many digits always are an exact double. */
const exactDigitsMax = 15;
/** Servers read an id into a buffer of this size. */
const textMax = 127;

export function entryIdOf({ ms, seq }: StreamId): EntryId {
  return halfOf(ms) + halfOf(seq);
}

export function streamIdOf(id: EntryId): StreamId {
  return { ms: numberOf(id, 0), seq: numberOf(id, 8) };
}

/** "ms-seq", as servers print ids. */
export function idText(id: EntryId): string {
  const { ms, seq } = streamIdOf(id);
  return `${ms}-${seq}`;
}

/**
 * The id that an argument spells: "ms-seq", "ms" alone with the given sequence number, "-" and "+" for the ends.
 * Undefined for anything else.
 */
export function parseEntryId(
  argument: Uint8Array,
  missingSeq: "first" | "last" = "first",
): EntryId | undefined {
  const size = argument.length;
  if (size === 0 || size > textMax) return undefined;
  if (size === 1 && argument[0] === dash) return idMin;
  if (size === 1 && argument[0] === plus) return idMax;
  const border = argument.indexOf(dash);
  const ms = parseHalf(argument, 0, border < 0 ? size : border);
  if (ms === undefined) return undefined;
  if (border < 0) return ms + (missingSeq === "first" ? idMin : idMax).slice(8);
  const seq = parseHalf(argument, border + 1, size);
  return seq === undefined ? undefined : ms + seq;
}

/** The first id of this millisecond: for "ms-*" and "*". Undefined when it is no number. */
export function parseMs(argument: Uint8Array, end: number): EntryId | undefined {
  const ms = parseHalf(argument, 0, end);
  return ms === undefined ? undefined : ms + idMin.slice(8);
}

/** The id that follows; undefined behind the last. */
export function nextId(id: EntryId): EntryId | undefined {
  let at = idBytes - 1;
  while (at >= 0 && id.charCodeAt(at) === 0xff) at--;
  if (at < 0) return undefined;
  return id.slice(0, at) + String.fromCharCode(id.charCodeAt(at) + 1) + idMin.slice(at + 1);
}

export function readEntryId(bytes: Uint8Array, at: number): EntryId {
  return String.fromCharCode(
    bytes[at],
    bytes[at + 1],
    bytes[at + 2],
    bytes[at + 3],
    bytes[at + 4],
    bytes[at + 5],
    bytes[at + 6],
    bytes[at + 7],
    bytes[at + 8],
    bytes[at + 9],
    bytes[at + 10],
    bytes[at + 11],
    bytes[at + 12],
    bytes[at + 13],
    bytes[at + 14],
    bytes[at + 15],
  );
}

export function writeEntryId(bytes: Uint8Array, at: number, id: EntryId): void {
  for (let index = 0; index < idBytes; index++) bytes[at + index] = id.charCodeAt(index);
}

/** Below, equal to or above 0 as the id in the bytes is below, equal to or above `id`. */
export function compareEntryId(bytes: Uint8Array, at: number, id: EntryId): number {
  for (let index = 0; index < idBytes; index++) {
    const difference = bytes[at + index] - id.charCodeAt(index);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Digits, leading zeros allowed as the servers' strtoull does, up to 2^64 - 1. */
function parseHalf(argument: Uint8Array, start: number, end: number): string | undefined {
  if (argument[start] === plus) start++;
  if (start >= end) return undefined;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = argument[at] - zero;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  if (end - start <= exactDigitsMax) return halfOfNumber(value);
  const exact = BigInt(String.fromCharCode(...argument.subarray(start, end)));
  return exact > halfMax ? undefined : halfOf(exact);
}

function halfOf(value: bigint): string {
  return wordText(Number(value >> 32n)) + wordText(Number(value & 0xffffffffn));
}

function halfOfNumber(value: number): string {
  return wordText(Math.floor(value / 2 ** 32)) + wordText(value);
}

/** The low 32 bits of a whole number. */
function wordText(word: number): string {
  return String.fromCharCode((word >>> 24) & 0xff, (word >>> 16) & 0xff, (word >>> 8) & 0xff, word & 0xff);
}

function numberOf(id: EntryId, at: number): bigint {
  return (BigInt(wordAt(id, at)) << 32n) | BigInt(wordAt(id, at + 4));
}

function wordAt(id: EntryId, at: number): number {
  return (
    ((id.charCodeAt(at) << 24) |
      (id.charCodeAt(at + 1) << 16) |
      (id.charCodeAt(at + 2) << 8) |
      id.charCodeAt(at + 3)) >>>
    0
  );
}
