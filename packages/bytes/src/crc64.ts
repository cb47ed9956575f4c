/**
 * CRC-64 as RDB files and DUMP payloads use it: the "Jones" polynomial.
 *
 *   polynomial 0xad93d23594c935a9, input and output reflected, initial value 0, final xor 0
 *   check: the CRC of the ASCII digits "123456789" is 0xe9c6d914c4b8d9ca
 *
 * Not CRC-64/XZ and not CRC-64/ECMA. Source: redis src/crc64.c (parameters in its header comment).
 *
 * The register is kept in two 32-bit halves: BigInt arithmetic per byte is a hundred times slower.
 * The hot loop is updateHalves().
 */

/** The polynomial with its bits reversed, in halves. */
const POLYNOMIAL_LOW = 0xac4bc9b5;
const POLYNOMIAL_HIGH = 0x95ac9329;

/** How many bytes one step of the loop takes. */
const SLICES = 8;

/**
 * TABLE_LOW[256 * k + b] and TABLE_HIGH: what byte b contributes to the register when k more bytes follow it
 * within the same step.
 */
const TABLE_LOW = new Int32Array(SLICES * 256);
const TABLE_HIGH = new Int32Array(SLICES * 256);
fillTables();

/** A running CRC-64. Bytes are only read during the call. */
export class Crc64 {
  /** The register's halves as signed 32-bit integers. */
  readonly #state = new Int32Array(2);

  /** Takes bytes[start, end). */
  update(bytes: Uint8Array, start = 0, end = bytes.length): this {
    updateHalves(this.#state, bytes, start, end);
    return this;
  }

  /** The checksum of everything since the start or the last reset(), 0 to 2^64 - 1. */
  get value(): bigint {
    return joinHalves(this.#state[0], this.#state[1]);
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

function joinHalves(low: number, high: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
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
