/**
 * A header line: a prefix, a plain decimal, CR LF.
 *
 *   *3\r\n    $12\r\n
 *
 * Plain means without sign and without leading zeros: what servers write, always. What their parsers accept beyond that is in
 * server-number.ts.
 */
import type { RespErrorCode } from "./errors.ts";

const CR = 0x0d;
const LF = 0x0a;
const ZERO = 0x30;
/** A longer number is above every limit, and would not be exact. */
const DIGITS_MAX = 15;

/** Stands for a number that could not be read: bytes are missing, or `damage` says what is wrong. */
export const NO_NUMBER = -1;

/** What is wrong, before it becomes an error. */
export interface Damage {
  readonly code: RespErrorCode;
  readonly detail: string;
  /** Index in the buffer of the first byte that cannot be explained. */
  readonly at: number;
}

/** Reads header lines, one at a time. Its fields tell of the last one that was read. */
export class NumberLine {
  /** Index in the buffer behind the line. */
  behind = 0;
  damage: Damage | undefined;
  /** Index up to which the buffer must reach before reading again helps. */
  wantedLimit = 0;

  /** The number of the line whose prefix stands at `at`, or NO_NUMBER. */
  read(buffer: Uint8Array, prefix: number, at: number, limit: number): number {
    if (buffer[at] !== prefix) {
      const detail = `expected "${String.fromCharCode(prefix)}", found byte 0x${hex(buffer[at])}`;
      return this.damaged("RESP_BAD_PREFIX", detail, at);
    }
    let value = 0;
    let index = at + 1;
    for (; index < limit; index++) {
      const digit = buffer[index] - ZERO;
      if (!(digit >= 0 && digit <= 9)) break;
      if (index - at > DIGITS_MAX)
        return this.damaged("RESP_BAD_NUMBER", "a number of too many digits", at + 1);
      value = value * 10 + digit;
    }
    const digits = index - at - 1;
    if (digits > 1 && buffer[at + 1] === ZERO)
      return this.damaged("RESP_BAD_NUMBER", "a number with leading zeros", at + 1);
    if (index + 1 < limit && digits > 0 && buffer[index] === CR && buffer[index + 1] === LF) {
      this.behind = index + 2;
      return value;
    }
    return this.#unended(buffer, index, limit, digits);
  }

  damaged(code: RespErrorCode, detail: string, at: number): typeof NO_NUMBER {
    this.damage = { code, detail, at };
    return NO_NUMBER;
  }

  /** The line does not end as it should behind its digits: too early, or wrong. */
  #unended(buffer: Uint8Array, index: number, limit: number, digits: number): typeof NO_NUMBER {
    if (index < limit && digits === 0)
      return this.damaged("RESP_BAD_NUMBER", `expected a digit, found byte 0x${hex(buffer[index])}`, index);
    if (index < limit && buffer[index] !== CR)
      return this.damaged("RESP_BAD_LINE_END", "expected CR LF behind a number", index);
    if (index + 1 < limit) return this.damaged("RESP_BAD_LINE_END", "expected LF behind CR", index + 1);
    this.wantedLimit = limit + 1;
    return NO_NUMBER;
  }
}

export function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
