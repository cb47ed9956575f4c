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
import { refusal } from "./outcome.ts";

/** Many commands in one buffer: a CommandBatch of @holdfast/resp is this. */
export interface CommandRows {
  readonly buffer: Uint8Array;
  argumentCount(command: number): number;
  argumentStart(command: number, index: number): number;
  argumentSize(command: number, index: number): number;
}

const firstRoom = 16;
const lowerCaseBit = 0x20;

export class CommandArguments {
  /** How many words, the command's name included. */
  count = 0;
  #buffer: Buffer = Buffer.alloc(0);
  /** The same memory. Slices are of it: slice() of a Buffer would not copy. */
  #bytes: Uint8Array = new Uint8Array(0);
  #starts = new Float64Array(firstRoom);
  #ends = new Float64Array(firstRoom);

  /** Words that own nothing yet: they are copied into one buffer. */
  static of(words: readonly Uint8Array[]): CommandArguments {
    const made = new CommandArguments();
    made.#reserve(words.length);
    made.count = words.length;
    let size = 0;
    for (const [index, word] of words.entries()) {
      made.#starts[index] = size;
      size += word.length;
      made.#ends[index] = size;
    }
    made.#bytes = new Uint8Array(size);
    made.#buffer = bufferOver(made.#bytes);
    for (const [index, word] of words.entries()) made.#buffer.set(word, made.#starts[index]);
    return made;
  }

  /** Takes the words of one command of a batch; borrowed as the batch is. */
  read(rows: CommandRows, command: number): void {
    if (rows.buffer !== this.#bytes) {
      this.#bytes = rows.buffer;
      this.#buffer = bufferOver(rows.buffer);
    }
    const count = rows.argumentCount(command);
    if (count > this.#starts.length) this.#reserve(count);
    this.count = count;
    for (let index = 0; index < count; index++) {
      const start = rows.argumentStart(command, index);
      this.#starts[index] = start;
      this.#ends[index] = start + rows.argumentSize(command, index);
    }
  }

  /** An owned copy: what stands between MULTI and EXEC, and what is kept. */
  own(): CommandArguments {
    return CommandArguments.of(this.views());
  }

  /** Bytes of all words. */
  get sizeBytes(): number {
    let size = 0;
    for (let index = 0; index < this.count; index++) size += this.#ends[index] - this.#starts[index];
    return size;
  }

  sizeOf(index: number): number {
    return this.#ends[index] - this.#starts[index];
  }

  byteAt(index: number, at: number): number {
    return this.#buffer[this.#starts[index] + at];
  }

  /** Where a word lies: borrowed until the handler returns. */
  slice(index: number): ByteSlice {
    return new ByteSlice(this.#bytes, this.#starts[index], this.#ends[index]);
  }

  /** A word as latin-1 text: a copy, to be kept. */
  text(index: number): string {
    return textIn(this.#buffer, this.#starts[index], this.#ends[index]);
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
    const start = this.#starts[index];
    if (this.#ends[index] - start !== option.length) return false;
    const buffer = this.#buffer;
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
    return new Uint8Array(buffer, byteOffset + this.#starts[index], this.sizeOf(index));
  }

  views(): Uint8Array[] {
    return Array.from({ length: this.count }, (_, index) => this.view(index));
  }

  /**
   * A word that is a 64-bit integer as servers read one. Beyond 2^53 it is rounded: for indices and counts, which are cut to what is
   * there. Throws the refusal of servers.
   */
  integer(index: number, otherwise = refusal.notInteger): number {
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
    const found = parseDouble(this.text(index));
    if (found === undefined) throw otherwise;
    return found;
  }

  #reserve(count: number): void {
    if (count <= this.#starts.length) return;
    const room = Math.max(count, 2 * this.#starts.length);
    this.#starts = new Float64Array(room);
    this.#ends = new Float64Array(room);
  }
}

function isCapital(code: number): boolean {
  return code >= 0x41 && code <= 0x5a;
}
