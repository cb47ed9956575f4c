/**
 * Numbers by the names of commands, as they are spelt: what a log says two million times is looked up in a table once.
 *
 *   HSET  →  [ 54455348 ][ 0 ][ 0 ][ 0 ]  →  a slot with these words, the size and the number
 *
 * A memo in front of a table: for names of up to sixteen bytes, one in each slot, of which the last stays. Another spelling is another name.
 *
 * Hot: find(), once or twice for every command of a log.
 */
const nameBytesMax = 16;
const slotCount = 256;
const wordsPerSlot = 4;
const free = 0xff;

export class NameMemo {
  readonly #words = new Int32Array(wordsPerSlot * slotCount);
  readonly #sizes = new Uint8Array(slotCount).fill(free);
  readonly #numbers = new Int32Array(slotCount);
  readonly #lookUp: (buffer: Uint8Array, start: number, size: number) => number;

  /** `lookUp` is asked for names that are not here: it answers a number of 32 bits, always the same one for a name. */
  constructor(lookUp: (buffer: Uint8Array, start: number, size: number) => number) {
    this.#lookUp = lookUp;
  }

  /** What `lookUp` says of the name in buffer[start, start + size). */
  find(buffer: Uint8Array, start: number, size: number): number {
    if (size > nameBytesMax) return this.#lookUp(buffer, start, size);
    const end = start + size;
    const first = wordIn(buffer, start, end);
    const second = size > 4 ? wordIn(buffer, start + 4, end) : 0;
    const third = size > 8 ? wordIn(buffer, start + 8, end) : 0;
    const fourth = size > 12 ? wordIn(buffer, start + 12, end) : 0;
    const slot = slotOf(first ^ second ^ third ^ fourth, size);
    const words = this.#words;
    const at = wordsPerSlot * slot;
    const isHere =
      words[at] === first &&
      words[at + 1] === second &&
      words[at + 2] === third &&
      words[at + 3] === fourth &&
      this.#sizes[slot] === size;
    if (isHere) return this.#numbers[slot];
    const number = this.#lookUp(buffer, start, size);
    words[at] = first;
    words[at + 1] = second;
    words[at + 2] = third;
    words[at + 3] = fourth;
    this.#sizes[slot] = size;
    this.#numbers[slot] = number;
    return number;
  }
}

/** Up to four bytes from `at` on, the first one lowest. */
function wordIn(buffer: Uint8Array, at: number, end: number): number {
  if (at + 4 <= end)
    return buffer[at] | (buffer[at + 1] << 8) | (buffer[at + 2] << 16) | (buffer[at + 3] << 24);
  let word = 0;
  for (let from = at; from < end; from++) word |= buffer[from] << (8 * (from - at));
  return word;
}

function slotOf(word: number, size: number): number {
  return (word ^ (word >>> 7) ^ (word >>> 14) ^ (word >>> 21) ^ (size << 3)) & (slotCount - 1);
}
