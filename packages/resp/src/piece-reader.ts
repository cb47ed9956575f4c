/**
 * One command in pieces: for what is too large to be gathered, and for what is not as servers write it.
 *
 *   command-start   argument-piece …   command-end
 *
 * Every argument comes as one piece or more, in order; an empty one as one empty piece. Memory holds no more of a command than the
 * window does. Whatever deviates is an error, or, when deviations are reported and servers overlook it, an event
 * at its place.
 */
import type { ByteWindow } from "@holdfast/bytes";
import { truncatedError } from "./command-decoder.ts";
import { type CommandLimits, isCountAllowed, isSizeAllowed } from "./command-walk.ts";
import { type RespErrorCode, RespFormatError } from "./errors.ts";
import { type Damage, NO_NUMBER, NumberLine } from "./number-line.ts";
import { readServerNumber } from "./server-number.ts";

const CR = 0x0d;
const LF = 0x0a;
const STAR = 0x2a;
const DOLLAR = 0x24;

export interface CommandStart {
  readonly kind: "command-start";
  /** How many arguments will come, the name included. */
  readonly argumentCount: number;
  readonly offset: number;
}

export interface ArgumentPiece {
  readonly kind: "argument-piece";
  /** Which argument; 0 is the command's name. */
  readonly index: number;
  /** Size of the whole argument, in bytes. */
  readonly sizeBytes: number;
  /** How many of its bytes came in earlier pieces. */
  readonly before: number;
  /** Borrowed until the next push() or next(). */
  readonly bytes: Uint8Array;
  readonly last: boolean;
}

export interface CommandEnd {
  readonly kind: "command-end";
  /** Of the command's first byte. */
  readonly offset: number;
  readonly endOffset: number;
}

/** Bytes that are not as servers write them, and that servers read nevertheless. */
export interface Deviation {
  readonly kind: "deviation";
  /** The error that the same bytes are when deviations are refused. */
  readonly code: RespErrorCode;
  readonly detail: string;
  readonly offset: number;
  /** Of the first byte of the record. */
  readonly commandOffset: number;
}

export type PieceEvent = CommandStart | ArgumentPiece | CommandEnd | Deviation;

export class PieceReader {
  readonly #window: ByteWindow;
  readonly #limits: CommandLimits;
  readonly #reportsDeviations: boolean;
  readonly #line = new NumberLine();
  readonly #queue: PieceEvent[] = [];
  #commandOffset = 0;
  #argumentCount = 0;
  #index = 0;
  #sizeBytes = 0;
  #before = 0;
  #expects: "nothing" | "count" | "size" | "body" | "body-end" = "nothing";
  /** Fewer bytes than this in the window do not help. */
  wantedBytes = 1;

  constructor(window: ByteWindow, limits: CommandLimits, reportsDeviations: boolean) {
    this.#window = window;
    this.#limits = limits;
    this.#reportsDeviations = reportsDeviations;
  }

  /** Whether a command has begun and not ended. */
  get isInside(): boolean {
    return this.#expects !== "nothing" || this.#queue.length > 0;
  }

  /** Offset of the command that has begun. */
  get commandOffset(): number {
    return this.#commandOffset;
  }

  /** The window stands in front of a command. */
  begin(): void {
    this.#commandOffset = this.#window.offset;
    this.#expects = "count";
    this.wantedBytes = 1;
  }

  /** The next event of the command that has begun; undefined means push more. Throws RespFormatError, and the same again when asked again. */
  next(hasEnded: boolean): PieceEvent | undefined {
    const queued = this.#queue.shift();
    if (queued !== undefined) return queued;
    const isShort = this.#window.available < this.wantedBytes;
    if (isShort && !hasEnded) return undefined;
    const event = isShort && this.#window.available === 0 ? undefined : this.#step(hasEnded);
    if (event === undefined && hasEnded) throw truncatedError(this.#commandOffset, this.#window);
    return event;
  }

  #step(hasEnded: boolean): PieceEvent | undefined {
    switch (this.#expects) {
      case "count":
        return this.#start(hasEnded);
      case "size":
        if (!this.#readSize(hasEnded)) return undefined;
        return this.#queue.shift() ?? this.#piece();
      case "body":
        return this.#piece();
      default:
        return this.#bodyEnd(hasEnded);
    }
  }

  #start(hasEnded: boolean): PieceEvent | undefined {
    const { position } = this.#window;
    const written = this.#number(STAR, hasEnded);
    if (written === undefined) return undefined;
    const count = this.#reportsDeviations ? lowBits(written) : written;
    if (!isCountAllowed(count, position, this.#limits, this.#line)) this.#fail();
    if (count !== written) {
      const detail = `${written} arguments, of which servers see ${count}: the low 32 bits`;
      this.#deviate({ code: "RESP_TOO_MANY_ARGUMENTS", detail, at: position + 1 });
    }
    this.#argumentCount = count;
    this.#index = 0;
    this.#expects = "size";
    this.#advance();
    // Behind a deviation of the line, if it has one.
    this.#queue.push({ kind: "command-start", argumentCount: count, offset: this.#commandOffset });
    return this.#queue.shift();
  }

  /** Whether the size has been read; a deviation of its line is then in the queue. */
  #readSize(hasEnded: boolean): boolean {
    const { position } = this.#window;
    const sizeBytes = this.#number(DOLLAR, hasEnded);
    if (sizeBytes === undefined) return false;
    if (!isSizeAllowed(sizeBytes, position, this.#limits, this.#line)) this.#fail();
    this.#sizeBytes = sizeBytes;
    this.#before = 0;
    this.#expects = "body";
    this.#advance();
    this.wantedBytes = sizeBytes === 0 ? 0 : 1;
    return true;
  }

  #piece(): ArgumentPiece | undefined {
    const window = this.#window;
    const before = this.#before;
    const size = Math.min(this.#sizeBytes - before, window.available);
    if (size === 0 && this.#sizeBytes > 0) return undefined;
    const bytes = window.take(size);
    this.#before += size;
    const last = this.#before === this.#sizeBytes;
    if (last) {
      this.#expects = "body-end";
      this.wantedBytes = 2;
    }
    return { kind: "argument-piece", index: this.#index, sizeBytes: this.#sizeBytes, before, bytes, last };
  }

  /** What follows: the next argument's first piece, or the end of the command. */
  #bodyEnd(hasEnded: boolean): PieceEvent | undefined {
    const window = this.#window;
    const { buffer, position } = window;
    if (window.available < 2) return undefined;
    const hasEnd = buffer[position] === CR && buffer[position + 1] === LF;
    if (!hasEnd) {
      this.#line.damaged("RESP_BAD_LINE_END", "expected CR LF behind an argument", position);
      if (!this.#reportsDeviations) this.#fail();
      this.#deviate(this.#line.damage!);
    }
    window.position += 2;
    this.wantedBytes = 1;
    this.#index++;
    this.#expects = this.#index === this.#argumentCount ? "nothing" : "size";
    if (this.#expects === "nothing") {
      this.#queue.push({ kind: "command-end", offset: this.#commandOffset, endOffset: window.offset });
    }
    const event = this.#queue.shift();
    return event ?? (window.available > 0 ? this.#step(hasEnded) : undefined);
  }

  /** A header line's number; the line's `behind` is then behind it. undefined: bytes are missing. */
  #number(prefix: number, hasEnded: boolean): number | undefined {
    const { buffer, position, limit } = this.#window;
    const line = this.#line;
    line.damage = undefined;
    line.wantedLimit = 0;
    const value = line.read(buffer, prefix, position, limit);
    if (value !== NO_NUMBER) return value;
    if (line.damage === undefined && !(hasEnded && this.#reportsDeviations)) {
      this.wantedBytes = line.wantedLimit - position;
      return undefined;
    }
    if (!this.#reportsDeviations) this.#fail();
    const found = readServerNumber(buffer, position, limit, { line, hasEnded });
    if (found === undefined) this.#fail();
    if (found === "truncated") throw truncatedError(this.#commandOffset, this.#window);
    if (found === "short") {
      this.wantedBytes = limit - position + 1;
      return undefined;
    }
    line.damage = undefined;
    line.behind = found.behind;
    this.#deviate(found.deviation);
    return found.value;
  }

  #advance(): void {
    this.#window.position = this.#line.behind;
    this.wantedBytes = 1;
  }

  #deviate({ code, detail, at }: Damage): void {
    const offset = this.#window.start + at;
    this.#queue.push({ kind: "deviation", code, detail, offset, commandOffset: this.#commandOffset });
  }

  #fail(): never {
    const { code, detail, at } = this.#line.damage!;
    throw new RespFormatError(code, detail, this.#window.start + at, this.#commandOffset);
  }
}

/** What an int of C keeps of a number. */
function lowBits(value: number): number {
  return Number(BigInt.asIntN(32, BigInt(value)));
}
