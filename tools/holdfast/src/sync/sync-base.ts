/** What syncs from files and from servers have in common: the target, the checkpoint in it, and what is counted. */
import { exitCode, Problem, UsageError } from "@holdfast/command-line";
import type { FileOrigin } from "@holdfast/rdb";
import type { ReplicaState } from "@holdfast/resync";
import type { Host } from "../host.ts";
import {
  type Checkpoint,
  checkpointCommand,
  readCheckpoint,
  removeCheckpoint,
  writeCheckpoint,
} from "./checkpoint.ts";
import { type CopyCounts, KeyCopier } from "./copy/key-copier.ts";
import { LeftOutList } from "./left-out-list.ts";
import type { StreamApplierOptions, StreamPlace } from "./stream/command-group.ts";
import { CommandPlanner } from "./stream/plan-command.ts";
import { StreamApplier } from "./stream/stream-applier.ts";
import type { SyncPlan } from "./sync-plan.ts";
import type { SyncReport } from "./sync-report.ts";
import { Target } from "./target/target.ts";

export abstract class SyncBase {
  protected readonly host: Host;
  protected readonly plan: SyncPlan;
  readonly leftOut = new LeftOutList();
  protected readonly counts: CopyCounts = { copiedKeys: 0, skippedKeys: 0 };
  protected commandCount = 0;
  protected state: ReplicaState | undefined;
  #targetVersion = "";
  readonly #startedMs: number;

  constructor(host: Host, plan: SyncPlan) {
    this.host = host;
    this.plan = plan;
    this.#startedMs = host.clock.monotonicMs();
  }

  abstract run(): Promise<void>;

  protected get lag(): { readonly bytes: number; readonly ms: number } {
    return { bytes: 0, ms: 0 };
  }

  get report(): SyncReport {
    const { source, target } = this.plan;
    return {
      source: source.kind === "file" ? source.path : source.access.shown,
      target: target[0].shown,
      targetVersion: this.#targetVersion,
      counts: this.counts,
      commandCount: this.commandCount,
      state: this.state,
      lagBytes: this.lag.bytes,
      lagMs: this.lag.ms,
      leftOut: this.leftOut,
      durationMs: this.host.clock.monotonicMs() - this.#startedMs,
    };
  }

  /** Throws ServerProblem. To be closed. */
  protected async openTarget(): Promise<Target> {
    const { network, clock, signal } = this.host;
    const { target: access, timeoutMs } = this.plan;
    const target = await Target.open({ network, clock, access, timeoutMs, signal });
    this.#targetVersion = target.facts.version;
    return target;
  }

  /** What an earlier run has noted, if it was of this sync. Throws Problem when it was of another, or ended badly. */
  protected async checkpointOf(target: Target): Promise<Checkpoint | undefined> {
    const { checkpointDb, rulesText, onRefused, isRestart } = this.plan;
    if (isRestart) return undefined;
    const checkpoint = await readCheckpoint(target, checkpointDb);
    if (checkpoint === undefined) return undefined;
    if (checkpoint.rules !== rulesText)
      throw new UsageError(
        `${target.facts.shown} has the checkpoint of a sync with other filters or names: ${checkpoint.rules}`,
        { nextStep: "give the same ones, or --restart to copy everything anew" },
      );
    if (checkpoint.trouble !== undefined && onRefused === "stop")
      throw new Problem(
        exitCode.differences,
        `the last run ended at a command that the target refused, others of its transaction were applied: ${checkpoint.trouble}`,
        {
          nextStep:
            "put the key right and give --on-refused skip to go on behind it, or --restart to copy everything anew",
        },
      );
    return checkpoint;
  }

  protected copier(
    target: Target,
    snapshot: { readonly id: string; readonly resumeOffset: number; readonly origin: FileOrigin },
  ): KeyCopier {
    const { rules, onExists, rulesText, checkpointDb } = this.plan;
    const { id, resumeOffset, origin } = snapshot;
    return new KeyCopier({
      target,
      rules,
      onExists,
      leftOut: this.leftOut,
      origin: () => origin,
      resumeOffset,
      counts: this.counts,
      onProgress: (offset) =>
        writeCheckpoint(target, checkpointDb, { phase: "copy", snapshot: id, offset, rules: rulesText }),
    });
  }

  protected applier(
    target: Target,
    options: Pick<StreamApplierOptions, "start" | "slotOffsets"> & {
      readonly checkpoint: (place: StreamPlace) => Checkpoint;
    },
  ): StreamApplier {
    const { rules, onRefused, checkpointDb } = this.plan;
    const onLoss = (loss: {
      readonly kind: string;
      readonly count: number;
      readonly key?: Uint8Array | undefined;
    }) => this.leftOut.add(loss.kind, { isLoss: true, count: loss.count });
    return new StreamApplier({
      target,
      rules,
      leftOut: this.leftOut,
      planner: new CommandPlanner(target.facts, rules, onLoss),
      onRefused,
      checkpointDb,
      ...options,
      checkpoint: (place) => checkpointCommand(options.checkpoint(place)),
    });
  }

  /** A sync that is over needs no checkpoint. */
  protected async forget(target: Target): Promise<void> {
    await removeCheckpoint(target, this.plan.checkpointDb);
  }
}
