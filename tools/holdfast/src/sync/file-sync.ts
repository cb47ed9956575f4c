/** A file into a target: its keys, and of an append-only file the commands behind them. */
import { createProgress, type Progress } from "@holdfast/command-line";
import { replicationIdOf } from "@holdfast/resync";
import type { Checkpoint } from "./checkpoint.ts";
import type { KeyCopier } from "./copy/key-copier.ts";
import { type FileSource, openFileSource } from "./file-source.ts";
import type { StreamApplier } from "./stream/stream-applier.ts";
import { SyncBase } from "./sync-base.ts";
import type { Target } from "./target/target.ts";

export class FileSync extends SyncBase {
  async run(): Promise<void> {
    const { source } = this.plan;
    if (source.kind !== "file") throw new Error("a file is synced from a file");
    const file = await openFileSource(this.host, source.path);
    const target = await this.openTarget();
    try {
      await this.#apply(target, file, await this.checkpointOf(target));
      await this.forget(target);
    } finally {
      target.close();
    }
  }

  async #apply(target: Target, file: FileSource, found: Checkpoint | undefined): Promise<void> {
    // A checkpoint of another file, or of a server, is none of ours to go on from.
    const earlier = found?.snapshot === file.id ? found : undefined;
    const resumeOffset =
      earlier === undefined ? 0 : earlier.phase === "copy" ? earlier.offset : Number.MAX_SAFE_INTEGER;
    const copier = this.copier(target, { id: file.id, resumeOffset, origin: file.origin });
    const startCommand = earlier?.phase === "stream" ? earlier.state.offset : 0;
    const progress = this.#progress(file);
    let applier: StreamApplier | undefined;
    let ordinal = 0;
    try {
      for await (const feed of file.feed(copier.decoderOptions)) {
        if (feed.kind === "events") {
          await copier.take(feed.events);
          progress.update(endOf(feed.events) ?? 0, this.counts.copiedKeys);
          continue;
        }
        applier ??= await this.#startCommands(target, copier, { id: file.id, startCommand, earlier });
        const first = ordinal;
        ordinal += feed.commands.count;
        await applier.take(feed.commands, (command) => first + command + 1);
      }
      if (applier === undefined) await copier.finish();
      else await applier.settle();
    } finally {
      progress.end();
      this.commandCount = applier?.commandCount ?? 0;
    }
  }

  async #startCommands(
    target: Target,
    copier: KeyCopier,
    {
      id,
      startCommand,
      earlier,
    }: { readonly id: string; readonly startCommand: number; readonly earlier: Checkpoint | undefined },
  ): Promise<StreamApplier> {
    if (earlier?.phase !== "stream") await copier.finish();
    const history = { replid: replicationIdOf(this.host.random.bytes(20)), previous: [] };
    return this.applier(target, {
      start: { offset: startCommand, db: undefined },
      slotOffsets: new Map(),
      checkpoint: ({ offset, db, trouble }) => ({
        phase: "stream",
        snapshot: id,
        state: { history, offset, db },
        rules: this.plan.rulesText,
        trouble,
      }),
    });
  }

  #progress(file: FileSource): Progress {
    const { clock, writeErr, stderrScreen } = this.host;
    return createProgress(this.plan.progress, stderrScreen.isTerminal, {
      program: "holdfast",
      clock,
      write: writeErr,
      totalBytes: file.sizeBytes,
    });
  }
}

function endOf(
  events: readonly { readonly kind: string; readonly endOffset?: number }[],
): number | undefined {
  return events.findLast(({ endOffset }) => endOffset !== undefined)?.endOffset;
}
