/**
 * `holdfast pull --follow DIR`: a full resync and then the stream, kept as an append-only directory that servers load. A run that was stopped,
 * in whatever way, goes on where it ended when it is started again.
 */
import {
  exitCode,
  formatCount,
  formatDuration,
  formatSize,
  type Problem,
  parseCount,
  parseDuration,
  refuseExisting,
  UsageError,
} from "@holdfast/command-line";
import { readChunks, replaceFile } from "@holdfast/platform";
import type { LinkTrouble, ReplicaState, SnapshotFacts } from "@holdfast/resync";
import type { Host } from "../host.ts";
import { followInto } from "../kept/follow-into.ts";
import { FollowProgress } from "../kept/follow-progress.ts";
import { KeptDirectory } from "../kept/kept-directory.ts";
import type { KeptSinkHears } from "../kept/kept-sink.ts";
import { lockDirectory } from "../kept/lock-directory.ts";
import { withKeptProblems } from "../kept/problems.ts";
import { parseServerPlace } from "../servers/read-access.ts";
import { parseTimeout } from "../timeouts.ts";
import type { PullCommandOptions } from "./pull-options.ts";
import type { PullSource } from "./pull-snapshot.ts";
import { parseNewBaseAfter, sourceOf } from "./pull-source.ts";

export interface FollowCommandOptions extends PullCommandOptions {
  readonly follow: string;
}

export async function runFollow(host: Host, text: string, options: FollowCommandOptions): Promise<number> {
  const limits = limitsOf(options);
  const source = await sourceOf(host, parseServerPlace(text), options, limits.timeoutMs);
  const overwrite = options.force === true;
  if (options.output !== undefined) await refuseExisting(host.files, options.output, overwrite);
  const unlock = await lockDirectory(host.network, options.follow);
  try {
    const { files, clock } = host;
    const follow = await withKeptProblems(async () => {
      const opened = await KeptDirectory.open({
        ...{ files, clock, directory: options.follow, keepBytes: 0 },
        onDamage: (error) => host.writeErr(`holdfast: ${error.message}\n`),
      });
      for (const { path, reason } of opened.unusable)
        host.writeErr(`holdfast: ${path} cannot be used (${reason}) and is left as it is\n`);
      if (opened.tornBytes > 0)
        host.writeErr(`holdfast: ${opened.tornBytes} unfinished bytes at the end were cut off\n`);
      const follow = new Follow(host, source, opened.kept, { ...options, ...limits });
      await follow.run();
      return follow;
    });
    await host.writeOut(Buffer.from(`${follow.answerText()}\n`, "utf8"));
  } finally {
    await unlock();
  }
  return exitCode.ok;
}

interface Limits {
  readonly timeoutMs: number;
  readonly retriesMax: number;
  readonly newBaseAfterBytes: number;
  readonly forMs: number | undefined;
  readonly untilByte: number | undefined;
}

function limitsOf(options: FollowCommandOptions): Limits {
  if (options.output === "-")
    throw new UsageError("--follow and -o - do not go together: what follows is written to the directory", {
      nextStep: "give -o FILE, or leave it out",
    });
  const forMs = options.for === undefined ? undefined : parseDuration(options.for);
  if (options.for !== undefined && forMs === undefined)
    throw new UsageError(`--for wants a duration such as 90s or 12h, not "${options.for}"`);
  return {
    timeoutMs: parseTimeout("--timeout", options.timeout),
    retriesMax: parseCount("--retries", options.retries),
    newBaseAfterBytes: parseNewBaseAfter(options.newBaseAfter),
    forMs,
    untilByte:
      options.untilOffset === undefined ? undefined : parseCount("--until-offset", options.untilOffset),
  };
}

/** One run, and what it did. */
class Follow implements KeptSinkHears {
  readonly #host: Host;
  readonly #source: PullSource;
  readonly #kept: KeptDirectory;
  readonly #options: FollowCommandOptions & Limits;
  readonly #progress: FollowProgress;
  readonly #done = new AbortController();
  readonly #resumedFrom: number | undefined;
  /** The server has said that what is kept is its own: before that, offsets of two histories would be compared. */
  #isLinked = false;
  #fullResyncs = 0;
  #breaks = 0;
  #facts: SnapshotFacts | undefined;
  /** The copy that -o asks for. */
  #copying: Promise<void> | undefined;
  #state: ReplicaState | undefined;

  constructor(host: Host, source: PullSource, kept: KeptDirectory, options: FollowCommandOptions & Limits) {
    this.#host = host;
    this.#source = source;
    this.#kept = kept;
    this.#options = options;
    this.#progress = new FollowProgress(host, options.progress, kept);
    this.#state = kept.state;
    this.#resumedFrom = kept.state?.offset;
  }

  /** Resolves when it has what it was for; rejects with the problem, or the host's signal's reason. */
  async run(): Promise<void> {
    const { network, clock, random, signal } = this.#host;
    const { forMs, timeoutMs, retriesMax, allowNoChecksum } = this.#options;
    if (forMs !== undefined)
      clock.sleep(forMs, this.#done.signal).then(
        () => this.#done.abort(),
        () => {},
      );
    void this.#progress.run(AbortSignal.any([signal, this.#done.signal]));
    this.#copySoon();
    try {
      await followInto({
        ...{ network, clock, random, timeoutMs, retriesMax },
        source: this.#source,
        kept: this.#kept,
        hears: this,
        allowNoChecksum: allowNoChecksum === true,
        newBaseAfterBytes: this.#options.newBaseAfterBytes,
        tell: (text) => this.#tell(text),
        neverGivesUp: false,
        onTrouble: (problem, trouble) => this.#tellTrouble(problem, trouble),
        signal: AbortSignal.any([signal, this.#done.signal]),
      });
    } catch (error) {
      if (error !== this.#done.signal.reason) throw error;
    } finally {
      const hasEnded = !this.#done.signal.aborted;
      this.#done.abort();
      this.#progress.clear();
      if (hasEnded && this.#kept.base !== undefined) this.#tell(`${this.#where()}; run it again to go on`);
    }
    await this.#copying;
  }

  snapshotStarted(totalBytes: number | undefined): void {
    this.#progress.snapshotStarted(totalBytes);
  }

  snapshotGrew(bytes: number): void {
    this.#progress.snapshotGrew(bytes);
  }

  replaced(state: ReplicaState, facts: SnapshotFacts): void {
    this.#progress.clear();
    this.#fullResyncs++;
    this.#isLinked = true;
    this.#state = state;
    this.#facts = facts;
    const size = `${formatSize(facts.sizeBytes)}, ${formatCount(facts.keyCount)} keys`;
    this.#tell(`${this.#options.follow}: a new base at offset ${state.offset}, ${size}`);
    this.#copySoon();
    this.synced();
  }

  continued(state: ReplicaState): void {
    this.#state = state;
    this.#isLinked = true;
    this.#tell(`${this.#options.follow}: goes on at offset ${state.offset} of ${state.history.replid}`);
    this.synced();
  }

  streamed(sizeBytes: number, state: ReplicaState): void {
    this.#state = state;
    this.#progress.streamed(sizeBytes);
  }

  synced(): void {
    this.#progress.synced();
    const { untilByte } = this.#options;
    if (untilByte !== undefined && this.#isLinked && this.#kept.syncedOffset >= untilByte) this.#done.abort();
  }

  answerText(): string {
    return this.#options.json === true ? JSON.stringify(this.#document(), null, 2) : this.#where();
  }

  #where(): string {
    const { base, syncedOffset } = this.#kept;
    const name = this.#options.follow;
    if (base === undefined) return `${name}: nothing was pulled yet`;
    const stream = `${formatSize(syncedOffset - base.offset)} of stream to offset ${syncedOffset}`;
    return `${name}: a base of ${formatSize(base.sizeBytes)} at offset ${base.offset}, ${stream} of ${this.#state?.history.replid}`;
  }

  #document(): object {
    const { base, syncedOffset } = this.#kept;
    return {
      format: "holdfast-follow",
      version: 1,
      directory: this.#options.follow,
      source: this.#source.shown,
      replid: this.#state?.history.replid ?? null,
      offset: syncedOffset,
      base: base === undefined ? null : { name: base.name, offset: base.offset, sizeBytes: base.sizeBytes },
      resumedFrom: this.#resumedFrom ?? null,
      streamBytes: this.#progress.streamBytes,
      fullResyncs: this.#fullResyncs,
      brokenLinks: this.#breaks,
      checksum: this.#facts?.checksum ?? null,
    };
  }

  #tell(text: string): void {
    this.#progress.clear();
    this.#host.writeErr(`holdfast: ${text}\n`);
  }

  #tellTrouble(problem: Problem, { error, retryInMs, resumeFrom }: LinkTrouble): void {
    this.#breaks++;
    const everything =
      error.code === "RESYNC_BAD_STREAM" && resumeFrom === undefined
        ? " (nothing of it was kept; everything is asked for)"
        : "";
    this.#tell(`${problem.message}${everything}; again in ${formatDuration(retryInMs)}`);
  }

  /** Once a run: the base that it begins with. */
  #copySoon(): void {
    const { output, force } = this.#options;
    const { base } = this.#kept;
    if (output === undefined || base === undefined || this.#copying !== undefined) return;
    const { files } = this.#host;
    this.#copying = replaceFile(
      files,
      output,
      async (target) => {
        const file = await files.open(base.path, "read");
        try {
          for await (const chunk of readChunks(file)) await target.append(chunk);
        } finally {
          await file.close();
        }
      },
      { overwrite: force === true },
    );
    // Told by run(), which awaits it when the rest is over.
    this.#copying.catch((error: unknown) => this.#done.abort(error));
  }
}
