/**
 * A stream of commands into a target, exactly once: what is applied and how far we are change in one transaction.
 *
 *   units ─▶ plan-command.ts ─▶ batch │ MULTI  …commands of whole units…  HSET holdfast:checkpoint …  EXEC │ ─▶ answers
 *
 * One batch is under way while the next one is being put together; a batch that was refused leaves the checkpoint where it was. A unit, MULTI to
 * EXEC of the source, is never divided between batches. In a cluster each slot has its own transaction (checkpoint.ts), so there a unit
 * is kept together slot by slot.
 */
import { exitCode, formatKey, Problem } from "@holdfast/command-line";
import type { CommandBatch } from "@holdfast/resp";
import { codeOfAnswer, problemOfAnswer, ServerProblem } from "../../servers/server-problem.ts";
import type { StreamApplierOptions, StreamPlace, Transactions } from "./command-group.ts";
import { SlotTransactions } from "./slot-transactions.ts";
import { SingleTransaction } from "./transactions.ts";

/** A batch goes out with so much in it, or when no more is at hand. */
const BATCH_BYTES = 512 << 10;
const BATCH_COMMANDS = 4096;

export class StreamApplier {
  readonly #options: StreamApplierOptions;
  readonly #canCopy: boolean;
  #batch: Transactions;
  #db: number | undefined;
  #offset: number;
  /** Selected behind the last whole unit. */
  #borderDb: number | undefined;
  #isInTransaction = false;
  #isInUnit = false;
  #underWay: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;
  #applied: StreamPlace;
  /** Commands that were applied, of all. */
  commandCount = 0;

  constructor(options: StreamApplierOptions) {
    const { start, rules, target } = options;
    this.#options = options;
    this.#db = this.#borderDb = start.db;
    this.#offset = start.offset;
    this.#applied = { ...start, trouble: undefined };
    this.#canCopy = rules.isOpen && rules.dbOf(-1) === -1 && !target.facts.isCluster;
    this.#batch = this.#newBatch();
  }

  /** Everything before it is in the target. */
  get appliedOffset(): number {
    return this.#applied.offset;
  }

  /** Takes commands, which are copied. `endOf` is the place behind a command. Throws Problem. */
  async take(commands: CommandBatch, endOf: (command: number) => number): Promise<void> {
    const { offset: startOffset } = this.#options.start;
    for (let command = 0; command < commands.count; command++) {
      if (endOf(command) <= startOffset) {
        this.#passOver(commands, command);
        continue;
      }
      if (this.#options.target.facts.isCluster && nameOf(commands, command).startsWith("flush"))
        await this.#settleBefore();
      this.#look(commands, command, endOf(command));
      // Behind it nothing counts: the next run begins with the unit that could not be passed on.
      if (this.#problem !== undefined) return this.#stop();
      if (this.#isInTransaction) continue;
      this.#isInUnit = false;
      this.#offset = endOf(command);
      this.#borderDb = this.#db;
      if (this.#batch.sizeBytes >= BATCH_BYTES || this.#batch.commandCount >= BATCH_COMMANDS)
        await this.#flush();
    }
  }

  /** What waits goes out; resolves when everything up to the last whole unit is applied. */
  async settle(): Promise<void> {
    if (!this.#isInTransaction && this.#offset > this.#applied.offset) await this.#flush();
    await this.#underWay;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** In a cluster, what empties a node stands alone in its batch. */
  async #settleBefore(): Promise<void> {
    if (!this.#isInTransaction) await this.settle();
  }

  #problem: Problem | undefined;

  /** What came before the problem is applied first. */
  async #stop(): Promise<never> {
    await this.#flush();
    await this.#underWay;
    if (this.#failure !== undefined) throw this.#failure.error;
    throw this.#problem!;
  }

  /** The target has it; which db is selected counts all the same. */
  #passOver(commands: CommandBatch, command: number): void {
    if (nameOf(commands, command) === "select") this.#select(commands, command);
  }

  #select(commands: CommandBatch, command: number): void {
    this.#db = Number(Buffer.from(commands.argument(command, 1)).toString("latin1"));
  }

  #look(commands: CommandBatch, command: number, endOffset: number): void {
    const name = nameOf(commands, command);
    if (name === "select") this.#select(commands, command);
    else if (name === "multi") {
      this.#isInTransaction = true;
      this.#beginUnit();
    } else if (name === "exec") this.#isInTransaction = false;
    else {
      this.#beginUnit();
      this.#pass(name, commands.args(command), endOffset);
    }
  }

  #beginUnit(): void {
    if (this.#isInUnit) return;
    this.#isInUnit = true;
    this.#batch.beginUnit();
  }

  #pass(name: string, words: readonly Uint8Array[], endOffset: number): void {
    const { planner, rules, leftOut } = this.#options;
    const db = this.#db ?? 0;
    if (this.#canCopy && plainCommands.has(name) && !rules.isOwn(words[1])) {
      this.#batch.add({ db, words, keys: [words[1]] }, endOffset, name);
      return;
    }
    const plan = planner.plan(name, words, db);
    if (plan.kind === "send") for (const each of plan.commands) this.#batch.add(each, endOffset, name);
    else if (plan.kind === "problem") this.#cannotPass(name, plan.detail, plan.code, words);
    else if (plan.why === "the source's own checkpoint") leftOut.add(plan.why, { isLoss: false });
  }

  #cannotPass(name: string, detail: string, code: string, words: readonly Uint8Array[]): void {
    const { leftOut, onRefused } = this.#options;
    if (onRefused === "skip") {
      leftOut.add(`command ${name.toUpperCase()} (${code})`, {
        isLoss: true,
        key: words[1]?.slice(),
        db: this.#db ?? 0,
      });
      return;
    }
    this.#batch.cutUnit();
    const where = `at offset ${this.#offset} of the stream`;
    this.#problem =
      code === "unknown-command"
        ? new ServerProblem("SERVER_UNKNOWN_COMMAND", `${detail} (${where})`, {
            nextStep:
              "give a target that is not older than the source, or --on-refused skip to count such commands",
          })
        : new Problem(exitCode.unsupported, `${detail} (${where})`, {
            nextStep:
              "choose filters and names that keep these keys together, or --on-refused skip to count such commands",
          });
  }

  async #flush(): Promise<void> {
    await this.#underWay;
    if (this.#failure !== undefined) throw this.#failure.error;
    const batch = this.#batch;
    const place = { offset: this.#offset, db: this.#borderDb, trouble: undefined };
    if (place.offset === this.#applied.offset) return;
    this.#batch = this.#newBatch();
    this.#underWay = this.#send(batch, place).catch((error: unknown) => {
      this.#failure ??= { error };
    });
  }

  async #send(batch: Transactions, place: StreamPlace): Promise<void> {
    const { onRefused, leftOut, target } = this.#options;
    const refused = await batch.send(place);
    this.#applied = place;
    this.commandCount += batch.commandCount;
    for (const { answer, words, key, db } of refused) {
      if (onRefused === "skip")
        leftOut.add(`command ${words} (${codeOfAnswer(answer)})`, { isLoss: true, key, db });
    }
    if (onRefused === "skip" || refused.length === 0) return;
    const [{ answer, words, key, db }] = refused;
    const what = `${words}${key === undefined ? "" : ` of the key ${formatKey(key, db)}`}`;
    const problem = problemOfAnswer(answer, { ...target.nodes[0].access, shown: target.facts.shown }, what);
    // Others of its transaction were applied: the next run must hear of it.
    await this.#newBatch().send({ ...place, trouble: `${what}: ${answer}` });
    throw problem;
  }

  #newBatch(): Transactions {
    const options = { ...this.#options, appliedPlace: () => this.#applied };
    return this.#options.target.facts.isCluster
      ? new SlotTransactions(options)
      : new SingleTransaction(options);
  }
}

/** Commands on one key that every target takes as they are: nothing has to be decided. */
const plainCommands: ReadonlySet<string> = new Set(
  (
    "append decr decrby del expire expireat getset hdel hincrby hincrbyfloat hmset hset hsetnx incr incrby " +
    "incrbyfloat linsert lpop lpush lpushx lrem lset ltrim persist pexpire pexpireat pfadd psetex rpop rpush rpushx sadd " +
    "setbit setex setnx setrange spop srem unlink xack xadd xclaim xdel xtrim zadd zincrby zpopmax zpopmin zrem " +
    "zremrangebylex zremrangebyrank zremrangebyscore"
  ).split(" "),
);

function nameOf(commands: CommandBatch, command: number): string {
  const { buffer } = commands;
  const start = commands.argumentStart(command, 0);
  const size = Math.min(commands.argumentSize(command, 0), NAME_BYTES_MAX);
  let name = "";
  for (let at = start; at < start + size; at++) {
    const byte = buffer[at];
    name += String.fromCharCode(byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte);
  }
  return name;
}

/** Far above any command of a server or module. */
const NAME_BYTES_MAX = 128;
