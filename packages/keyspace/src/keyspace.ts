/**
 * Databases in memory that a log of commands is applied to, as a server does when it loads the log.
 *
 *   words → row of the table → handler → outcome          between MULTI and EXEC: words → queue, EXEC → all of them
 *
 * The log is authoritative: nothing expires by a clock, chance is never taken, and what a server refuses is refused and counted. What cannot
 * be applied is held in `kept`, in order.
 *
 * Hot: applyRow(), once for every command of a log; `npm run bench -- replay` watches it. Two million commands of all types, 770 MB, take 5 s,
 * and Redis 7.0 a tenth more. What they wait for is memory: putting strings where they stay is a sixth, finding keys a tenth, memory that is touched for
 * the first time a twentieth. Reading is a seventh, the collector a thirtieth. Reading the beginnings of collections ahead, as applyRows() does with
 * keys, gained nothing.
 */
import type { RdbEvent } from "@holdfast/rdb";
import { CommandArguments, type CommandRows } from "./arguments.ts";
import type { CommandContext, CommandRow } from "./commands/command.ts";
import { CommandIndex } from "./commands/command-index.ts";
import { commandRows } from "./commands/table.ts";
import { Databases } from "./databases.ts";
import { KeyspaceError } from "./errors.ts";
import { bytesOf } from "./latin1.ts";
import { FunctionLibraries } from "./libraries.ts";
import {
  type KeptReason,
  kept,
  type Outcome,
  queued,
  Refusal,
  refusal,
  unchanged,
  wrongArity,
} from "./outcome.ts";
import { Snapshot } from "./snapshot.ts";
import { type CommandCounts, CommandStatistics, count } from "./statistics.ts";
import type { HashSeed } from "./store/key-hash.ts";
import { aheadMax } from "./store/key-hashes.ts";
import type { ClaimRules } from "./streams/claim-rules.ts";

export interface KeyspaceOptions {
  /** The time in Unix ms, for commands that state an expiry as a distance: when they arrived. */
  readonly nowMs: () => number;
  /** Databases that SELECT takes: 0 up to, not including, this. Default 2^31: the log knows. */
  readonly dbCount?: number;
  /** Most bytes of commands between MULTI and EXEC. Default 1 GiB. KEYSPACE_UNIT_LIMIT. */
  readonly unitBytesMax?: number;
  /** Most bytes of commands that cannot be applied. Default 256 MiB. KEYSPACE_KEPT_LIMIT. */
  readonly keptBytesMax?: number;
  /** Whose XCLAIM a log of streams holds: servers differ in consumers without pending entries. Default "redis-7.2", for all since. */
  readonly claimRules?: ClaimRules;
  /**
   * Two numbers of 32 bits that nobody who chooses keys can know, so that nobody can choose keys which all meet in the table. Default: fixed ones, for
   * logs that are trusted.
   */
  readonly hashSeed?: HashSeed;
}

/** A command that could not be applied. */
export interface KeptCommand {
  /** The database that was selected. */
  readonly db: number;
  /** In capitals. */
  readonly name: string;
  readonly reason: KeptReason;
  /** All words, owned. */
  readonly words: readonly Uint8Array[];
}

const defaultDbCount = 2 ** 31;
const defaultUnitBytesMax = 2 ** 30;
const defaultKeptBytesMax = 2 ** 28;
const defaultHashSeed: HashSeed = [0x686f6c64, 0x66617374];
/** What a queued command takes beside its bytes, about. */
const queuedCommandBytes = 400;

interface Unit {
  readonly commands: CommandArguments[];
  sizeBytes: number;
}

export class Keyspace {
  readonly statistics = new CommandStatistics();
  readonly #databases: Databases;
  readonly #libraries = new FunctionLibraries();
  readonly #index = new CommandIndex(commandRows);
  readonly #context: CommandContext & { dbNumber: number };
  /** By row: what `statistics` has under its name, once it was met. */
  readonly #rowCounts: (CommandCounts | undefined)[] = commandRows.map(() => undefined);
  readonly #args = new CommandArguments();
  readonly #unitBytesMax: number;
  readonly #keptBytesMax: number;
  readonly #kept: KeptCommand[] = [];
  readonly #carried: RdbEvent[] = [];
  #keptBytes = 0;
  #unit: Unit | undefined;

  constructor(options: KeyspaceOptions) {
    this.#databases = new Databases(options.hashSeed ?? defaultHashSeed);
    this.#unitBytesMax = options.unitBytesMax ?? defaultUnitBytesMax;
    this.#keptBytesMax = options.keptBytesMax ?? defaultKeptBytesMax;
    this.#context = makeContext(this.#databases, this.#libraries, options);
  }

  /** Databases by number: for reading, and for whoever loads into them. */
  get databases(): Databases {
    return this.#databases;
  }

  get libraries(): FunctionLibraries {
    return this.#libraries;
  }

  /** Number of the database that the next command works on. */
  get selectedDb(): number {
    return this.#context.dbNumber;
  }

  /** Commands that could not be applied, in the order in which they came. */
  get kept(): readonly KeptCommand[] {
    return this.#kept;
  }

  /** True between MULTI and EXEC: commands wait, and have not happened. */
  get isInUnit(): boolean {
    return this.#unit !== undefined;
  }

  /** Keys in all databases. */
  get keyCount(): number {
    return this.#databases.used().reduce((sum, [, database]) => sum + database.keyCount, 0);
  }

  /** Applies a command given word by word; nothing of them is kept. Throws KeyspaceError at a limit, and for nothing else. */
  apply(words: readonly Uint8Array[]): Outcome {
    return this.#take(CommandArguments.of(words));
  }

  /** Applies a command of a batch of @holdfast/resp. As apply(), without an object a word. */
  applyRow(rows: CommandRows, command: number): Outcome {
    this.#args.read(rows, command);
    return this.#take(this.#args);
  }

  /** Applies all commands of a batch; faster than one after the other, because their keys are looked for together. */
  applyRows(rows: CommandRows & { readonly count: number }): void {
    const { count } = rows;
    for (let from = 0; from < count; from += aheadMax) {
      const to = Math.min(from + aheadMax, count);
      const { db } = this.#context;
      db.warm(rows, from, to);
      try {
        for (let command = from; command < to; command++) this.applyRow(rows, command);
      } finally {
        db.cool();
      }
    }
  }

  /** Forgets commands since a MULTI that has no EXEC: what a server does at the end of a log. Answers how many. */
  discardUnit(): number {
    const dropped = this.#unit?.commands.length ?? 0;
    this.#unit = undefined;
    return dropped;
  }

  /** The data as it is now, whatever is applied later. Release it when it is saved. */
  freeze(): Snapshot {
    return new Snapshot(this.#databases, this.#libraries, this.#carried.slice());
  }

  /** Holds an event that stands beside the keys of a file, to be saved again. Its bytes are the keyspace's from now on. */
  carry(event: RdbEvent): void {
    this.#carried.push(event);
  }

  #take(args: CommandArguments): Outcome {
    if (args.count === 0) return unchanged;
    const row = this.#index.find(args);
    if (row === undefined) {
      const outcome = this.#transaction(args);
      if (outcome !== undefined) return outcome;
    }
    return this.#unit === undefined ? this.#run(row, args) : this.#queue(this.#unit, args);
  }

  #run(row: CommandRow | undefined, args: CommandArguments): Outcome {
    const name = row?.name ?? args.word(0);
    let outcome: Outcome;
    if (row === undefined) outcome = kept["unknown-command"];
    else if (row.arity >= 0 ? args.count !== row.arity : args.count < -row.arity) outcome = wrongArity(name);
    else outcome = this.#runRow(row, args);
    if (outcome.kind === "kept") this.#keep(name, outcome.reason, args);
    count(row === undefined ? this.statistics.countsOf(name, false) : this.#countsOf(row), outcome);
    return outcome;
  }

  #countsOf(row: CommandRow): CommandCounts {
    let counts = this.#rowCounts[row.index];
    if (counts === undefined) this.#rowCounts[row.index] = counts = this.statistics.countsOf(row.name, true);
    return counts;
  }

  #runRow(row: CommandRow, args: CommandArguments): Outcome {
    try {
      return row.run(this.#context, args);
    } catch (thrown) {
      if (thrown instanceof Refusal) return thrown;
      throw thrown;
    }
  }

  /** MULTI, EXEC and DISCARD; undefined for any other command. */
  #transaction(args: CommandArguments): Outcome | undefined {
    const name = (["MULTI", "EXEC", "DISCARD"] as const).find((known) => args.is(0, known));
    if (name === undefined) return undefined;
    const outcome = args.count === 1 ? this.#transactionStep(name) : wrongArity(name);
    count(this.statistics.countsOf(name, true), outcome.kind === "unit" ? unchanged : outcome);
    return outcome;
  }

  #transactionStep(name: "MULTI" | "EXEC" | "DISCARD"): Outcome {
    const unit = this.#unit;
    if (name === "MULTI") {
      if (unit !== undefined) return refusal.nestedMulti;
      this.#unit = { commands: [], sizeBytes: 0 };
      return unchanged;
    }
    if (unit === undefined) return name === "EXEC" ? refusal.execWithoutMulti : refusal.discardWithoutMulti;
    this.#unit = undefined;
    if (name === "DISCARD") return unchanged;
    const outcomes = unit.commands.map((args) => this.#run(this.#index.find(args), args));
    return { kind: "unit", outcomes };
  }

  #queue(unit: Unit, args: CommandArguments): Outcome {
    const sizeBytes = unit.sizeBytes + args.sizeBytes + queuedCommandBytes;
    if (sizeBytes > this.#unitBytesMax)
      throw new KeyspaceError(
        "KEYSPACE_UNIT_LIMIT",
        `the commands since MULTI take more than ${this.#unitBytesMax} bytes: raise unitBytesMax`,
      );
    unit.commands.push(args.own());
    unit.sizeBytes = sizeBytes;
    return queued;
  }

  #keep(name: string, reason: KeptReason, args: CommandArguments): void {
    this.#keptBytes += args.sizeBytes + queuedCommandBytes;
    if (this.#keptBytes > this.#keptBytesMax)
      throw new KeyspaceError(
        "KEYSPACE_KEPT_LIMIT",
        `commands that cannot be applied take more than ${this.#keptBytesMax} bytes, the last one is ${name}: raise keptBytesMax`,
        { db: this.selectedDb, ...(args.count > 1 ? { key: bytesOf(args.text(1)) } : {}) },
      );
    this.#kept.push({ db: this.selectedDb, name, reason, words: args.own().views() });
  }
}

function makeContext(databases: Databases, libraries: FunctionLibraries, options: KeyspaceOptions) {
  const context = {
    db: databases.at(0),
    dbNumber: 0,
    databases,
    libraries,
    dbNumberMax: (options.dbCount ?? defaultDbCount) - 1,
    nowMs: options.nowMs,
    claimRules: options.claimRules ?? "redis-7.2",
    select(db: number) {
      context.dbNumber = db;
      context.db = databases.at(db);
    },
  };
  return context;
}
