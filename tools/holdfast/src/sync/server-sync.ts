/**
 * A running server into a target: two loops with a spool between them.
 *
 *   source ── followPrimary ──▶ spool ──▶ copy, then stream ──▶ target
 *     reconnects by itself         │         begins again from the checkpoint whenever the target was lost
 *     (packages/resync)            └ on disk (spool.ts)
 */
import { createProgress, exitCode, formatDuration, Problem, type Progress } from "@holdfast/command-line";
import { readChunks } from "@holdfast/platform";
import { decodeRdb, type FileOrigin } from "@holdfast/rdb";
import { CommandDecoder } from "@holdfast/resp";
import { backOffMs, followPrimary, type LinkTrouble, type ReplicaState } from "@holdfast/resync";
import { withKeptProblems } from "../kept/problems.ts";
import { isWorthRetrying, linkProblem } from "../pull/link-problem.ts";
import type { ServerAccess } from "../servers/server-access.ts";
import { ServerProblem } from "../servers/server-problem.ts";
import { type Checkpoint, SlotCheckpoints, writeCheckpoint } from "./checkpoint.ts";
import { LagLines } from "./lag-lines.ts";
import { lossProblem } from "./left-out-list.ts";
import { readOrigin } from "./snapshot-origin.ts";
import { Spool, type SpooledSnapshot } from "./spool.ts";
import type { StreamApplier } from "./stream/stream-applier.ts";
import { SyncBase } from "./sync-base.ts";
import type { Target } from "./target/target.ts";

const READ_BYTES = 1 << 20;

export class ServerSync extends SyncBase {
  #spool: Spool | undefined;
  readonly #end = new AbortController();
  /** Ends both loops: by the user, or by what one of them met. */
  readonly #signal = AbortSignal.any([this.host.signal, this.#end.signal]);
  #appliedSinceFailure = false;

  protected override get lag() {
    const spool = this.#spool;
    if (spool === undefined || this.state === undefined) return { bytes: 0, ms: 0 };
    return { bytes: Math.max(0, spool.endOffset - this.state.offset), ms: spool.lagMs };
  }

  run(): Promise<void> {
    return withKeptProblems(() => this.#run());
  }

  async #run(): Promise<void> {
    const spool = await Spool.open(this.host, this.plan.spoolDirectory);
    this.#spool = spool;
    try {
      const first = await this.#begin(spool);
      const following = this.#follow(spool).catch((error: unknown) => {
        if (!this.#end.signal.aborted) this.#end.abort(error);
      });
      try {
        await this.#applyUntilDone(spool, first);
      } finally {
        this.#end.abort(new Error("the sync is over"));
        await following;
      }
      if (this.plan.isOnce) await spool.remove();
    } finally {
      await spool.close();
    }
  }

  /** Makes the spool fit what the target has; throws Problem when it cannot. */
  async #begin(spool: Spool): Promise<Target> {
    const target = await this.openTarget();
    try {
      if (this.plan.isRestart) {
        await this.forget(target);
        await spool.remove();
      }
      const checkpoint = await this.checkpointOf(target);
      if (checkpoint === undefined && spool.snapshot === undefined) await spool.remove();
      else if (checkpoint?.phase === "copy" && spool.snapshot?.id !== checkpoint.snapshot)
        throw new Problem(
          exitCode.gap,
          `a copy into ${target.facts.shown} was cut off, and the snapshot it was made of is not in ${this.plan.spoolDirectory}`,
          {
            nextStep:
              "give the --spool of that run, or --restart --on-exists replace: keys deleted meanwhile stay then",
          },
        );
      else if (checkpoint?.phase === "stream" && !spool.covers(checkpoint.state))
        await spool.startAt(checkpoint.state);
      return target;
    } catch (error) {
      target.close();
      throw error;
    }
  }

  async #follow(spool: Spool): Promise<void> {
    const { network, clock, random } = this.host;
    const { timeoutMs } = this.plan;
    const access = this.#source;
    let failures = 0;
    await followPrimary({
      network,
      clock,
      random,
      address: access.locate ?? (() => access.address),
      tls: access.tls,
      session: { credentials: access.credentials, timeoutMs, resumeFrom: spool.state },
      sink: spool,
      onTrouble: (trouble) => this.#onTrouble(trouble, access, ++failures),
      signal: this.#signal,
    });
  }

  get #source(): ServerAccess {
    const { source } = this.plan;
    if (source.kind !== "server") throw new Error("a server is synced from a server");
    return source.access;
  }

  /** A stream that flowed is looked for again and again; a first connection as often as --retries says. */
  #onTrouble({ error, failures, retryInMs }: LinkTrouble, access: ServerAccess, _count: number): void {
    if (this.plan.isOnce && this.#spool?.snapshot !== undefined) return;
    const problem = linkProblem(error, access.shown, access.credentials);
    const hasData = this.#spool?.state !== undefined;
    if (!isWorthRetrying(error) || (!hasData && failures > this.plan.retriesMax)) this.#end.abort(problem);
    else this.host.writeErr(`holdfast: ${problem.message}; again in ${formatDuration(retryInMs)}\n`);
  }

  async #applyUntilDone(spool: Spool, first: Target): Promise<void> {
    let target: Target | undefined = first;
    for (let failures = 0; ; ) {
      this.#appliedSinceFailure = false;
      try {
        target ??= await this.openTarget();
        await this.#applyOnce(spool, target);
        return;
      } catch (error) {
        this.#signal.throwIfAborted();
        failures = this.#appliedSinceFailure ? 1 : failures + 1;
        if (!isRetriable(error) || failures > this.plan.retriesMax) throw error;
        const fraction = this.host.random.bytes(1)[0] / 256;
        const inMs = backOffMs({ failures, code: "RESYNC_CLOSED" }, fraction);
        this.host.writeErr(`holdfast: ${(error as Error).message}; again in ${formatDuration(inMs)}\n`);
        await this.host.clock.sleep(inMs, this.#signal);
      } finally {
        target?.close();
        target = undefined;
      }
    }
  }

  async #applyOnce(spool: Spool, target: Target): Promise<void> {
    const { isOnce, rulesText, checkpointDb, allowsLoss, isRestart } = this.plan;
    const found = isRestart && !this.#appliedSinceStart ? undefined : await this.checkpointAgain(target);
    if (found?.phase === "stream") return this.#stream(spool, target, found);
    const snapshot = await this.#snapshotOf(spool);
    this.#appliedSinceStart = true;
    await this.#copy(target, snapshot, found?.phase === "copy" ? found.offset : 0);
    this.state = snapshot.state;
    if (isOnce) return this.forget(target);
    if (this.leftOut.hasLoss && !allowsLoss) throw lossProblem();
    const checkpoint = {
      phase: "stream",
      snapshot: snapshot.id,
      state: snapshot.state,
      rules: rulesText,
    } as const;
    await writeCheckpoint(target, checkpointDb, checkpoint);
    await spool.dropSnapshot();
    await this.#stream(spool, target, checkpoint);
  }

  /** With --restart, a checkpoint counts only once this run has begun to write. */
  #appliedSinceStart = false;

  private async checkpointAgain(target: Target): Promise<Checkpoint | undefined> {
    return this.checkpointOf(target);
  }

  async #snapshotOf(spool: Spool): Promise<SpooledSnapshot> {
    let progress: Progress | undefined;
    try {
      for (;;) {
        this.#signal.throwIfAborted();
        if (spool.snapshot !== undefined) return spool.snapshot;
        progress ??= this.#progress(spool.snapshotSizeBytes);
        progress.update(spool.receivedSnapshotBytes);
        await this.#soon(spool.changed());
      }
    } finally {
      progress?.end();
    }
  }

  async #copy(target: Target, snapshot: SpooledSnapshot, resumeOffset: number): Promise<void> {
    const { files } = this.host;
    const origin = (await readOrigin(files, snapshot.path)) ?? NO_ORIGIN;
    const copier = this.copier(target, { id: snapshot.id, resumeOffset, origin });
    const file = await files.open(snapshot.path, "read");
    const progress = this.#progress(await file.size());
    try {
      // Its checksum was compared when it came.
      const options = { ...copier.decoderOptions, verifyChecksum: false, path: snapshot.path };
      const chunks = readChunks(file, { signal: this.#signal, into: options.lane?.slots });
      let endOffset = 0;
      for await (const events of decodeRdb(chunks, options)) {
        await copier.take(events);
        this.#appliedSinceFailure = true;
        for (const event of events) if ("endOffset" in event) endOffset = event.endOffset;
        progress.update(endOffset, this.counts.copiedKeys);
      }
      await copier.finish();
    } finally {
      progress.end();
      await file.close();
    }
  }

  async #stream(
    spool: Spool,
    target: Target,
    from: Checkpoint & { readonly phase: "stream" },
  ): Promise<void> {
    const { history } = from.state;
    const slotOffsets = target.facts.isCluster
      ? await new SlotCheckpoints().read(target)
      : new Map<number, number>();
    let state = from.state;
    const stateAt = (offset: number, db: number | undefined): ReplicaState => ({
      history: spool.state?.history ?? history,
      offset,
      db,
    });
    const applier = this.applier(target, {
      start: from.state,
      slotOffsets,
      checkpoint: ({ offset, db, trouble }) => {
        state = stateAt(offset, db);
        return { phase: "stream", snapshot: from.snapshot, state, rules: this.plan.rulesText, trouble };
      },
    });
    this.state = state;
    spool.applied(state.offset);
    const before = this.commandCount;
    const note = () => {
      this.commandCount = before + applier.commandCount;
      if (applier.appliedOffset === this.state?.offset) return;
      this.#appliedSinceFailure = true;
      this.state = { ...stateAt(applier.appliedOffset, undefined) };
      spool.applied(applier.appliedOffset);
    };
    try {
      await this.#pump(spool, applier, { offset: from.state.offset, note });
    } finally {
      note();
    }
  }

  /** Never ends by itself: with the signal's reason, when everything that is whole has been applied. */
  async #pump(
    spool: Spool,
    applier: StreamApplier,
    { offset, note }: { readonly offset: number; readonly note: () => void },
  ): Promise<never> {
    const decoder = new CommandDecoder({ start: offset });
    const lines = new LagLines(this.host, this.plan.progress);
    for (let at = offset; ; ) {
      const more = spool.changed();
      const bytes = this.#signal.aborted ? undefined : await spool.read(at, READ_BYTES);
      if (bytes === undefined) {
        await applier.settle();
        note();
        lines.update(this.lag, this.commandCount);
        this.#signal.throwIfAborted();
        await this.#soon(more);
        continue;
      }
      at += bytes.length;
      decoder.push(bytes);
      for (let found = decoder.next(); found !== undefined; found = decoder.next()) {
        if (found.kind !== "commands") continue;
        const commands = found;
        const endOf = (command: number) =>
          command + 1 < commands.count ? commands.offsetOf(command + 1) : commands.endOffset;
        await applier.take(commands, endOf);
      }
      note();
      lines.update(this.lag, this.commandCount);
    }
  }

  /** Waits for it, but not long: progress is told, and the end is noticed. */
  async #soon(something: Promise<void>): Promise<void> {
    const waiting = new AbortController();
    const signal = AbortSignal.any([waiting.signal, this.#signal]);
    const pause = this.host.clock.sleep(PAUSE_MS, signal).catch(() => {});
    await Promise.race([something, pause]);
    waiting.abort();
  }

  #progress(totalBytes: number | undefined): Progress {
    const { clock, writeErr, stderrScreen } = this.host;
    return createProgress(this.plan.progress, stderrScreen.isTerminal, {
      program: "holdfast",
      clock,
      write: writeErr,
      totalBytes,
    });
  }
}

/** Of a file that is none: the decoder says so. */
const NO_ORIGIN: FileOrigin = { dialect: "redis", version: 1 };
const PAUSE_MS = 250;

function isRetriable(error: unknown): boolean {
  if (!(error instanceof ServerProblem)) return false;
  return (
    error.code === "SERVER_UNREACHABLE" || error.code === "SERVER_NOT_READY" || error.code === "SERVER_MOVED"
  );
}
