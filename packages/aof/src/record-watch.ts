/**
 * Watches the records of one file go by: counts them, follows MULTI and EXEC, and says what servers would make of a command.
 *
 *   border              | SELECT | SET | MULTI SET SET EXEC | SET |         a unit may be cut off at each bar, nowhere else
 *
 * Rules of the loaders (aof.c of Redis 7.0 to 8.6, Valkey 9.1, and live servers): an EXEC without MULTI and a MULTI inside a unit are
 * logged and stepped over; a SELECT out of range fails, and what follows goes to the db before; an unknown command ends the server.
 *
 * Hot loop: #batch, once for each record.
 */
import type { ArgumentPiece, CommandBatch, LogEvent } from "@holdfast/resp";
import type { CommandRunFacts } from "./command-kernel.ts";
import { type AofServer, COMMAND_COUNT, CommandTable, isModuleName, rowOfCommand } from "./command-table.ts";
import type { Finding } from "./finding-log.ts";
import type { AofProblemCode } from "./problem-codes.ts";
import type { AofLaterTime } from "./report.ts";

/** Longer names are none. */
const NAME_BYTES_MAX = 128;
const MULTI = rowOfCommand("multi");
const EXEC = rowOfCommand("exec");
const SELECT = rowOfCommand("select");
const UNKNOWN = -1;
/** Servers read a line into 1024 bytes, the last of which ends the string. */
const SERVER_LINE_BYTES = 1023;

export interface RecordWatchOptions {
  readonly server?: AofServer | undefined;
  /** How many dbs the server has. Default 16, as servers. */
  readonly databases?: number | undefined;
  /** Remembers where the time first goes beyond this, Unix seconds. */
  readonly untilSec?: number | undefined;
}

/** Where findings go. */
export interface FindingSink {
  add(finding: Finding): void;
}

/** A unit that has begun and not ended. */
export interface OpenUnit {
  readonly offset: number;
  /** Whole commands in it, MULTI among them. */
  readonly commands: number;
}

export class RecordWatch {
  /** By row of the command table. */
  readonly counts = new Float64Array(COMMAND_COUNT);
  commands = 0;
  units = 0;
  annotations = 0;
  firstTimeSec: number | undefined;
  lastTimeSec: number | undefined;
  firstLater: AofLaterTime | undefined;
  /** Offset behind the last unit that is whole, annotations behind it included. */
  border: number;
  readonly table: CommandTable;
  readonly #findings: FindingSink;
  readonly databases: number;
  readonly #untilSec: number;
  #unitOffset = -1;
  #commandsAtUnit = 0;
  // The command that comes in pieces.
  #pieceOffset = 0;
  #pieceCount = 0;
  #name = new Uint8Array(0);
  #inner = new Uint8Array(0);

  /** `border`: where the records begin. */
  constructor(border: number, findings: FindingSink, options: RecordWatchOptions = {}) {
    this.border = border;
    this.table = new CommandTable(options.server);
    this.databases = options.databases ?? 16;
    this.#untilSec = options.untilSec ?? Number.POSITIVE_INFINITY;
    this.#findings = findings;
  }

  get openUnit(): OpenUnit | undefined {
    if (this.#unitOffset === -1) return undefined;
    return { offset: this.#unitOffset, commands: this.commands - this.#commandsAtUnit };
  }

  get isUnitOpen(): boolean {
    return this.#unitOffset !== -1;
  }

  take(event: LogEvent): void {
    switch (event.kind) {
      case "commands":
        this.#batch(event);
        break;
      case "annotation":
        this.#annotation(event.line, event.offset, event.endOffset);
        break;
      case "deviation":
        this.#find("AOF_DEVIATION", event.detail, event.commandOffset, event.offset, event.code);
        break;
      case "command-start":
        this.#pieceOffset = event.offset;
        this.#pieceCount = event.argumentCount;
        this.#name = this.#inner = new Uint8Array(0);
        break;
      case "argument-piece":
        this.#piece(event);
        break;
      case "command-end":
        this.#gathered(event.endOffset);
    }
  }

  /** Commands that a kernel has stepped over, from this offset on. How often each was there stays with the kernel. */
  takeRun(offset: number, endOffset: number, run: CommandRunFacts): void {
    if (run.opened !== undefined) {
      this.#unitOffset = offset + run.opened.bytes;
      this.#commandsAtUnit = this.commands + run.opened.commands;
    } else if (!run.isUnitOpen) this.#unitOffset = -1;
    this.commands += run.commands;
    this.units += run.units;
    if (run.borderBytes !== undefined) this.border = offset + run.borderBytes;
    if (this.#unitOffset === -1) this.border = endOffset;
  }

  #batch(batch: CommandBatch): void {
    const { buffer, count } = batch;
    const table = this.table;
    for (let command = 0; command < count; command++) {
      const start = batch.argumentStart(command, 0);
      const size = batch.argumentSize(command, 0);
      const argumentCount = batch.argumentCount(command);
      const row = size > NAME_BYTES_MAX ? UNKNOWN : table.find(buffer, start, size);
      const isPlain =
        row !== UNKNOWN &&
        row !== MULTI &&
        row !== EXEC &&
        row !== SELECT &&
        table.hasInner[row] === 0 &&
        table.judge(row, argumentCount) === "fine";
      if (isPlain) {
        this.counts[row]++;
        this.commands++;
        continue;
      }
      const offset = batch.offsetOf(command);
      const endOffset = command + 1 < count ? batch.offsetOf(command + 1) : batch.endOffset;
      if (this.#unitOffset === -1) this.border = offset;
      const second = argumentCount > 1 ? batch.argument(command, 1) : undefined;
      this.#command({ offset, endOffset, row, argumentCount, name: batch.argument(command, 0), second });
    }
    if (this.#unitOffset === -1) this.border = batch.endOffset;
  }

  /** Everything that is not the usual command. */
  #command(command: SeenCommand): void {
    const { row, offset, endOffset } = command;
    this.commands++;
    if (row !== UNKNOWN) this.counts[row]++;
    this.#judge(command);
    if (row === MULTI) this.#openUnit(offset);
    else if (row === EXEC) this.#closeUnit(offset);
    else if (row === SELECT) this.#select(command);
    if (this.#unitOffset === -1) this.border = endOffset;
  }

  #openUnit(offset: number): void {
    if (this.#unitOffset !== -1) {
      this.#find("AOF_NESTED_MULTI", "MULTI inside a unit that MULTI began", offset);
      return;
    }
    this.#unitOffset = offset;
    this.#commandsAtUnit = this.commands - 1;
  }

  #closeUnit(offset: number): void {
    if (this.#unitOffset === -1) {
      this.#find("AOF_STRAY_EXEC", "EXEC without MULTI before it", offset);
      return;
    }
    this.units++;
    this.#unitOffset = -1;
  }

  #select({ offset, second }: SeenCommand): void {
    const text = second === undefined ? "" : Buffer.from(second.subarray(0, 20)).toString("latin1");
    if (/^(0|[1-9]\d*)$/.test(text) && Number(text) < this.databases) return;
    const detail = `SELECT ${JSON.stringify(text)}, where there are dbs 0 to ${this.databases - 1}`;
    this.#find("AOF_BAD_SELECT", detail, offset);
  }

  #judge({ row, argumentCount, name, second, offset }: SeenCommand): void {
    const shown = () => Buffer.from(name.subarray(0, 40)).toString("latin1");
    let verdict = this.table.judge(row, argumentCount);
    let inner = "";
    if (verdict !== "unknown" && row !== UNKNOWN && this.table.hasInner[row] === 1 && second !== undefined) {
      inner = ` ${Buffer.from(second.subarray(0, 40)).toString("latin1")}`;
      verdict = this.table.judge(this.#innerRow(name, second), argumentCount);
    }
    if (verdict === "unknown" && isModuleName(name, { start: 0, size: name.length })) {
      this.#find("AOF_MODULE_COMMAND", `${JSON.stringify(shown())} is a command of a module`, offset);
    } else if (verdict === "unknown") {
      this.#find("AOF_UNKNOWN_COMMAND", `${JSON.stringify(shown() + inner)} is no command`, offset);
    } else if (verdict === "wrong-arity") {
      const detail = `${JSON.stringify(shown() + inner)} with ${argumentCount} arguments, its name among them`;
      this.#find("AOF_WRONG_ARITY", detail, offset);
    } else if (verdict === "reads-only") {
      this.#find("AOF_READ_COMMAND", `${JSON.stringify(shown() + inner)} changes nothing`, offset);
    }
  }

  #innerRow(name: Uint8Array, second: Uint8Array): number {
    if (second.length > NAME_BYTES_MAX) return UNKNOWN;
    const both = Buffer.concat([name, second]);
    return this.table.findInner(
      both,
      { start: 0, size: name.length },
      { start: name.length, size: second.length },
    );
  }

  #piece(piece: ArgumentPiece): void {
    if (piece.index > 1 || piece.before > NAME_BYTES_MAX) return;
    if (piece.index === 0) this.#name = Buffer.concat([this.#name, piece.bytes]);
    else this.#inner = Buffer.concat([this.#inner, piece.bytes.subarray(0, NAME_BYTES_MAX + 1)]);
  }

  #gathered(endOffset: number): void {
    const name = this.#name;
    const isName = name.length <= NAME_BYTES_MAX;
    const row = isName ? this.table.find(name, 0, name.length) : UNKNOWN;
    const second = this.#pieceCount > 1 ? this.#inner : undefined;
    const offset = this.#pieceOffset;
    this.#command({ offset, endOffset, row, argumentCount: this.#pieceCount, name, second });
  }

  #annotation(line: Uint8Array, offset: number, endOffset: number): void {
    this.annotations++;
    const text = Buffer.from(line.subarray(0, 40)).toString("latin1");
    const time = /^#TS:(\d{1,15})$/.exec(text)?.[1];
    if (endOffset - offset > SERVER_LINE_BYTES) {
      const detail = `an annotation of ${endOffset - offset} bytes, servers read ${SERVER_LINE_BYTES}`;
      this.#find("AOF_LONG_ANNOTATION", detail, offset);
    } else if (text.startsWith("#HF:")) {
      // Ours: what the backlog of a relay or of a pull that follows says of its records (resync, segment-format.ts).
    } else if (time === undefined) {
      this.#find("AOF_UNKNOWN_ANNOTATION", `an annotation ${JSON.stringify(text)}`, offset);
    } else this.#time(Number(time), offset);
    if (this.#unitOffset === -1) this.border = endOffset;
  }

  #time(timeSec: number, offset: number): void {
    if (this.lastTimeSec !== undefined && timeSec < this.lastTimeSec) {
      this.#find("AOF_TIME_GOES_BACK", `time ${timeSec} behind time ${this.lastTimeSec}`, offset);
    }
    if (timeSec > this.#untilSec && this.firstLater === undefined) {
      const { commands, openUnit } = this;
      this.firstLater = {
        timeSec,
        offset: openUnit?.offset ?? offset,
        commands: commands - (openUnit?.commands ?? 0),
      };
    }
    this.firstTimeSec ??= timeSec;
    this.lastTimeSec = timeSec;
  }

  #find(
    code: AofProblemCode,
    detail: string,
    recordOffset: number,
    offset = recordOffset,
    cause?: string,
  ): void {
    this.#findings.add({
      code,
      detail,
      offset,
      recordOffset,
      recordNumber: this.commands + (code === "AOF_DEVIATION" ? 1 : 0),
      unitOffset: this.#unitOffset === -1 ? recordOffset : this.#unitOffset,
      unitCommands: this.openUnit?.commands ?? 0,
      ...(cause === undefined ? {} : { cause }),
    });
  }
}

interface SeenCommand {
  readonly offset: number;
  readonly endOffset: number;
  readonly row: number;
  readonly argumentCount: number;
  readonly name: Uint8Array;
  readonly second: Uint8Array | undefined;
}
