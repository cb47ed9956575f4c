/**
 * Commands to the records of one log file: what servers put around them, so that a loader gets the same result.
 *
 *   #TS:1700000000                       when the second has advanced since the last one in this file, if asked for
 *   *2 $6 SELECT $1 3                    when the db differs from the last one in this file, of which the first is none
 *   *3 $3 SET …                          a unit of one command stands as it is
 *
 *   #TS…  SELECT…  MULTI  …  EXEC        a unit of several; where the db changes, SELECT stands inside
 *
 * A unit goes into one buffer as a whole, so that no write ends inside one. Source: feedAppendOnlyFile and genAofTimestampAnnotationIfNeeded in
 * aof.c of Redis 7.0; where SELECT stands has changed with 7.2, and loaders take both.
 *
 * Hot: command() and encoded(). `npm run bench -- aof-write` watches them.
 */
import { type CommandArgument, commandRoom, encodeCommand, writeCommand } from "@holdfast/resp";
import type { LogQueue } from "./log-queue.ts";

export interface LoggedCommand {
  readonly db: number;
  readonly args: readonly CommandArgument[];
}

const MULTI = encodeCommand(["MULTI"]);
const EXEC = encodeCommand(["EXEC"]);
/** Written here and nowhere else: a stray one would change what all commands behind it mean. By their size. */
const FRAMING_NAMES = ["", "", "", "", "exec", "multi", "select", "discard"];
const LOWER_CASE = 0x20;
const NOTHING = new Uint8Array(0);

export class UnitFramer {
  readonly #queue: LogQueue;
  /** Unix seconds; undefined when there are no annotations. */
  readonly #nowSec: (() => number) | undefined;
  readonly #selects: Uint8Array[] = [];
  /** The db of the last record in this file. */
  #db: number | undefined;
  #annotatedSec = 0;

  constructor(queue: LogQueue, nowSec: (() => number) | undefined) {
    this.#queue = queue;
    this.#nowSec = nowSec;
  }

  /** What comes next may stand at the beginning of another file. */
  restart(): void {
    this.#db = undefined;
    this.#annotatedSec = 0;
  }

  /** Queues one command. */
  command(db: number, args: readonly CommandArgument[]): void {
    refuseFraming(args[0]);
    const roomBytes = commandRoom(args);
    this.#begin(db);
    this.#put(args, roomBytes);
  }

  /** Queues bytes that are commands already. */
  encoded(db: number, bytes: Uint8Array): void {
    this.#begin(db);
    this.#queue.put(bytes);
  }

  /** Queues several commands that belong together; none is nothing, and one is just that. */
  unit(commands: readonly LoggedCommand[]): void {
    if (commands.length === 0) return;
    if (commands.length === 1) {
      this.command(commands[0].db, commands[0].args);
      return;
    }
    for (const { args } of commands) refuseFraming(args[0]);
    let roomBytes = MULTI.length + EXEC.length;
    for (let index = 0; index < commands.length; index++) {
      const { db, args } = commands[index];
      roomBytes += commandRoom(args);
      if (index > 0 && db !== commands[index - 1].db) roomBytes += this.#select(db).length;
    }
    this.#begin(commands[0].db);
    const queue = this.#queue;
    queue.reserve(roomBytes);
    queue.put(MULTI);
    for (const { db, args } of commands) {
      if (db !== this.#db) queue.put(this.#select(db));
      this.#db = db;
      this.#put(args, 0);
    }
    queue.put(EXEC);
  }

  #put(args: readonly CommandArgument[], roomBytes: number): void {
    const queue = this.#queue;
    queue.reserve(roomBytes);
    queue.end = writeCommand(args, queue.buffer, queue.end);
  }

  /** Annotation and SELECT in front of a unit, if it needs them. They may end a block: alone, they mean nothing. */
  #begin(db: number): void {
    if (db === this.#db && this.#nowSec === undefined) return;
    const select = db === this.#db ? NOTHING : this.#select(db);
    if (this.#nowSec !== undefined) this.#annotate(this.#nowSec());
    this.#queue.put(select);
    this.#db = db;
  }

  #annotate(nowSec: number): void {
    if (nowSec <= this.#annotatedSec) return;
    this.#annotatedSec = nowSec;
    this.#queue.put(Buffer.from(`#TS:${nowSec}\r\n`, "latin1"));
  }

  #select(db: number): Uint8Array {
    if (!Number.isInteger(db) || db < 0) throw new RangeError(`no number of a db: ${db}`);
    return (this.#selects[db] ??= encodeCommand(["SELECT", String(db)]));
  }
}

function refuseFraming(name: CommandArgument | undefined): void {
  if (name === undefined) throw new RangeError("a command needs a name");
  const framing = FRAMING_NAMES[name.length];
  if (framing === undefined || framing === "") return;
  for (let index = 0; index < framing.length; index++) {
    const code = typeof name === "string" ? name.charCodeAt(index) : name[index];
    if ((code | LOWER_CASE) !== framing.charCodeAt(index)) return;
  }
  throw new RangeError(
    `${framing.toUpperCase()} is written by the log itself: append the commands as one unit`,
  );
}
