/**
 * What the transactions of a batch have in common: the commands of one of them, what they are given, and what EXEC said.
 */
import { exitCode, formatKey, Problem } from "@holdfast/command-line";
import type { Reply } from "@holdfast/resp";
import { problemOfAnswer } from "../../servers/server-problem.ts";
import type { KeyRules } from "../key-rules.ts";
import type { LeftOutList } from "../left-out-list.ts";
import { CommandBuffer } from "../target/command-buffer.ts";
import type { Target } from "../target/target.ts";
import type { CommandPlanner, PlannedCommand } from "./plan-command.ts";

export interface StreamApplierOptions {
  readonly target: Target;
  readonly planner: CommandPlanner;
  readonly rules: KeyRules;
  readonly leftOut: LeftOutList;
  /** What becomes of commands that cannot be passed on: "skip" counts and names them. */
  readonly onRefused: "stop" | "skip";
  /** Where the stream begins; `offset` counts what the source counts in: bytes, or commands of a file. */
  readonly start: { readonly offset: number; readonly db: number | undefined };
  /** The words that set the checkpoint. */
  readonly checkpoint: (place: StreamPlace) => readonly string[];
  readonly checkpointDb: number;
  /** In a cluster: slots that are ahead of `start`. */
  readonly slotOffsets: ReadonlyMap<number, number>;
}

/** What the transactions of a batch are given. */
export interface TransactionOptions extends StreamApplierOptions {
  /** Behind what is applied by now. */
  readonly appliedPlace: () => StreamPlace;
}

/** Behind whole units. */
export interface StreamPlace {
  readonly offset: number;
  readonly db: number | undefined;
  readonly trouble: string | undefined;
}

/** The transactions of one batch: one, or one a slot. */
export interface Transactions {
  readonly sizeBytes: number;
  readonly commandCount: number;
  add(command: PlannedCommand, endOffset: number, name: string): void;
  /** A unit begins; what is added from here on can be taken back. */
  beginUnit(): void;
  cutUnit(): void;
  /** Sends everything and resolves when it is applied, with the commands that were refused inside. */
  send(place: StreamPlace): Promise<readonly RefusedInside[]>;
}

export interface RefusedInside {
  readonly answer: string;
  readonly words: string;
  readonly key: Uint8Array | undefined;
  readonly db: number;
}

/** Commands of one transaction, with what is needed to say which of them was refused. */
export class CommandGroup {
  readonly buffer = new CommandBuffer();
  readonly #names: string[] = [];
  readonly #keys: (Uint8Array | undefined)[] = [];
  readonly #dbs: number[] = [];
  #db: number | undefined;
  #marked = { size: 0, count: 0, db: undefined as number | undefined };

  /** Commands, SELECT included. */
  get count(): number {
    return this.#names.length;
  }

  add({ db, words, keys }: PlannedCommand, name: string): void {
    if (db !== this.#db) {
      this.#db = db;
      this.#note("SELECT", undefined, db);
      this.buffer.command(["SELECT", String(db)]);
    }
    this.#note(name.toUpperCase(), keys[0], db);
    this.buffer.command(words);
  }

  mark(): void {
    this.#marked = { size: this.buffer.size, count: this.count, db: this.#db };
  }

  cutToMark(): void {
    const { size, count, db } = this.#marked;
    this.buffer.cutTo(size);
    this.#db = db;
    this.#names.length = this.#keys.length = this.#dbs.length = count;
  }

  /** What a command was, for messages. */
  describe(index: number): Omit<RefusedInside, "answer"> {
    return {
      words: this.#names[index] ?? "the checkpoint",
      key: this.#keys[index],
      db: this.#dbs[index] ?? 0,
    };
  }

  /** Keys are borrowed until the batch was read: a copy of each is what names it later. */
  #note(name: string, key: Uint8Array | undefined, db: number): void {
    this.#names.push(name);
    this.#keys.push(key === undefined ? undefined : key.slice(0, KEY_BYTES_MAX));
    this.#dbs.push(db);
  }
}

/** More of a key is not shown in any message. */
const KEY_BYTES_MAX = 256;

/** The text of an error reply. */
export function answerOf(reply: Reply): string | undefined {
  return reply.kind === "error" ? Buffer.from(reply.bytes).toString("latin1") : undefined;
}

/** What EXEC said: the errors of the commands inside. Throws when the transaction was not run. */
export function refusedInside(
  group: CommandGroup,
  queued: readonly { readonly index: number; readonly answer: string }[],
  exec: Reply,
  options: StreamApplierOptions,
): RefusedInside[] {
  const { target } = options;
  const server = { ...target.nodes[0].access, shown: target.facts.shown };
  if (exec.kind === "error") {
    const [first] = queued;
    // The first answer is that of MULTI.
    const at = first === undefined ? undefined : group.describe(first.index - 1);
    throw problemOfAnswer(
      first?.answer ?? answerOf(exec)!,
      server,
      at === undefined
        ? "a transaction"
        : `${at.words}${at.key === undefined ? "" : ` of the key ${formatKey(at.key, at.db)}`}`,
    );
  }
  if (exec.kind !== "array")
    throw new Problem(exitCode.bug, "EXEC was answered with something else than an array");
  return exec.items.flatMap((item, index) => {
    const answer = answerOf(item);
    return answer === undefined ? [] : [{ answer, ...group.describe(index) }];
  });
}
