/**
 * Puts a new base in the place of the old one and of all incrs before a border, while the log goes on.
 *
 *   1. the border       a snapshot is taken, and the writer goes on in a new incr (writer.ts, rotate)
 *   2. the base         written to a temporary file, synced, named
 *   3. the manifest     new base, incrs from the border on; everything else is history, in one step
 *   4. history          removed, then taken out of the manifest
 *
 * After a crash before 3, the old files are loaded, with one more incr; after it, the new ones. Nothing is ever listed that is not
 * lasting. A failure leaves the old files in use, and that one more incr.
 *
 * Source for the order: aof.c of Redis 7.0, rewriteAppendOnlyFileBackground and backgroundRewriteDoneHandler.
 */
import { join } from "node:path";
import { type Clock, type File, type FileSystem, replaceFile } from "@holdfast/platform";
import { AofError } from "./errors.ts";
import { type BaseForm, baseName, manifestName } from "./file-names.ts";
import { type AofFileInfo, type AofManifest, loadedFiles } from "./manifest.ts";
import type { ManifestKeeper } from "./manifest-keeper.ts";
import { judgeRewrite, type RewriteTriggers } from "./rewrite-policy.ts";
import type { AofSnapshot } from "./snapshot.ts";
import { syncedAlong } from "./synced-along.ts";
import type { AofWriter } from "./writer.ts";

/** While a base is written: no more than this waits for the disk (`aof-rewrite-incremental-fsync` of servers). */
const SYNC_EVERY_BYTES = 4 << 20;

export interface AofRewriterOptions extends RewriteTriggers {
  readonly files: FileSystem;
  readonly clock: Clock;
  readonly writer: AofWriter;
  readonly keeper: ManifestKeeper;
  /** The data as of this very moment, with every command that was appended, and no other. Called in the turn in which the border is set. */
  readonly takeSnapshot: () => AofSnapshot;
  readonly form: BaseForm;
  /** Appends the whole base: writeRdbBase() or writeCommandBase(), with their options. */
  readonly writeBase: (file: File, snapshot: AofSnapshot) => Promise<void>;
  /** Keep history files, and their lines in the manifest (`aof-disable-auto-gc` of servers). Default false. */
  readonly keepHistory?: boolean | undefined;
  /** The replication offset now, for manifests as Redis 8.0 writes them. */
  readonly replicationOffset?: (() => number) | undefined;
}

export interface RewriteReport {
  readonly base: AofFileInfo;
  readonly baseSizeBytes: number;
  readonly tookMs: number;
  /** Names of history files that were removed. */
  readonly removed: readonly string[];
  /** Why history could not be removed as a whole: the next rewrite or start tries again. */
  readonly historyProblem: unknown;
}

export class AofRewriter {
  readonly #options: AofRewriterOptions;
  #isRunning = false;
  #failures = 0;
  #lastFailureAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: AofRewriterOptions) {
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Rewrites that have failed since the last one that did not. */
  get failures(): number {
    return this.#failures;
  }

  /** Whether it is time, by the triggers; never while one is running. To be asked now and then, every second say. */
  get isDue(): boolean {
    const { writer, keeper, clock } = this.#options;
    if (this.#isRunning || writer.problem !== undefined) return false;
    const { base } = keeper.manifest;
    const state = {
      sizeBytes: writer.sizeBytes,
      baseSizeBytes: base === undefined ? 0 : writer.sizeOf(base.name),
      failures: this.#failures,
      lastFailureAtMs: this.#lastFailureAtMs,
      nowMs: clock.monotonicMs(),
    };
    return judgeRewrite(this.#options, state) === "rewrite";
  }

  /**
   * Rewrites now, however many have failed before. The snapshot is taken before this returns.
   *
   * Rejects with AOF_REWRITE_RUNNING, the writer's problem, FileError, and what snapshot and encoder throw. The log goes on in any case
   * but AOF_SYNC_FAILED of the writer.
   */
  async rewrite(): Promise<RewriteReport> {
    const { clock, writer, keeper, takeSnapshot, replicationOffset } = this.#options;
    if (this.#isRunning) {
      throw new AofError(
        "AOF_REWRITE_RUNNING",
        keeper.directory,
        "a rewrite is running already: wait for it",
      );
    }
    if (writer.problem !== undefined) throw writer.problem;
    this.#isRunning = true;
    const startedAtMs = clock.monotonicMs();
    let snapshot: AofSnapshot | undefined;
    try {
      snapshot = takeSnapshot();
      const incr = await writer.rotate(replicationOffset?.());
      const base = await this.#makeBase(snapshot);
      const { baseSizeBytes } = await this.#adopt(base, incr);
      this.#failures = 0;
      const history = await this.#removeHistory();
      return { base, baseSizeBytes, tookMs: clock.monotonicMs() - startedAtMs, ...history };
    } catch (error) {
      this.#failures++;
      this.#lastFailureAtMs = clock.monotonicMs();
      throw error;
    } finally {
      this.#isRunning = false;
      snapshot?.release?.();
    }
  }

  async #makeBase(snapshot: AofSnapshot): Promise<AofFileInfo> {
    const { files, keeper, form, writeBase } = this.#options;
    const sequence = await keeper.nextSequence("base");
    const name = baseName(keeper.fileName, sequence, form);
    const write = async (file: File) => writeBase(syncedAlong(file, SYNC_EVERY_BYTES), snapshot);
    try {
      await replaceFile(files, join(keeper.directory, name), write, { overwrite: false });
    } catch (error) {
      // Its name may have been given and not be lasting; nothing refers to it.
      await this.#removeQuietly(name);
      throw error;
    }
    return { name, sequence, role: "base" };
  }

  async #adopt(base: AofFileInfo, incr: AofFileInfo): Promise<{ readonly baseSizeBytes: number }> {
    const { files, writer, keeper } = this.#options;
    const info = await files.stat(join(keeper.directory, base.name));
    const baseSizeBytes = info?.sizeBytes ?? 0;
    try {
      await keeper.change((manifest) => withBase(manifest, base, incr));
    } catch (error) {
      if (keeper.manifest.base !== base) await this.#removeQuietly(base.name);
      throw error;
    } finally {
      // In place it may be even after a failure.
      if (keeper.manifest.base === base) writer.replaceSizes(sizesOf(keeper.manifest, writer, baseSizeBytes));
    }
    return { baseSizeBytes };
  }

  /** The rewrite has succeeded; what goes wrong here is reported, and done again by the next one. */
  async #removeHistory(): Promise<Pick<RewriteReport, "removed" | "historyProblem">> {
    const { files, keeper, keepHistory = false } = this.#options;
    const removed: string[] = [];
    if (keepHistory) return { removed, historyProblem: undefined };
    const { manifest } = keeper;
    const needed = [...loadedFiles(manifest).map(({ name }) => name), manifestName(keeper.fileName)];
    try {
      for (const { name } of manifest.history) {
        const path = join(keeper.directory, name);
        if (needed.includes(name) || (await files.stat(path)) === undefined) continue;
        await files.remove(path);
        removed.push(name);
      }
      if (manifest.history.length > 0) await keeper.change((now) => ({ ...now, history: [] }));
      return { removed, historyProblem: undefined };
    } catch (historyProblem) {
      return { removed, historyProblem };
    }
  }

  async #removeQuietly(name: string): Promise<void> {
    const { files, keeper } = this.#options;
    // The failure that led here is the one to report.
    await files.remove(join(keeper.directory, name)).catch(() => {});
  }
}

/** The base in the place of the one before it and of every incr before the border. */
function withBase(manifest: AofManifest, base: AofFileInfo, border: AofFileInfo): AofManifest {
  const isOld = ({ sequence }: AofFileInfo) => sequence < border.sequence;
  const replaced = [
    ...(manifest.base === undefined ? [] : [manifest.base]),
    ...manifest.increments.filter(isOld),
  ];
  return {
    ...manifest,
    base,
    history: [...manifest.history, ...replaced.map((file): AofFileInfo => ({ ...file, role: "history" }))],
    increments: manifest.increments.filter((file) => !isOld(file)),
  };
}

function sizesOf(manifest: AofManifest, writer: AofWriter, baseSizeBytes: number): Map<string, number> {
  const sizes = new Map(manifest.increments.map(({ name }) => [name, writer.sizeOf(name)]));
  if (manifest.base !== undefined) sizes.set(manifest.base.name, baseSizeBytes);
  return sizes;
}
