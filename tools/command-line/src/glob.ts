/**
 * Glob patterns with the meaning that Redis gives them in KEYS and SCAN, on bytes.
 *
 *   *         any bytes, none too            [abc]  [a-z]   one byte of the set; a range may be written backwards
 *   ?         one byte                       [^abc]         one byte that is not in the set
 *   \x        the byte x itself, inside a set too; a lone \ at the end means itself
 *
 * An unclosed set ends with the pattern. Source: stringmatchlen() in util.c, observed on live servers.
 */

const star = 0x2a;
const question = 0x3f;
const open = 0x5b;
const close = 0x5d;
const caret = 0x5e;
const backslash = 0x5c;
const dash = 0x2d;

/** One step of a pattern: any run of bytes, or one byte out of a set of 256. */
type Step = "run" | Uint8Array;

/** A compiled pattern; matching allocates nothing and never takes longer than pattern times text. */
export class Glob {
  readonly #steps: readonly Step[];

  constructor(pattern: Uint8Array) {
    this.#steps = compile(pattern);
  }

  /** True when bytes[start, end) as a whole fit the pattern. */
  matches(bytes: Uint8Array, start = 0, end = bytes.length): boolean {
    const steps = this.#steps;
    let step = 0;
    let at = start;
    // Only the last run has to be tried again: what stood before it has already found its earliest place.
    let retryStep = -1;
    let retryAt = 0;
    while (at < end) {
      const wanted = steps[step];
      if (wanted === "run") {
        retryStep = ++step;
        retryAt = at;
      } else if (wanted !== undefined && wanted[bytes[at]] === 1) {
        step++;
        at++;
      } else if (retryStep >= 0) {
        step = retryStep;
        at = ++retryAt;
      } else return false;
    }
    while (steps[step] === "run") step++;
    return step === steps.length;
  }
}

function compile(pattern: Uint8Array): Step[] {
  const steps: Step[] = [];
  let at = 0;
  while (at < pattern.length) {
    const byte = pattern[at];
    if (byte === star) {
      if (steps.at(-1) !== "run") steps.push("run");
      at++;
    } else if (byte === question) {
      steps.push(new Uint8Array(256).fill(1));
      at++;
    } else if (byte === open) {
      const set = new Uint8Array(256);
      at = compileSet(pattern, at + 1, set);
      steps.push(set);
    } else {
      if (byte === backslash && at + 1 < pattern.length) at++;
      steps.push(only(pattern[at]));
      at++;
    }
  }
  return steps;
}

/** Fills `set` from the inside of a bracket; returns the index behind the closing one. */
function compileSet(pattern: Uint8Array, at: number, set: Uint8Array): number {
  const isNegated = pattern[at] === caret;
  if (isNegated) at++;
  while (at < pattern.length && pattern[at] !== close) {
    if (pattern[at] === backslash && at + 1 < pattern.length) {
      set[pattern[at + 1]] = 1;
      at += 2;
    } else if (at + 2 < pattern.length && pattern[at + 1] === dash) {
      const first = Math.min(pattern[at], pattern[at + 2]);
      const last = Math.max(pattern[at], pattern[at + 2]);
      set.fill(1, first, last + 1);
      at += 3;
    } else set[pattern[at++]] = 1;
  }
  if (isNegated) for (let byte = 0; byte < 256; byte++) set[byte] ^= 1;
  return at + 1;
}

function only(byte: number): Uint8Array {
  const set = new Uint8Array(256);
  set[byte] = 1;
  return set;
}
