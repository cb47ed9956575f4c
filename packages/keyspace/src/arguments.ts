/**
 * The words of one command, without an object for any of them: bounds in a buffer that belongs to someone else.
 *
 * One CommandArguments serves command after command. A text is a copy, to be kept; `slice()` and `view()` borrow.
 *
 * Hot: read() and slice(), called for every command of a log.
 */
import { ByteSlice } from "@holdfast/rdb";
import { bufferOver, textIn } from "./latin1.ts";
import { parseDouble } from "./numbers/floats.ts";
import { parseInt64, parseInteger } from "./numbers/integers.ts";
import { readShortInteger } from "./numbers/short-integers.ts";
import { refusal } from "./outcome.ts";

/** Many commands in one buffer: a CommandBatch of @holdfast/resp is this. */
export interface CommandRows {
  readonly buffer: Uint8Array;
  /** Start and end of every word, in turns, counted from `origin` in `buffer`. */
  readonly bounds: Float64Array;
  readonly origin: number;
  /** Number of a command's first word among all of them. */
  firstArgument(command: number): number;
  /** The command's name included. */
  argumentCount(command: number): number;
}

const lowerCaseBit = 0x20;

export class CommandArguments {
  /** How many words, the command's name included. */
  count = 0;
  /** Where the words lie; borrowed. */
  bytes: Uint8Array = new Uint8Array(0);
  /** The same memory with Node's methods. Slices are of `bytes`: slice() of a Buffer would not copy. */
  #buffer: Buffer = Buffer.alloc(0);
  #bounds: Float64Array = new Float64Array(0);
  /** Index of the first word's bounds. */
  #first = 0;
  #origin = 0;

  /** Words that own nothing yet: they are copied into one buffer. */
  static of(words: readonly Uint8Array[]): CommandArguments {
    const made = new CommandArguments();
    made.count = words.length;
    made.#bounds = new Float64Array(2 * words.length);
    let size = 0;
    for (const [index, word] of words.entries()) {
      made.#bounds[2 * index] = size;
      size += word.length;
      made.#bounds[2 * index + 1] = size;
    }
    made.bytes = new Uint8Array(size);
    made.#buffer = bufferOver(made.bytes);
    for (const [index, word] of words.entries()) made.bytes.set(word, made.#bounds[2 * index]);
    return made;
  }

  /** Takes the words of one command of a batch; borrowed as the batch is. */
  read(rows: CommandRows, command: number): void {
    if (rows.buffer !== this.bytes) {
      this.bytes = rows.buffer;
      this.#buffer = bufferOver(rows.buffer);
    }
    this.count = rows.argumentCount(command);
    this.#bounds = rows.bounds;
    this.#origin = rows.origin;
    this.#first = 2 * rows.firstArgument(command);
  }

  /** An owned copy: what stands between MULTI and EXEC, and what is kept. */
  own(): CommandArguments {
    return CommandArguments.of(this.views());
  }

  /** Bytes of all words. */
  get sizeBytes(): number {
    let size = 0;
    for (let index = 0; index < this.count; index++) size += this.sizeOf(index);
    return size;
  }

  sizeOf(index: number): number {
    const at = this.#first + 2 * index;
    return this.#bounds[at + 1] - this.#bounds[at];
  }

  /** Index in `bytes` of a word's first byte. */
  startOf(index: number): number {
    return this.#origin + this.#bounds[this.#first + 2 * index];
  }

  /** Index in `bytes` behind a word. */
  endOf(index: number): number {
    return this.#origin + this.#bounds[this.#first + 2 * index + 1];
  }

  /** Where a word lies: borrowed until the handler returns. */
  slice(index: number): ByteSlice {
    return new ByteSlice(this.bytes, this.startOf(index), this.endOf(index));
  }

  /** A word as latin-1 text: a copy, to be kept. */
  text(index: number): string {
    return textIn(this.#buffer, this.startOf(index), this.endOf(index));
  }

  /** The word that an option needs behind it. Throws the syntax error of servers when there is none. */
  textAfter(index: number): string {
    if (index >= this.count) throw refusal.syntax;
    return this.text(index);
  }

  /** The words [from, to) as texts. */
  texts(from: number, to = this.count): string[] {
    const found: string[] = [];
    for (let index = from; index < to; index++) found.push(this.text(index));
    return found;
  }

  /** A word as text in capitals: for names and options, whose case does not count. */
  word(index: number): string {
    return this.text(index).toUpperCase();
  }

  /** Whether a word is this option; `option` is in capitals. */
  is(index: number, option: string): boolean {
    if (this.sizeOf(index) !== option.length) return false;
    const start = this.startOf(index);
    const buffer = this.bytes;
    for (let at = 0; at < option.length; at++) {
      const wanted = option.charCodeAt(at);
      const found = buffer[start + at];
      const isSame = found === wanted || (isCapital(wanted) && found === (wanted | lowerCaseBit));
      if (!isSame) return false;
    }
    return true;
  }

  /** Borrowed bytes of a word: valid until the handler returns. No Buffer, whose slice() would not copy. */
  view(index: number): Uint8Array {
    const { buffer, byteOffset } = this.#buffer;
    return new Uint8Array(buffer, byteOffset + this.startOf(index), this.sizeOf(index));
  }

  views(): Uint8Array[] {
    return Array.from({ length: this.count }, (_, index) => this.view(index));
  }

  /**
   * A word that is a 64-bit integer as servers read one. Beyond 2^53 it is rounded: for indices and counts, which are cut to what is
   * there. Throws the refusal of servers.
   */
  integer(index: number, otherwise = refusal.notInteger): number {
    const short = readShortInteger(this.bytes, this.startOf(index), this.endOf(index));
    if (short !== undefined) return short;
    const found = parseInteger(this.text(index));
    if (found === undefined) throw otherwise;
    return found;
  }

  /** The same, exactly. */
  int64(index: number, otherwise = refusal.notInteger): bigint {
    const found = parseInt64(this.text(index));
    if (found === undefined) throw otherwise;
    return found;
  }

  /** A word that is a double as servers read one. Throws the refusal of servers, or `otherwise`. */
  double(index: number, otherwise = refusal.notFloat): number {
    const short = readShortInteger(this.bytes, this.startOf(index), this.endOf(index));
    if (short !== undefined) return short;
    const found = parseDouble(this.text(index));
    if (found === undefined) throw otherwise;
    return found;
  }
}

function isCapital(code: number): boolean {
  return code >= 0x41 && code <= 0x5a;
}
