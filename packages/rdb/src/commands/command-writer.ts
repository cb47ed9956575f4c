/**
 * Commands as RESP arrays, the form that `redis-cli --pipe` sends to a server as it is.
 *
 *   *3\r\n $3\r\n SET\r\n $1\r\n k\r\n $1\r\n v\r\n
 *
 * A command is begun with the number of its arguments and then given each of them.
 */
import type { ByteSlice } from "../byte-slice.ts";

const carriageReturn = 0x0d;
const lineFeed = 0x0a;

/** Where the bytes go: a growing buffer of the caller's. */
export interface CommandSink {
  byte(value: number): void;
  /** The bytes [start, end), which are copied. */
  bytes(source: Uint8Array, start?: number, end?: number): void;
  /** Text whose characters are all below 0x80. */
  ascii(text: string): void;
  /** A whole number in decimal. */
  integer(value: number): void;
}

export class CommandWriter {
  readonly #sink: CommandSink;
  /** Commands begun since the writer was made: as many answers will come. */
  count = 0;

  constructor(sink: CommandSink) {
    this.#sink = sink;
  }

  /** Starts a command of `argumentCount` arguments behind its name, which may be two words. */
  begin(name: string, argumentCount: number): void {
    const words = name.split(" ");
    this.count++;
    this.#head(0x2a, argumentCount + words.length);
    for (const word of words) this.text(word);
  }

  /** An argument of ASCII text. */
  text(argument: string): void {
    this.#head(0x24, argument.length);
    this.#sink.ascii(argument);
    this.#lineEnd();
  }

  slice(argument: ByteSlice): void {
    this.#head(0x24, argument.length);
    this.#sink.bytes(argument.buffer, argument.start, argument.end);
    this.#lineEnd();
  }

  bytes(argument: Uint8Array): void {
    this.#head(0x24, argument.length);
    this.#sink.bytes(argument);
    this.#lineEnd();
  }

  number(argument: number | bigint): void {
    this.text(argument.toString());
  }

  /** Announces an argument of this size, which the caller writes with `piece` and closes with `endPieces`. */
  beginPieces(sizeBytes: number): void {
    this.#head(0x24, sizeBytes);
  }

  piece(bytes: Uint8Array): void {
    this.#sink.bytes(bytes);
  }

  endPieces(): void {
    this.#lineEnd();
  }

  #head(mark: number, count: number): void {
    this.#sink.byte(mark);
    this.#sink.integer(count);
    this.#lineEnd();
  }

  #lineEnd(): void {
    this.#sink.byte(carriageReturn);
    this.#sink.byte(lineFeed);
  }
}
