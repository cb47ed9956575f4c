/**
 * Bytes to commands, as append-only files and replication streams hold them.
 *
 *   *3\r\n                 a command of three arguments
 *   $3\r\nSET\r\n          each: its size in bytes, the bytes, an end of line
 *   $1\r\nk\r\n
 *   $5\r\nhello\r\n
 *   #TS:1700000000\r\n     a line between commands that begins with # is an annotation
 *
 * Numbers are plain decimals without sign or leading zeros, lines end in CR LF: what servers write, always. Inline commands are no
 * part of either file or stream, and an error here. Source: the AOF parsers of Redis 7.0 to 8.6 and Valkey 9.1, which are
 * laxer (they do not compare the CR LF behind an argument), and their writers, which are not.
 *
 * Commands are whole here. Files in which a command may be larger than memory, or damaged in ways that servers overlook, are
 * read by log-decoder.ts; what clients send, by request-decoder.ts.
 */
import { ByteWindow } from "@holdfast/bytes";
import type { CommandBatch } from "./command-batch.ts";
import { type CommandLimits, CommandWalk } from "./command-walk.ts";
import { RespFormatError } from "./errors.ts";
import { LineReader } from "./line-reader.ts";

const HASH = 0x23;

export interface CommandDecoderOptions {
  /** Stream offset of the first byte that will be pushed. Default 0. */
  readonly start?: number;
  /** Most arguments of one command. Default 1 Mi, as in servers. RESP_TOO_MANY_ARGUMENTS. */
  readonly argumentsMax?: number;
  /** Largest argument, in bytes, at most 1 GiB. Default 512 MiB, as in servers. RESP_STRING_TOO_LONG. */
  readonly argumentBytesMax?: number;
  /** Longest annotation, in bytes without its end. Default 64 KiB; servers take 1023 bytes. RESP_LINE_TOO_LONG. */
  readonly lineBytesMax?: number;
  /** For tests: see ByteWindow. Default false. */
  readonly poison?: boolean;
}

/** A line that begins with #, without its end; borrowed until the next push() or next(). */
export interface Annotation {
  readonly kind: "annotation";
  readonly line: Uint8Array;
  readonly offset: number;
  readonly endOffset: number;
}

export class CommandDecoder {
  readonly #window: ByteWindow;
  readonly #walk: CommandWalk;
  readonly #annotations: LineReader;
  #hasEnded = false;

  constructor(options: CommandDecoderOptions = {}) {
    this.#window = new ByteWindow({ start: options.start ?? 0, poison: options.poison ?? false });
    this.#walk = new CommandWalk(this.#window, limitsOfWhole(options));
    this.#annotations = new LineReader(this.#window, options.lineBytesMax ?? 64 * 1024, "an annotation");
  }

  /** Stream offset behind the last command or annotation handed over. */
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
   * Whole commands, as many as are at hand (up to 4096), or one annotation; undefined means push more, or, after end(), that this
   * was all. Throws RespFormatError, and the same again when asked again; whole commands before the damage come first.
   */
  next(): CommandBatch | Annotation | undefined {
    const window = this.#window;
    const walk = this.#walk;
    if (window.available >= Math.max(walk.wantedBytes, this.#annotations.wantedBytes)) {
      const isAnnotation = !walk.isInside && window.buffer[window.position] === HASH;
      const found = isAnnotation ? this.#annotations.next() : walk.next();
      if (found !== undefined) return "line" in found ? { kind: "annotation", ...found } : found;
      if (walk.damage !== undefined) throw damageError(walk, window);
    }
    if (!this.#hasEnded || window.available === 0) return undefined;
    throw truncatedError(window.offset, window);
  }
}

/** Limits of decoders that hand over whole commands. */
export function limitsOfWhole(options: CommandDecoderOptions): CommandLimits {
  return {
    argumentsMax: options.argumentsMax ?? 1024 * 1024,
    argumentBytesMax: Math.min(options.argumentBytesMax ?? 512 * 1024 * 1024, 1024 ** 3),
    wholeBytesMax: Number.POSITIVE_INFINITY,
  };
}

/** What the walk met, as an error; asked again, it meets it again. */
export function damageError(walk: CommandWalk, window: ByteWindow): RespFormatError {
  const { code, detail, at } = walk.damage!;
  const error = new RespFormatError(code, detail, window.start + at, window.offset);
  walk.startAfresh(window.position);
  return error;
}

export function truncatedError(recordOffset: number, window: ByteWindow): RespFormatError {
  const detail = `the bytes end inside a record that begins at offset ${recordOffset}`;
  return new RespFormatError("RESP_TRUNCATED", detail, window.start + window.limit, recordOffset);
}
