/**
 * Bytes to commands as clients and replicas send them to a server, and as a primary sends them to its replicas.
 *
 *   *1\r\n$4\r\nPING\r\n     a command, as in files
 *   PING hello\r\n           an inline command: any line that does not begin with *
 *   \r\n     \n              a blank line: a sign of life between primary and replica
 *   *0\r\n   *-1\r\n         an array without elements: servers step over it
 *
 * A # begins no annotation here: that is a matter of files. Source: processInlineBuffer and processMultibulkBuffer in
 * networking.c of Redis 7.0 to 8.6 and Valkey 9.1.
 */
import { ByteWindow } from "@holdfast/bytes";
import type { CommandBatch } from "./command-batch.ts";
import { damageError, limitsOfWhole, truncatedError } from "./command-decoder.ts";
import { CommandWalk } from "./command-walk.ts";
import { RespFormatError } from "./errors.ts";
import { splitInline } from "./inline-command.ts";
import { LineReader } from "./line-reader.ts";

const STAR = 0x2a;
const MINUS = 0x2d;
const ZERO = 0x30;
const EMPTY_ARRAY = /^\*(0|-[1-9]\d{0,14})$/;

export interface RequestDecoderOptions {
  /** Stream offset of the first byte that will be pushed. Default 0. */
  readonly start?: number;
  /** Most arguments of one command. Default 1 Mi, as in servers. RESP_TOO_MANY_ARGUMENTS. */
  readonly argumentsMax?: number;
  /** Largest argument, in bytes, at most 1 GiB. Default 512 MiB, as in servers. RESP_STRING_TOO_LONG. */
  readonly argumentBytesMax?: number;
  /** Longest inline command, in bytes without its end. Default 64 KiB, as in servers. RESP_LINE_TOO_LONG. */
  readonly lineBytesMax?: number;
  /** For tests: see ByteWindow. Default false. */
  readonly poison?: boolean;
}

/** A command that came as a line of words. The words are the caller's. */
export interface InlineCommand {
  readonly kind: "inline-command";
  /** At least one: the command's name. */
  readonly args: readonly Uint8Array[];
  readonly offset: number;
  readonly endOffset: number;
}

/** Bytes that ask for nothing, but count in the stream: a blank line, or an array without elements. */
export interface BlankRequest {
  readonly kind: "blank";
  readonly offset: number;
  readonly endOffset: number;
}

export class RequestDecoder {
  readonly #window: ByteWindow;
  readonly #walk: CommandWalk;
  readonly #lines: LineReader;
  #hasEnded = false;

  constructor(options: RequestDecoderOptions = {}) {
    this.#window = new ByteWindow({ start: options.start ?? 0, poison: options.poison ?? false });
    this.#walk = new CommandWalk(this.#window, limitsOfWhole(options));
    this.#lines = new LineReader(this.#window, options.lineBytesMax ?? 64 * 1024, "an inline command");
  }

  /** Stream offset behind whatever was handed over last. */
  get offset(): number {
    return this.#window.offset;
  }

  /** Adds bytes, which must not change while what was decoded from them is in use. */
  push(chunk: Uint8Array): void {
    this.#window.push(chunk);
  }

  /** No more bytes will come: what is left over makes next() throw RESP_TRUNCATED. */
  end(): void {
    this.#hasEnded = true;
  }

  /**
   * Whole commands, as many as are at hand (up to 4096), one inline command, or bytes that are none; undefined means push more, or,
   * after end(), that this was all. Batches are borrowed until the next push() or next(). Throws RespFormatError, and the same again
   * when asked again: a server then answers with an error and hangs up.
   */
  next(): CommandBatch | InlineCommand | BlankRequest | undefined {
    const window = this.#window;
    if (window.available >= Math.max(this.#walk.wantedBytes, this.#lines.wantedBytes)) {
      const found = this.#isArray() ? this.#commands() : this.#inline();
      if (found !== undefined) return found;
    }
    if (!this.#hasEnded || window.available === 0) return undefined;
    throw truncatedError(window.offset, window);
  }

  #isArray(): boolean {
    const { buffer, position } = this.#window;
    return this.#walk.isInside || buffer[position] === STAR;
  }

  #commands(): CommandBatch | BlankRequest | undefined {
    const window = this.#window;
    const walk = this.#walk;
    const { buffer, position } = window;
    const mayBeEmpty = !walk.isInside && (buffer[position + 1] === ZERO || buffer[position + 1] === MINUS);
    if (mayBeEmpty) return this.#emptyArray();
    const batch = walk.next();
    if (batch === undefined && walk.damage !== undefined) throw damageError(walk, window);
    return batch;
  }

  #emptyArray(): BlankRequest | undefined {
    const { offset } = this.#window;
    const found = this.#lines.next();
    if (found === undefined) return undefined;
    const text = String.fromCharCode(...found.line.subarray(0, 20));
    if (EMPTY_ARRAY.test(text)) return { kind: "blank", offset, endOffset: found.endOffset };
    this.#window.position -= found.endOffset - offset;
    const detail = "expected the number of arguments in plain decimals";
    throw new RespFormatError("RESP_BAD_NUMBER", detail, offset + 1, offset);
  }

  #inline(): InlineCommand | BlankRequest | undefined {
    const found = this.#lines.next();
    if (found === undefined) return undefined;
    const { line, offset, endOffset } = found;
    const args = splitInline(line);
    if (args === undefined) {
      this.#window.position -= endOffset - offset;
      const detail = "an inline command whose quotes are not balanced";
      throw new RespFormatError("RESP_UNBALANCED_QUOTES", detail, offset, offset);
    }
    return args.length === 0
      ? { kind: "blank", offset, endOffset }
      : { kind: "inline-command", args, offset, endOffset };
  }
}
