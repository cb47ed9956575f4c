/**
 * BITFIELD: integers of 1 to 64 bits anywhere in a string, the top bit first.
 *
 * The string is made long enough for every integer that would be written, also for those that an OVERFLOW FAIL then does
 * not write. Source: redis src/bitops.c, bitfieldGeneric.
 */
import { parseCanonicalInt } from "@holdfast/bytes";

/** i1 to i64, u1 to u63. */
export interface BitfieldType {
  readonly signed: boolean;
  readonly bits: number;
}

export type Overflow = "wrap" | "sat" | "fail";

export interface BitfieldWrite {
  readonly kind: "set" | "incrby";
  readonly type: BitfieldType;
  /** Offset of the top bit. */
  readonly bit: number;
  readonly value: bigint;
  readonly overflow: Overflow;
}

const overflows: readonly Overflow[] = ["wrap", "sat", "fail"];
const bitMax = 2 ** 50;

/**
 * The writes of a command's arguments behind the key, in order; what only reads is left out. Undefined when a server
 * would refuse the arguments.
 */
export function parseBitfield(args: readonly Uint8Array[]): BitfieldWrite[] | undefined {
  const writes: BitfieldWrite[] = [];
  let overflow: Overflow = "wrap";
  let at = 0;
  while (at < args.length) {
    const word = wordOf(args[at]);
    if (word === "overflow" && at + 1 < args.length) {
      const named = overflows.find((mode) => mode === wordOf(args[at + 1]));
      if (named === undefined) return undefined;
      overflow = named;
      at += 2;
      continue;
    }
    const size = word === "get" ? 3 : word === "set" || word === "incrby" ? 4 : 0;
    if (size === 0 || at + size > args.length) return undefined;
    const type = parseType(args[at + 1]);
    const bit = type === undefined ? undefined : parseOffset(args[at + 2], type.bits);
    if (type === undefined || bit === undefined) return undefined;
    if (word === "set" || word === "incrby") {
      const value = integerOf(args[at + 3]);
      if (value === undefined) return undefined;
      writes.push({ kind: word, type, bit, value, overflow });
    }
    at += size;
  }
  return writes;
}

/** How many bytes the string must have for these writes; 0 for none. */
export function bitfieldSize(writes: readonly BitfieldWrite[]): number {
  return writes.reduce((size, { bit, type }) => Math.max(size, Math.floor((bit + type.bits - 1) / 8) + 1), 0);
}

/** Writes in place; the bytes reach far enough (`bitfieldSize`). */
export function applyBitfield(bytes: Uint8Array, writes: readonly BitfieldWrite[]): void {
  for (const write of writes) {
    const { type, bit, kind, value } = write;
    const wanted = kind === "set" ? setValue(type, value) : readField(bytes, bit, type) + value;
    const stored = fitField(wanted, type, write.overflow);
    if (stored !== undefined) writeField(bytes, bit, type.bits, stored);
  }
}

/** A negative value for an unsigned integer counts as a large one. */
function setValue({ signed }: BitfieldType, value: bigint): bigint {
  return signed ? value : BigInt.asUintN(64, value);
}

function fitField(value: bigint, { signed, bits }: BitfieldType, overflow: Overflow): bigint | undefined {
  const max = signed ? (1n << BigInt(bits - 1)) - 1n : (1n << BigInt(bits)) - 1n;
  const min = signed ? -max - 1n : 0n;
  if (value >= min && value <= max) return value;
  if (overflow === "fail") return undefined;
  if (overflow === "sat") return value > max ? max : min;
  return signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
}

function readField(bytes: Uint8Array, bit: number, { signed, bits }: BitfieldType): bigint {
  let value = 0n;
  for (let left = bits; left > 0; ) {
    const at = bit + bits - left;
    const within = at % 8;
    const taken = Math.min(left, 8 - within);
    const piece = (bytes[Math.floor(at / 8)] >>> (8 - within - taken)) & ((1 << taken) - 1);
    value = (value << BigInt(taken)) | BigInt(piece);
    left -= taken;
  }
  return signed ? BigInt.asIntN(bits, value) : value;
}

function writeField(bytes: Uint8Array, bit: number, bits: number, value: bigint): void {
  let rest = BigInt.asUintN(bits, value);
  for (let left = bits; left > 0; ) {
    const last = bit + left - 1;
    const at = Math.floor(last / 8);
    const shift = 7 - (last % 8);
    const taken = Math.min(left, 8 - shift);
    const mask = (1 << taken) - 1;
    bytes[at] = (bytes[at] & ~(mask << shift)) | ((Number(rest & 0xffn) & mask) << shift);
    rest >>= BigInt(taken);
    left -= taken;
  }
}

function parseType(argument: Uint8Array): BitfieldType | undefined {
  const sign = String.fromCharCode(argument[0] ?? 0);
  const bits = Number(parseCanonicalInt(argument, 1, argument.length) ?? 0n);
  const signed = sign === "i";
  if ((!signed && sign !== "u") || bits < 1 || bits > (signed ? 64 : 63)) return undefined;
  return { signed, bits };
}

/** "12", or "#3" for the third behind the first integer of this size. */
function parseOffset(argument: Uint8Array, bits: number): number | undefined {
  const counted = argument[0] === 0x23;
  const number = parseCanonicalInt(argument, counted ? 1 : 0, argument.length);
  if (number === undefined || number < 0n) return undefined;
  const bit = counted ? number * BigInt(bits) : number;
  return bit > bitMax ? undefined : Number(bit);
}

function integerOf(argument: Uint8Array): bigint | undefined {
  return parseCanonicalInt(argument, 0, argument.length);
}

function wordOf(argument: Uint8Array): string {
  return String.fromCharCode(...argument.subarray(0, 16)).toLowerCase();
}
