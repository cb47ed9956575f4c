/**
 * Bytes to replies, and to the payload of a full resync, which looks like a reply and is none.
 *
 *   *2\r\n :1\r\n $5\r\nhello\r\n     a reply: see reply.ts
 *   \n                               between replies, from a primary that is busy: a sign of life
 *   $523\r\n + 523 bytes             a payload: its size; no CR LF behind it
 *   $EOF:<40 bytes>\r\n + …          a payload that ends with the same 40 bytes
 *
 * Numbers of headers are plain decimals and lines end in CR LF, as servers send them. What is understood is kept on a stack, so a header or
 * string is read again only when it was short itself, and an endless line is searched once.
 */
import { ByteWindow } from "@holdfast/bytes";
import { truncatedError } from "./command-decoder.ts";
import { type RespErrorCode, RespFormatError } from "./errors.ts";
import type { Reply } from "./reply.ts";
import { type AggregateKind, ReplyStack } from "./reply-stack.ts";
import { isBadValue, latin1, readLineValue } from "./reply-values.ts";

const CR = 0x0d;
const LF = 0x0a;
const EOF_MARK_BYTES = 40;
/** Everything that a value, or what belongs to one, may begin with. */
const PREFIXES = "+-:_#,($!=;*~>%|.";
const PLAIN_DECIMAL = /^(0|[1-9]\d{0,14})$/;
const AGGREGATES: ReadonlyMap<string, { readonly kind: AggregateKind; readonly valuesPerItem: number }> =
  new Map([
    ["*", { kind: "array", valuesPerItem: 1 }],
    ["~", { kind: "set", valuesPerItem: 1 }],
    [">", { kind: "push", valuesPerItem: 1 }],
    ["%", { kind: "map", valuesPerItem: 2 }],
    ["|", { kind: "attributes", valuesPerItem: 2 }],
  ]);

export interface ReplyDecoderOptions {
  /** Stream offset of the first byte that will be pushed. Default 0. */
  readonly start?: number;
  /** Largest string in a reply, in bytes, at most 1 GiB. Default 512 MiB, as in servers. RESP_STRING_TOO_LONG. */
  readonly stringBytesMax?: number;
  /** Longest line, in bytes without its end. Default 64 KiB. RESP_LINE_TOO_LONG. */
  readonly lineBytesMax?: number;
  /** Most values in one reply, at all levels together. Default 4 Mi. RESP_TOO_MANY_ELEMENTS. */
  readonly elementsMax?: number;
  /** Most levels of replies in replies. Default 64. RESP_TOO_DEEP. */
  readonly depthMax?: number;
  /** Largest reply as a whole, in bytes. Default 1 GiB. RESP_REPLY_TOO_LARGE. */
  readonly replyBytesMax?: number;
  /** For tests: see ByteWindow. Default false. */
  readonly poison?: boolean;
}

/** A lone LF between replies. */
export interface KeepAlive {
  readonly kind: "keep-alive";
  readonly offset: number;
}

/** What a primary announces before a snapshot: its size, or the bytes that will stand behind it. */
export type PayloadHeader =
  | KeepAlive
  | { readonly kind: "payload"; readonly sizeBytes: number }
  | { readonly kind: "payload"; readonly endMark: Uint8Array };

/** A header line that has been read and checked, or nothing yet. */
type Progress = Reply | "again" | undefined;

export class ReplyDecoder {
  readonly #window: ByteWindow;
  readonly #limits: Required<Omit<ReplyDecoderOptions, "start" | "poison">>;
  readonly #stack = new ReplyStack();
  #hasEnded = false;
  /** Where the reply began that is being read. */
  #replyOffset: number;
  #elements = 0;
  #wantedBytes = 1;
  /** How much of an unended line has been searched. */
  #searchedBytes = 0;
  /** Met once: what follows cannot be told apart any more. */
  #failure: RespFormatError | undefined;

  constructor(options: ReplyDecoderOptions = {}) {
    this.#window = new ByteWindow({ start: options.start ?? 0, poison: options.poison ?? false });
    this.#replyOffset = options.start ?? 0;
    this.#limits = {
      stringBytesMax: Math.min(options.stringBytesMax ?? 512 * 1024 * 1024, 1024 ** 3),
      lineBytesMax: options.lineBytesMax ?? 64 * 1024,
      elementsMax: options.elementsMax ?? 4 * 1024 * 1024,
      depthMax: options.depthMax ?? 64,
      replyBytesMax: options.replyBytesMax ?? 1024 * 1024 * 1024,
    };
  }

  /** Stream offset behind the last whole reply, keep-alive, header or payload bytes handed over. */
  get offset(): number {
    return this.#stack.isInside ? this.#replyOffset : this.#window.offset;
  }

  /** Adds bytes, which must not change while they are unread. */
  push(chunk: Uint8Array): void {
    this.#window.push(chunk);
  }

  /** No more bytes will come: a reply that has begun makes next() throw RESP_TRUNCATED. */
  end(): void {
    this.#hasEnded = true;
  }

  /**
   * One whole reply, which is the caller's, or a keep-alive; undefined means push more, or, after end(), that this was all. Throws
   * RespFormatError, and the same again when asked again: where a reply in the stream would end is not known then.
   */
  next(): Reply | KeepAlive | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    const window = this.#window;
    if (!this.#stack.isInside) {
      this.#begin();
      const keepAlive = this.#keepAlive();
      if (keepAlive !== undefined) return keepAlive;
    }
    while (window.available >= this.#wantedBytes) {
      const progress = this.#element();
      if (progress === undefined) break;
      this.#wantedBytes = 1;
      if (window.offset - this.#replyOffset > this.#limits.replyBytesMax) this.#failTooLarge();
      if (progress !== "again") return progress;
    }
    return this.#short();
  }

  /**
   * The header of a payload, where the protocol says that one comes, or a keep-alive before it; undefined means push more. The bytes
   * behind it come from take().
   */
  nextPayload(): PayloadHeader | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#stack.isInside) throw new Error("a payload is asked for inside a reply");
    this.#begin();
    const keepAlive = this.#keepAlive();
    if (keepAlive !== undefined) return keepAlive;
    if (this.#window.available < this.#wantedBytes) return this.#short();
    const { position, buffer } = this.#window;
    const line = this.#line();
    if (line === undefined) return this.#short();
    if (buffer[position] !== 0x24) this.#fail("RESP_BAD_PREFIX", 'expected "$" of a payload', position);
    const text = latin1(line);
    if (text.startsWith("EOF:") && text.length === 4 + EOF_MARK_BYTES)
      return { kind: "payload", endMark: line.slice(4) };
    if (!PLAIN_DECIMAL.test(text))
      this.#fail("RESP_BAD_NUMBER", "expected the size or end mark of a payload", position + 1);
    return { kind: "payload", sizeBytes: Number(text) };
  }

  /** Bytes as they come, at most so many, none when none are at hand; borrowed until the next push(). For payloads and what is no reply. */
  take(sizeBytesMax = Number.POSITIVE_INFINITY): Uint8Array {
    if (this.#stack.isInside) throw new Error("bytes are taken from inside a reply");
    this.#wantedBytes = 1;
    this.#searchedBytes = 0;
    return this.#window.take(Math.min(sizeBytesMax, this.#window.available));
  }

  #begin(): void {
    this.#replyOffset = this.#window.offset;
    this.#elements = 0;
  }

  #keepAlive(): KeepAlive | undefined {
    const window = this.#window;
    const { offset } = window;
    if (window.available === 0 || window.buffer[window.position] !== LF) return undefined;
    window.position++;
    return { kind: "keep-alive", offset };
  }

  #short(): undefined {
    if (this.#hasEnded && (this.#window.available > 0 || this.#stack.isInside))
      throw truncatedError(this.#replyOffset, this.#window);
    return undefined;
  }

  /** One value without others inside, or the header of an aggregate, or the end of a streamed one. */
  #element(): Progress {
    const { buffer, position } = this.#window;
    const prefix = String.fromCharCode(buffer[position]);
    const expectsPart = this.#stack.top?.kind === "streamed-string";
    if (!PREFIXES.includes(prefix) || expectsPart !== (prefix === ";")) this.#failPrefix(prefix, position);
    if (prefix === "$" || prefix === "!" || prefix === "=" || prefix === ";") return this.#sized(prefix);
    const aggregate = AGGREGATES.get(prefix);
    if (aggregate !== undefined) return this.#open(prefix, aggregate);
    if (prefix === ".") return this.#endStreamed();
    const line = this.#line();
    if (line === undefined) return undefined;
    const value = readLineValue(prefix, line);
    if (value === undefined) this.#failPrefix(prefix, position);
    if (isBadValue(value)) this.#fail(value.code, value.detail, position + 1);
    return this.#add(value, position);
  }

  #add(value: Reply, at: number): Progress {
    this.#count(at);
    return this.#stack.add(value) ?? "again";
  }

  #count(at: number): void {
    if (++this.#elements <= this.#limits.elementsMax) return;
    this.#fail("RESP_TOO_MANY_ELEMENTS", `a reply of more than ${this.#limits.elementsMax} values`, at);
  }

  #open(prefix: string, { kind, valuesPerItem }: { kind: AggregateKind; valuesPerItem: number }): Progress {
    const { position } = this.#window;
    const line = this.#line();
    if (line === undefined) return undefined;
    const text = latin1(line);
    if (prefix === "*" && text === "-1") return this.#add({ kind: "null", of: "array" }, position);
    if (this.#stack.depth >= this.#limits.depthMax)
      this.#fail(
        "RESP_TOO_DEEP",
        `replies in replies at more than ${this.#limits.depthMax} levels`,
        position,
      );
    const isStreamed = text === "?" && (kind === "array" || kind === "set" || kind === "map");
    if (!isStreamed && !PLAIN_DECIMAL.test(text))
      this.#fail("RESP_BAD_NUMBER", "expected a number of elements", position + 1);
    const count = isStreamed ? Number.POSITIVE_INFINITY : Number(text) * valuesPerItem;
    if (!isStreamed && this.#elements + count > this.#limits.elementsMax) {
      const detail = `${count} values, a reply may have ${this.#limits.elementsMax}`;
      this.#fail("RESP_TOO_MANY_ELEMENTS", detail, position + 1);
    }
    this.#count(position);
    return this.#stack.open(kind, count) ?? "again";
  }

  /** The mark behind the last value of a streamed aggregate. */
  #endStreamed(): Progress {
    const { position } = this.#window;
    const top = this.#stack.top;
    const isPair = top?.kind !== "map" || top.count % 2 === 0;
    if (top?.isStreamed !== true || !isPair) this.#failPrefix(".", position);
    const line = this.#line();
    if (line === undefined) return undefined;
    if (line.length > 0) this.#fail("RESP_BAD_VALUE", "expected nothing behind .", position + 1);
    return this.#stack.close() ?? "again";
  }

  /** A string, an error or a verbatim text with its size in front, or a part of a streamed string. */
  #sized(prefix: "$" | "!" | "=" | ";"): Progress {
    const window = this.#window;
    const { position } = window;
    const line = this.#line();
    if (line === undefined) return undefined;
    const text = latin1(line);
    if (prefix === "$" && text === "-1") return this.#add({ kind: "null", of: "string" }, position);
    if (prefix === "$" && text === "?")
      return this.#stack.open("streamed-string", Number.POSITIVE_INFINITY) ?? "again";
    const sizeBytes = this.#sizeOf(text, position);
    if (prefix === ";" && sizeBytes === 0) {
      this.#count(position);
      return this.#stack.close() ?? "again";
    }
    if (window.available < sizeBytes + 2) {
      this.#wantedBytes = window.position - position + sizeBytes + 2;
      window.position = position;
      return undefined;
    }
    const end = window.position + sizeBytes;
    if (window.buffer[end] !== CR || window.buffer[end + 1] !== LF)
      this.#fail("RESP_BAD_LINE_END", "expected CR LF behind a string", end);
    const bytes = window.buffer.slice(window.position, end);
    window.position = end + 2;
    if (prefix === ";") {
      this.#stack.addPart(bytes);
      return "again";
    }
    return this.#add(this.#sizedValue(prefix, bytes, position), position);
  }

  #sizeOf(text: string, position: number): number {
    if (!PLAIN_DECIMAL.test(text)) this.#fail("RESP_BAD_NUMBER", "expected a size", position + 1);
    const sizeBytes = Number(text);
    if (sizeBytes > this.#limits.stringBytesMax) {
      const detail = `a string of ${sizeBytes} bytes, at most ${this.#limits.stringBytesMax} are allowed`;
      this.#fail("RESP_STRING_TOO_LONG", detail, position + 1);
    }
    const replyBytes = this.#window.offset + sizeBytes - this.#replyOffset;
    if (replyBytes > this.#limits.replyBytesMax) this.#failTooLarge(position);
    return sizeBytes;
  }

  #sizedValue(prefix: "$" | "!" | "=", bytes: Uint8Array, position: number): Reply {
    if (prefix === "$") return { kind: "string", bytes };
    if (prefix === "!") return { kind: "error", bytes, isLong: true };
    if (bytes.length < 4 || bytes[3] !== 0x3a)
      this.#fail("RESP_BAD_VALUE", "expected a format of three characters and a colon", position + 1);
    return { kind: "verbatim", format: latin1(bytes.subarray(0, 3)), bytes: bytes.subarray(4) };
  }

  /**
   * What stands between the prefix and CR LF, borrowed; the window is then behind it. undefined: the line is not all there, and the
   * window stays.
   */
  #line(): Uint8Array | undefined {
    const window = this.#window;
    const { buffer, position, limit } = window;
    const searchedTo = Math.min(limit, position + this.#limits.lineBytesMax + 3);
    const end = buffer.subarray(0, searchedTo).indexOf(LF, position + this.#searchedBytes);
    if (end === -1) {
      if (searchedTo - position === this.#limits.lineBytesMax + 3)
        this.#fail("RESP_LINE_TOO_LONG", `a line of more than ${this.#limits.lineBytesMax} bytes`, position);
      this.#searchedBytes = searchedTo - position;
      this.#wantedBytes = this.#searchedBytes + 1;
      return undefined;
    }
    if (end === position || buffer[end - 1] !== CR)
      this.#fail("RESP_BAD_LINE_END", "expected CR before LF", end);
    this.#searchedBytes = 0;
    window.position = end + 1;
    return buffer.subarray(position + 1, end - 1);
  }

  #failPrefix(prefix: string, at: number): never {
    const detail = `expected a reply, found byte 0x${prefix.charCodeAt(0).toString(16).padStart(2, "0")}`;
    return this.#fail("RESP_BAD_PREFIX", detail, at);
  }

  #failTooLarge(at = this.#window.position): never {
    const detail = `a reply of more than ${this.#limits.replyBytesMax} bytes`;
    return this.#fail("RESP_REPLY_TOO_LARGE", detail, at);
  }

  #fail(code: RespErrorCode, detail: string, at: number): never {
    this.#failure = new RespFormatError(code, detail, this.#window.start + at, this.#replyOffset);
    throw this.#failure;
  }
}
