/**
 * A snapshot's keys into a target: batches on their way, answers matched to keys, and how far the copy has come.
 *
 *   events ─▶ key-writer.ts ─▶ batch ─▶ EXISTS of its keys ─▶ batch ─▶ answers        EXISTS only for error and skip
 *                                 └── up to BATCHES_MAX under way, of each node in order
 *
 * Every BARRIER_BYTES of the snapshot everything under way is waited for, and the caller told how far the target has all. A copy that was
 * cut off goes on from there; keys behind it may be in the target already. With "replace" they are written again. With "error" and "skip"
 * a key that exists in that stretch counts as ours when it holds what we would write, and otherwise stops the copy: it may be
 * somebody else's, or half a value of ours, and only its owner can tell.
 */
import { formatKey } from "@holdfast/command-line";
import {
  type CommandLane,
  type KeyHead,
  makeCommandLane,
  type RdbDecoderOptions,
  type RdbEvent,
  type ReadLevel,
} from "@holdfast/rdb";
import { encodeCommand } from "@holdfast/resp";
import type { Pipeline } from "../../servers/pipeline.ts";
import { codeOfAnswer, problemOfAnswer, ServerProblem } from "../../servers/server-problem.ts";
import type { LeftOutList } from "../left-out-list.ts";
import type { Target } from "../target/target.ts";
import { isSameContent } from "../verify/same-content.ts";
import type { BatchKey, CopyBatch } from "./copy-batch.ts";
import { existingKeys } from "./existing-keys.ts";
import { KeyWriter, type KeyWriterOptions } from "./key-writer.ts";

export type OnExists = "error" | "skip" | "replace";

export interface CopyCounts {
  /** Keys that are in the target now because of this run. */
  copiedKeys: number;
  /** Keys that were there before, with --on-exists skip. */
  skippedKeys: number;
}

export interface KeyCopierOptions
  extends Omit<KeyWriterOptions, "nodeCount" | "nodeOfKey" | "commandTarget" | "isReplacing"> {
  readonly target: Target;
  readonly onExists: OnExists;
  readonly leftOut: LeftOutList;
  /** Of an earlier run that was cut off: everything before this offset of the snapshot is in the target. Default 0. */
  readonly resumeOffset: number;
  /** The target has every key before this offset. */
  readonly onProgress: (offset: number) => Promise<void>;
  readonly counts: CopyCounts;
}

const BATCHES_MAX = 8;
const BARRIER_BYTES = 32 << 20;

export class KeyCopier {
  readonly #options: KeyCopierOptions;
  readonly #writer: KeyWriter;
  /** By node: the batch that was sent last. */
  readonly #tails: Promise<void>[];
  /** By node: the key that goes on was there already. */
  readonly #skipsOpenKey: boolean[];
  readonly #underWay = new Set<Promise<void>>();
  /** Databases that the target has. */
  readonly #knownDbs = new Set<number>();
  #failure: { readonly error: unknown } | undefined;
  #endOffset: number;
  #barrierOffset: number;

  constructor(options: KeyCopierOptions) {
    const { target, onExists, resumeOffset } = options;
    this.#options = options;
    this.#writer = new KeyWriter({
      ...options,
      nodeCount: target.nodes.length,
      nodeOfKey: (key) => target.nodeOfKey(key),
      commandTarget: target.facts.commandTarget,
      isReplacing: onExists === "replace",
    });
    this.#tails = target.nodes.map(() => Promise.resolve());
    this.#skipsOpenKey = target.nodes.map(() => false);
    this.#endOffset = this.#barrierOffset = resumeOffset;
  }

  /** How a snapshot has to be decoded for take(): what an earlier run has brought over is stepped over. For one decoder. */
  get decoderOptions(): RdbDecoderOptions & { readonly lane: CommandLane | undefined } {
    return { level: "items", select: (head) => this.#levelOf(head), lane: this.#lane() };
  }

  /** Runs of keys need one node to go to, and names that nobody has to look at. */
  #lane(): CommandLane | undefined {
    const { target, rules, origin, onExists, resumeOffset } = this.#options;
    if (target.nodes.length > 1 || rules.looksAtNames) return undefined;
    return makeCommandLane({
      target: target.facts.commandTarget,
      origin: origin(),
      isReplacing: onExists === "replace",
      leftPrefix: rules.ownPrefix,
      takesDb: (db) => rules.takesDb(db),
      fromOffset: resumeOffset,
    });
  }

  #levelOf(head: KeyHead): ReadLevel | "omit" {
    return head.recordOffset < this.#options.resumeOffset ? "omit" : this.#writer.levelOf(head);
  }

  /** Takes events, borrowed until it resolves. Throws ServerProblem. */
  async take(events: readonly RdbEvent[]): Promise<void> {
    for (const event of events) {
      if (event.kind === "key" || event.kind === "items") {
        if (event.kind === "key") {
          const other = this.#writer.startKey(event);
          if (other !== undefined) await this.#send(other.node, other.batch);
        }
        const ready = this.#writer.write(event);
        if (ready !== undefined) await this.#send(ready.node, ready.batch);
        if (event.last) await this.#endKey(event.endOffset);
      } else if (event.kind === "commands") {
        for (const ready of this.#writer.writeRun(event)) await this.#send(ready.node, ready.batch);
        await this.#endKey(event.endOffset);
      } else if (event.kind === "function") await this.#loadFunction(event.code, event.preGa !== undefined);
      else if (event.kind === "aux") await this.#loadScript(event.name, event.value);
      else if (event.kind === "module-aux") this.#options.leftOut.add("module-aux", { isLoss: true });
    }
  }

  /** Everything is in the target when it resolves. */
  async finish(): Promise<void> {
    await this.#barrier();
  }

  async #endKey(endOffset: number): Promise<void> {
    this.#endOffset = endOffset;
    if (endOffset - this.#barrierOffset >= BARRIER_BYTES) await this.#barrier();
  }

  async #barrier(): Promise<void> {
    for (const { node, batch } of this.#writer.rest()) await this.#send(node, batch);
    await Promise.all(this.#underWay);
    if (this.#failure !== undefined) throw this.#failure.error;
    this.#barrierOffset = this.#endOffset;
    await this.#options.onProgress(this.#endOffset);
  }

  async #send(node: number, batch: CopyBatch): Promise<void> {
    while (this.#underWay.size >= BATCHES_MAX) await Promise.race(this.#underWay);
    if (this.#failure !== undefined) throw this.#failure.error;
    const pipeline = this.#options.target.nodes[node];
    await this.#requireDb(pipeline, batch.db);
    const done =
      this.#options.onExists === "replace"
        ? this.#apply(pipeline, batch)
        : this.#applyWhereMissing(node, pipeline, batch);
    const settled = done
      .then(() => this.#writer.giveBack(batch))
      .catch((error: unknown) => {
        this.#failure ??= { error };
      });
    this.#underWay.add(settled);
    void settled.then(() => this.#underWay.delete(settled));
  }

  /** Asked by itself before the first batch: what stands behind a SELECT that is refused would go into another database. */
  async #requireDb(pipeline: Pipeline, db: number): Promise<void> {
    if (this.#knownDbs.has(db)) return;
    const [refused] = await pipeline.send(encodeCommand(["SELECT", String(db)]), 1);
    if (refused !== undefined) throw this.#refusal(refused.answer, `SELECT ${db}`);
    this.#knownDbs.add(db);
  }

  /** Looked at at once, written in order. */
  async #applyWhereMissing(node: number, pipeline: Pipeline, batch: CopyBatch): Promise<void> {
    const before = this.#tails[node];
    const looking = existingKeys(pipeline, batch, {
      isCluster: this.#options.target.facts.isCluster,
      refusal: (answer) => this.#refusal(answer, "EXISTS"),
    });
    const applying = Promise.all([looking, before]).then(async ([existing]) => {
      const skipped = await this.#judgeExisting(pipeline, batch, existing);
      if (batch.continues && this.#skipsOpenKey[node]) skipped.add(batch.keys[0]);
      this.#skipsOpenKey[node] = batch.isOpen && skipped.has(batch.keys[batch.keyCount - 1]);
      await this.#applyWithout(pipeline, batch, skipped);
    });
    this.#tails[node] = applying.catch(() => {});
    await applying;
  }

  async #applyWithout(pipeline: Pipeline, batch: CopyBatch, skipped: ReadonlySet<BatchKey>): Promise<void> {
    if (skipped.size === 0) return this.#apply(pipeline, batch);
    const rest = batch.withKeys(batch.keys.filter((key) => !skipped.has(key)));
    rest.isOpen = batch.isOpen && !skipped.has(batch.keys[batch.keyCount - 1]);
    if (rest.keyCount > 0) await this.#apply(pipeline, rest);
  }

  /** Throws for "error"; for "skip" says which keys are left as they are. */
  async #judgeExisting(
    pipeline: Pipeline,
    batch: CopyBatch,
    existing: readonly BatchKey[],
  ): Promise<Set<BatchKey>> {
    const { onExists, resumeOffset, counts } = this.#options;
    const mayBeOurs = resumeOffset > 0 && batch.firstOffset < resumeOffset + BARRIER_BYTES;
    for (const key of existing) {
      if (mayBeOurs) {
        if (!(await this.#isOurs(pipeline, batch, key)))
          throw this.#keyExists(key.name, batch.db, "or half of it, from the run that was cut off,");
        counts.copiedKeys++;
      } else if (onExists === "error") throw this.#keyExists(key.name, batch.db, "");
      else counts.skippedKeys++;
    }
    return new Set(existing);
  }

  async #isOurs(pipeline: Pipeline, batch: CopyBatch, key: BatchKey): Promise<boolean> {
    const ours = batch.payloadOf(key);
    if (ours === undefined) return false;
    const select = encodeCommand(["SELECT", String(batch.db)]);
    const dump = encodeCommand(["DUMP", key.name]);
    const [, theirs] = await pipeline.ask(Buffer.concat([select, dump]), 2);
    if (theirs.kind !== "string") return false;
    return isSameContent(ours, theirs.bytes);
  }

  #keyExists(name: Uint8Array, db: number, what: string): ServerProblem {
    const { shown } = this.#options.target.facts;
    return new ServerProblem(
      "SERVER_KEY_EXISTS",
      `${shown} has the key ${formatKey(name, db)} ${what} already`.replace("  ", " "),
    );
  }

  async #apply(pipeline: Pipeline, batch: CopyBatch): Promise<void> {
    const refused = await pipeline.send(batch.buffer.view, batch.commandCount);
    const failed = new Set<BatchKey>();
    for (const { index, answer } of refused) {
      const keys = batch.keysOfCommand(index);
      if (keys.length === 0) throw this.#refusal(answer, `SELECT ${batch.db}`);
      // An MSET is refused as a whole: which of its keys is to blame only they can tell, each by itself.
      if (keys[0].value !== undefined) await this.#apply(pipeline, batch.oneByOne(keys));
      else if (!failed.has(keys[0])) this.#judgeRefusal(batch.db, keys[0], answer);
      for (const key of keys) failed.add(key);
    }
    this.#options.counts.copiedKeys += batch.keyCount - failed.size - (batch.isOpen ? 1 : 0);
  }

  /** A value that the target cannot hold is counted; anything else ends the copy. */
  #judgeRefusal(db: number, { name }: BatchKey, answer: string): void {
    const { onExists, counts, leftOut } = this.#options;
    const code = codeOfAnswer(answer);
    if (code === "SERVER_KEY_EXISTS" && onExists === "skip") counts.skippedKeys++;
    else if (code === "SERVER_PAYLOAD_VERSION" || code === "SERVER_UNKNOWN_COMMAND")
      leftOut.add(`value that the target refuses (${answer})`, { isLoss: true, key: name.slice(), db });
    else throw this.#refusal(answer, `the key ${formatKey(name, db)}`);
  }

  #refusal(answer: string, what: string): ServerProblem {
    const { access } = this.#options.target.nodes[0];
    return problemOfAnswer(answer, { ...access, shown: this.#options.target.facts.shown }, what);
  }

  async #loadFunction(code: Uint8Array, isPreGa: boolean): Promise<void> {
    const { target, leftOut, onExists, resumeOffset } = this.#options;
    if (resumeOffset > 0) return;
    if (isPreGa || !target.facts.commands.has("function")) {
      leftOut.add("function", { isLoss: true });
      return;
    }
    const replace = onExists === "replace" ? ["REPLACE"] : [];
    await this.#everywhere(["FUNCTION", "LOAD", ...replace, code], (answer) => {
      if (onExists !== "skip" || !answer.includes("already exists"))
        throw this.#refusal(answer, "a function");
      this.#options.counts.skippedKeys++;
    });
  }

  async #loadScript(name: Uint8Array, body: Uint8Array): Promise<void> {
    if (this.#options.resumeOffset > 0 || Buffer.from(name).toString("latin1").toLowerCase() !== "lua")
      return;
    await this.#everywhere(["SCRIPT", "LOAD", body], (answer) => {
      throw this.#refusal(answer, "a script");
    });
  }

  async #everywhere(
    words: readonly (string | Uint8Array)[],
    onRefusal: (answer: string) => void,
  ): Promise<void> {
    for (const node of this.#options.target.nodes) {
      const [refused] = await node.send(encodeCommand(words), 1);
      if (refused !== undefined) onRefusal(refused.answer);
    }
  }
}
