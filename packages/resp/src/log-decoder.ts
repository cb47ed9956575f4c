/**
 * Bytes of an append-only file to commands, whatever their size and, on request, with the tolerance that servers have.
 *
 * Commands that are as servers write them and not large come in batches, as from CommandDecoder. All others come in pieces
 * (piece-reader.ts): the large ones because memory is to stay constant, the deviating ones because a batch has only commands that are whole and
 * canonical. A file without either gives batches and annotations only.
 */
import { ByteWindow, type WindowHome } from "@holdfast/bytes";
import type { CommandBatch } from "./command-batch.ts";
import { type Annotation, damageError, truncatedError } from "./command-decoder.ts";
import type { CommandLane, CommandRun } from "./command-lane.ts";
import { type CommandLimits, CommandWalk } from "./command-walk.ts";
import { LineReader } from "./line-reader.ts";
import { type PieceEvent, PieceReader } from "./piece-reader.ts";

const HASH = 0x23;
const STAR = 0x2a;

export interface LogDecoderOptions {
  /** What to do with bytes that are not as servers write them, but that servers load: an error, or an event and then the command. */
  readonly deviations: "refuse" | "report";
  /** Stream offset of the first byte that will be pushed. Default 0. */
  readonly start?: number;
  /** Largest command in a batch, in bytes; larger ones come in pieces. Default 1 MiB, at most 1 GiB. */
  readonly wholeBytesMax?: number;
  /** Most arguments of one command. Default 1 Mi, as for clients of servers. RESP_TOO_MANY_ARGUMENTS. */
  readonly argumentsMax?: number;
  /** Largest argument, in bytes. Default 512 MiB, as for clients of servers. RESP_STRING_TOO_LONG. */
  readonly argumentBytesMax?: number;
  /** Longest annotation, in bytes without its end. Default 64 KiB; servers take 1023 bytes. RESP_LINE_TOO_LONG. */
  readonly lineBytesMax?: number;
  /** Steps over runs of commands, which are then events of kind "run". It serves this decoder alone until that is done. */
  readonly lane?: CommandLane | undefined;
  /** Memory where the bytes lie as long as they fit. Default: that of the lane, if there is one. */
  readonly home?: WindowHome | undefined;
  /** For tests: see ByteWindow. Default false. */
  readonly poison?: boolean;
}

/** What a decoder without a lane says. */
export type LogEvent = CommandBatch | Annotation | PieceEvent;

export class LogDecoder {
  readonly #window: ByteWindow;
  readonly #walk: CommandWalk;
  readonly #pieces: PieceReader;
  readonly #annotations: LineReader;
  readonly #reportsDeviations: boolean;
  readonly #lane: CommandLane | undefined;
  readonly #patienceBytes: number;
  /** Fewer bytes than this do not help the lane. */
  #laneWantsBytes = 1;
  #hasEnded = false;

  constructor(options: LogDecoderOptions) {
    this.#lane = options.lane;
    const { start = 0, poison = false, lane } = options;
    this.#window = new ByteWindow({ start, poison, home: lane?.home ?? options.home });
    const limits: CommandLimits = {
      argumentsMax: options.argumentsMax ?? 1024 * 1024,
      argumentBytesMax: options.argumentBytesMax ?? 512 * 1024 * 1024,
      wholeBytesMax: Math.min(options.wholeBytesMax ?? 1024 * 1024, 1024 ** 3),
    };
    this.#patienceBytes = limits.wholeBytesMax;
    this.#reportsDeviations = options.deviations === "report";
    this.#walk = new CommandWalk(this.#window, limits);
    this.#pieces = new PieceReader(this.#window, limits, this.#reportsDeviations);
    this.#annotations = new LineReader(this.#window, options.lineBytesMax ?? 64 * 1024, "an annotation");
  }

  /** Stream offset behind the last whole command or annotation handed over. */
  get offset(): number {
    return this.#pieces.isInside ? this.#pieces.commandOffset : this.#window.offset;
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
   * The next commands, annotation or piece; undefined means push more, or, after end(), that this was all. Throws RespFormatError, and
   * the same again when asked again; whole commands before the damage come first.
   */
  next(): LogEvent | CommandRun | undefined {
    const window = this.#window;
    if (this.#pieces.isInside) return this.#pieces.next(this.#hasEnded);
    if (this.#lane !== undefined && !this.#walk.isInside) {
      const run = this.#run(this.#lane);
      if (run !== "none") return run;
    }
    if (window.available >= Math.max(this.#walk.wantedBytes, this.#annotations.wantedBytes)) {
      const isAnnotation = !this.#walk.isInside && window.buffer[window.position] === HASH;
      const found = isAnnotation
        ? this.#annotations.next()
        : this.#walk.next(this.#lane === undefined ? undefined : 1);
      if (found !== undefined) return "line" in found ? { kind: "annotation", ...found } : found;
      if (this.#needsPieces()) return this.#startPieces();
    }
    if (!this.#hasEnded || window.available === 0) return undefined;
    // A short record may still be one that servers read otherwise: a header line without its end.
    if (this.#reportsDeviations && window.buffer[window.position] === STAR) return this.#startPieces();
    throw truncatedError(window.offset, window);
  }

  /** What the lane takes; undefined while a record that may be for it is waited for. */
  #run(lane: CommandLane): CommandRun | undefined | "none" {
    const window = this.#window;
    const { available, offset, position } = window;
    if (window.buffer !== lane.home.memory) return "none";
    if (available < this.#laneWantsBytes && !this.#hasEnded) return undefined;
    this.#laneWantsBytes = 1;
    const stoppedAt = lane.read(position, window.limit);
    if (stoppedAt > position) {
      window.position = stoppedAt;
      return { kind: "run", offset, endOffset: window.offset };
    }
    if (!lane.wantsMore || this.#hasEnded || available >= this.#patienceBytes) return "none";
    // What is waited for grows, or a record that comes byte by byte would be read again and again.
    this.#laneWantsBytes = Math.min(Math.ceil(available * 1.25) + 1, this.#patienceBytes);
    return undefined;
  }

  #needsPieces(): boolean {
    const { isLarge, damage } = this.#walk;
    if (damage !== undefined && !this.#reportsDeviations) throw damageError(this.#walk, this.#window);
    return isLarge || damage !== undefined;
  }

  #startPieces(): PieceEvent | undefined {
    this.#walk.startAfresh(this.#window.position);
    this.#pieces.begin();
    return this.#pieces.next(this.#hasEnded);
  }
}
