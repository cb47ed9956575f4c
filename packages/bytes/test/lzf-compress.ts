/**
 * A small LZF compressor for tests: literals and copies found through a table of three-byte sequences.
 * Instructions are drawn in src/lzf.ts.
 */

const LITERAL_MAX = 32;
const COPY_MIN = 3;
const COPY_MAX = 264;
const DISTANCE_MAX = 8192;

/** The whole input as one block; for input that does not shrink the block is a little longer than it. */
export function lzfCompress(source: Uint8Array): Uint8Array {
  const block: number[] = [];
  const seen = new Map<number, number>();
  let literalStart = 0;
  let at = 0;
  while (at < source.length) {
    const from = at + COPY_MIN <= source.length ? remember(seen, source, at) : undefined;
    const count = from === undefined || at - from > DISTANCE_MAX ? 0 : matchLength(source, from, at);
    if (count < COPY_MIN) {
      at++;
      continue;
    }
    pushLiterals(block, source.subarray(literalStart, at));
    pushCopy(block, at - from! - 1, count - 2);
    at += count;
    literalStart = at;
  }
  pushLiterals(block, source.subarray(literalStart));
  return Uint8Array.from(block);
}

function remember(seen: Map<number, number>, source: Uint8Array, at: number): number | undefined {
  const sequence = (source[at] << 16) | (source[at + 1] << 8) | source[at + 2];
  const before = seen.get(sequence);
  seen.set(sequence, at);
  return before;
}

function matchLength(source: Uint8Array, from: number, at: number): number {
  let count = 0;
  while (count < COPY_MAX && at + count < source.length && source[from + count] === source[at + count])
    count++;
  return count;
}

function pushLiterals(block: number[], literals: Uint8Array): void {
  for (let at = 0; at < literals.length; at += LITERAL_MAX) {
    const run = literals.subarray(at, at + LITERAL_MAX);
    block.push(run.length - 1, ...run);
  }
}

function pushCopy(block: number[], distance: number, length: number): void {
  if (length < 7) block.push((length << 5) | (distance >>> 8));
  else block.push(0xe0 | (distance >>> 8), length - 7);
  block.push(distance & 255);
}
