/**
 * CRC-64 as RDB files and DUMP payloads use it: the "Jones" polynomial.
 *
 *   polynomial 0xad93d23594c935a9, input and output reflected, initial value 0, final xor 0
 *   check: the CRC of the ASCII digits "123456789" is 0xe9c6d914c4b8d9ca
 *
 * Not CRC-64/XZ and not CRC-64/ECMA. Source: redis src/crc64.c (parameters in its header comment).
 *
 * Small updates run in JavaScript, with the register in two 32-bit halves (BigInt arithmetic per byte is a hundred times
 * slower); larger ones in WebAssembly, explained in assembly/crc64.ts. The hot loops are updateHalves() and fold().
 */

import { type Kernels, kernels } from "./kernels.ts";

/** The polynomial with its bits reversed, in halves. */
const POLYNOMIAL_LOW = 0xac4bc9b5;
const POLYNOMIAL_HIGH = 0x95ac9329;

const POLYNOMIAL = joinHalves(POLYNOMIAL_LOW, POLYNOMIAL_HIGH);

/** x^8 with its bits reversed. */
const X_TO_THE_8 = 1n << 55n;

/**
 * From this size on, the copy into the kernels' memory pays. GB/s by size of the update, copies included (Node 20):
 *
 *   bytes    64     128    256    512    1 024   4 096   8 192   16 384   65 536   1 MiB
 *   GB/s     0.71   0.75   0.95   1.20   1.29    1.42    1.92    2.87     4.07     4.79
 */
const KERNEL_FROM_BYTES = 256;

/** From this size on, folding pays for the last 2816 bytes that it leaves to the tables. */
const FOLD_FROM_BYTES = 5120;

/** How much is folded per call: small enough to stay in the second-level cache between copying and folding. */
const PIECE_BYTES = 131_072;

/** How many bytes one step of the loop takes. */
const SLICES = 8;

/**
 * TABLE_LOW[256 * k + b] and TABLE_HIGH: what byte b contributes to the register when k more bytes follow it
 * within the same step.
 */
const TABLE_LOW = new Int32Array(SLICES * 256);
const TABLE_HIGH = new Int32Array(SLICES * 256);
fillTables();

/** Memory of a kernel that sums bytes where they lie. */
export interface Crc64Home {
  readonly memory: Uint8Array;
  /** Adds memory[start, end) to a register in halves, the low one first. */
  updateCrc64(register: Int32Array, start: number, end: number): void;
}

/** A running CRC-64. Bytes are only read during the call. */
export class Crc64 {
  /** The register's halves as signed 32-bit integers. */
  readonly #state = new Int32Array(2);
  readonly #home: Crc64Home | undefined;

  /** `home`: where most of the bytes will lie; no need to copy them into another kernel. */
  constructor(home?: Crc64Home) {
    this.#home = home;
  }

  /** Takes bytes[start, end). */
  update(bytes: Uint8Array, start = 0, end = bytes.length): this {
    if (end - start < KERNEL_FROM_BYTES) updateHalves(this.#state, bytes, start, end);
    else if (bytes === this.#home?.memory) this.#home.updateCrc64(this.#state, start, end);
    else if (kernels === undefined) updateHalves(this.#state, bytes, start, end);
    else updateWithKernels(kernels, this.#state, bytes, start, end);
    return this;
  }

  /** Takes `byteCount` bytes without a look at them: those that took another checksum from `before` to `after`. */
  follow(before: Crc64, after: Crc64, byteCount: number): this {
    // The register is linear: what the two had different before, they have different behind, shifted by the bytes between.
    const value = shifted(before.value ^ this.value, byteCount) ^ after.value;
    this.#state[0] = Number(BigInt.asIntN(32, value));
    this.#state[1] = Number(BigInt.asIntN(32, value >> 32n));
    return this;
  }

  /** The checksum of everything since the start or the last reset(), 0 to 2^64 - 1. */
  get value(): bigint {
    return joinHalves(this.#state[0], this.#state[1]);
  }

  /** Stands where another one stands, which is not changed. */
  continueFrom(other: Crc64): void {
    this.#state.set(other.#state);
  }

  /** Starts again, as if nothing had been added. */
  reset(): void {
    this.#state.fill(0);
  }
}

/** The checksum of these bytes. */
export function crc64(bytes: Uint8Array): bigint {
  return new Crc64().update(bytes).value;
}

/** Sixteen lower-case hex digits, the highest first: `e9c6d914c4b8d9ca`. */
export function formatCrc64(value: bigint): string {
  return value.toString(16).padStart(16, "0");
}

/**
 * The checksum of two parts one after the other, from the checksum of each and the size of the second.
 *
 * Exact for any size up to 2^53 - 1 bytes; takes microseconds. Throws RangeError for anything else.
 */
export function combineCrc64(first: bigint, second: bigint, secondByteCount: number): bigint {
  return shifted(first, secondByteCount) ^ second;
}

/** What `byteCount` zero bytes make of a register. */
function shifted(value: bigint, byteCount: number): bigint {
  if (!Number.isSafeInteger(byteCount) || byteCount < 0)
    throw new RangeError(`not a count of bytes: ${byteCount}`);
  return kernels === undefined ? shiftPlain(value, byteCount) : shiftWithKernels(kernels, value, byteCount);
}

function shiftWithKernels({ register, crcShift }: Kernels, value: bigint, byteCount: number): bigint {
  register[0] = Number(BigInt.asIntN(32, value));
  register[1] = Number(BigInt.asIntN(32, value >> 32n));
  crcShift(byteCount);
  return joinHalves(register[0], register[1]);
}

/** The same without kernels: a few milliseconds. */
export function shiftPlain(value: bigint, byteCount: number): bigint {
  // A zero byte multiplies the register by x^8; the power is put together from squares.
  let power = X_TO_THE_8;
  let result = value;
  for (let count = byteCount; count > 0; count = Math.floor(count / 2)) {
    if (count % 2 === 1) result = multiply(result, power);
    power = multiply(power, power);
  }
  return result;
}

/** The product of two polynomials modulo the CRC's, all with their bits reversed: the top bit is x^0. */
function multiply(left: bigint, right: bigint): bigint {
  let product = 0n;
  for (let bit = 63n; bit >= 0n; bit--) {
    if (((left >> bit) & 1n) === 1n) product ^= right;
    right = (right & 1n) === 1n ? (right >> 1n) ^ POLYNOMIAL : right >> 1n;
  }
  return product;
}

function joinHalves(low: number, high: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

/** The same with the kernels; `end - start` is at least 1. */
function updateWithKernels(
  kernel: Kernels,
  state: Int32Array,
  bytes: Uint8Array,
  start: number,
  end: number,
) {
  kernel.register.set(state);
  if (end - start < FOLD_FROM_BYTES) {
    kernel.bytes.set(bytes.subarray(start, end), kernel.scratchStart);
    kernel.crcSliced(kernel.scratchStart, kernel.scratchStart + (end - start));
  } else {
    fold(kernel, bytes, start, end);
  }
  state.set(kernel.register);
}

/** Folds whole vectors in pieces and leaves the last bytes, a little more than `tailBytes`, to the tables. */
function fold(kernel: Kernels, bytes: Uint8Array, start: number, end: number): void {
  const foldedEnd = end - kernel.tailBytes - ((end - start) % 16);
  kernel.crcFoldBegin();
  for (let at = start; at < foldedEnd; at += PIECE_BYTES) {
    const piece = bytes.subarray(at, Math.min(at + PIECE_BYTES, foldedEnd));
    kernel.bytes.set(piece, kernel.scratchStart);
    kernel.crcFold(kernel.scratchStart, piece.length);
  }
  const tailStart = kernel.scratchStart + kernel.tailBytes;
  kernel.bytes.set(bytes.subarray(foldedEnd, end), tailStart);
  kernel.crcFoldEnd(tailStart, end - foldedEnd);
}

/** Eight bytes a step, one table lookup per byte and half. */
function updateHalves(state: Int32Array, bytes: Uint8Array, start: number, end: number): void {
  let low = state[0];
  let high = state[1];
  let at = start;
  for (const stop = end - SLICES; at <= stop; at += SLICES) {
    const b0 = 1792 + ((low ^ bytes[at]) & 255);
    const b1 = 1536 + (((low >>> 8) ^ bytes[at + 1]) & 255);
    const b2 = 1280 + (((low >>> 16) ^ bytes[at + 2]) & 255);
    const b3 = 1024 + ((low >>> 24) ^ bytes[at + 3]);
    const b4 = 768 + ((high ^ bytes[at + 4]) & 255);
    const b5 = 512 + (((high >>> 8) ^ bytes[at + 5]) & 255);
    const b6 = 256 + (((high >>> 16) ^ bytes[at + 6]) & 255);
    const b7 = (high >>> 24) ^ bytes[at + 7];
    low =
      TABLE_LOW[b0] ^
      TABLE_LOW[b1] ^
      TABLE_LOW[b2] ^
      TABLE_LOW[b3] ^
      TABLE_LOW[b4] ^
      TABLE_LOW[b5] ^
      TABLE_LOW[b6] ^
      TABLE_LOW[b7];
    high =
      TABLE_HIGH[b0] ^
      TABLE_HIGH[b1] ^
      TABLE_HIGH[b2] ^
      TABLE_HIGH[b3] ^
      TABLE_HIGH[b4] ^
      TABLE_HIGH[b5] ^
      TABLE_HIGH[b6] ^
      TABLE_HIGH[b7];
  }
  for (; at < end; at++) {
    const byte = (low ^ bytes[at]) & 255;
    low = ((low >>> 8) | (high << 24)) ^ TABLE_LOW[byte];
    high = (high >>> 8) ^ TABLE_HIGH[byte];
  }
  state[0] = low;
  state[1] = high;
}

function fillTables(): void {
  for (let byte = 0; byte < 256; byte++) {
    let low = byte;
    let high = 0;
    for (let bit = 0; bit < 8; bit++) {
      const carry = low & 1;
      low = (low >>> 1) | (high << 31);
      high >>>= 1;
      if (carry !== 0) {
        low ^= POLYNOMIAL_LOW;
        high ^= POLYNOMIAL_HIGH;
      }
    }
    TABLE_LOW[byte] = low;
    TABLE_HIGH[byte] = high;
  }
  for (let index = 256; index < SLICES * 256; index++) {
    const low = TABLE_LOW[index - 256];
    const high = TABLE_HIGH[index - 256];
    TABLE_LOW[index] = ((low >>> 8) | (high << 24)) ^ TABLE_LOW[low & 255];
    TABLE_HIGH[index] = (high >>> 8) ^ TABLE_HIGH[low & 255];
  }
}
