/**
 * What a replica of ours keeps on disk: an append-only directory that any server of 7.0 or later loads, and that we go on in.
 *
 *   appendonly.aof.manifest              which base, and which incrs since; changed in one step
 *   appendonly.aof.2.base.rdb            the snapshot as it came
 *   appendonly.aof.9.incr.aof            the stream since, as it came, with our checksums in annotations (DiskBacklog of resync)
 *   appendonly.aof.8.incr.aof            the stream before the base, for replicas that come back: not in the manifest
 *   appendonly.aof.9.from-5000.incr.aof  the rest of an incr, behind a base that was taken in the middle of it
 *   .appendonly.aof.3.base.rdb.0.tmp     a snapshot on its way
 *
 * Offset, db and history are not in a file of their own: they follow from the incrs, so they cannot disagree with the data. The manifest says
 * what counts. A new snapshot and its first incr last under their names before the manifest lists them in the place of all older files, and
 * nothing is in an incr before it is listed: so a crash leaves files that are not listed and empty, which the next start removes.
 */
import { join } from "node:path";
import {
  type AofFileInfo,
  baseName,
  DEFAULT_AOF_FILE_NAME,
  EMPTY_MANIFEST,
  ManifestKeeper,
  manifestName,
  readManifest,
} from "@holdfast/aof";
import { exitCode, Problem } from "@holdfast/command-line";
import type { Clock, File, FileSystem } from "@holdfast/platform";
import { syncBehind } from "@holdfast/platform";
import {
  type AppendableBacklog,
  type BacklogHold,
  copySegment,
  DiskBacklog,
  type DiskBacklogOptions,
  type ReplicaState,
  type ResyncError,
  type StreamSegment,
  type UnusableSegment,
} from "@holdfast/resync";
import { copyName, findKept, isCopyName, type KeptBase, removeAll } from "./find-kept.ts";

export interface KeptOptions {
  readonly files: FileSystem;
  readonly clock: Clock;
  /** Made when it is missing. */
  readonly directory: string;
  /** Stream bytes to keep, at least, also from before the base. */
  readonly keepBytes: number;
  /** What is older, and before the base, is dropped, even below keepBytes. */
  readonly keepMs?: number | undefined;
  /** A part of what was kept cannot be read any more. */
  readonly onDamage: (error: ResyncError) => void;
  /** Of an incr; see DiskBacklog. */
  readonly segmentBytes?: number;
}

/** What was found. */
export interface OpenedKept {
  readonly kept: KeptDirectory;
  /** Bytes that a crash left unfinished at the end of the last incr, and that were cut off. */
  readonly tornBytes: number;
  readonly unusable: readonly UnusableSegment[];
}

/** Says whose the directory is; servers step over comments, and leave them out when they write a manifest of their own. */
const MARK = "# Kept by holdfast: a replica's base and stream. Others may read it, and must not write here.";

const NOTHING_HELD: BacklogHold = { moveTo: () => {}, release: () => {} };

export class KeptDirectory implements AppendableBacklog {
  readonly #options: KeptOptions;
  readonly #manifest: ManifestKeeper;
  #backlog: DiskBacklog | undefined;
  #base: KeptBase | undefined;
  /** Takes the place of the base with the next incr. */
  #nextBase: KeptBase | undefined;
  #makeRoom: () => Promise<void> = async () => {};

  /**
   * Goes on with what is there. Throws Problem 30 when the directory belongs to somebody else, FileError and AofError.
   */
  static async open(options: KeptOptions): Promise<OpenedKept> {
    const { files, directory } = options;
    await files.makeDirectory(directory);
    const kept = new KeptDirectory(options, await openManifest(files, directory));
    const found = await findKept(files, directory, kept.#manifest.manifest);
    await removeAll(files, directory, found.leftovers);
    if (found.base === undefined) return { kept, tornBytes: 0, unusable: [] };
    kept.#base = found.base;
    const opened = await DiskBacklog.open(kept.#backlogOptions(found.start));
    await kept.#adopt(opened.backlog);
    return { kept, tornBytes: opened.tornBytes, unusable: await kept.#withoutUseless(opened.unusable) };
  }

  private constructor(options: KeptOptions, manifest: ManifestKeeper) {
    this.#options = options;
    this.#manifest = manifest;
  }

  /** Where a replica goes on; undefined when there is no base, or a part of what came behind it is lost. */
  get state(): ReplicaState | undefined {
    return this.isWhole ? this.#backlog!.state : undefined;
  }

  /** There is a base, and everything since. */
  get isWhole(): boolean {
    return this.#base !== undefined && this.#backlog!.firstOffset <= this.#base.offset;
  }

  get base(): KeptBase | undefined {
    return this.#base;
  }

  get firstOffset(): number {
    return this.#backlog?.firstOffset ?? 0;
  }

  get endOffset(): number {
    return this.#backlog?.endOffset ?? 0;
  }

  /** Everything before it survives a crash. */
  get syncedOffset(): number {
    return this.#backlog?.syncedOffset ?? 0;
  }

  /** Waits in memory for the disk. */
  get unwrittenBytes(): number {
    return this.#backlog?.unwrittenBytes ?? 0;
  }

  read(offset: number, bytesMax: number): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    return this.#backlog?.read(offset, bytesMax);
  }

  hold(offset: number): BacklogHold {
    return this.#backlog?.hold(offset) ?? NOTHING_HELD;
  }

  /** Whole units of the stream; `db` is selected behind them. Throws what an earlier write failed with. */
  append(bytes: Uint8Array, db: number | undefined = this.#backlog?.state.db): void {
    this.#backlog!.append(bytes, db);
  }

  /** Resolves when everything that was appended by now is durable. */
  async sync(): Promise<void> {
    await this.#backlog?.sync();
  }

  /** Is asked when the disk is full, before the stream is given up. */
  whenFull(makeRoom: () => Promise<void>): void {
    this.#makeRoom = makeRoom;
  }

  /** The stream goes on under another id. Durable when it resolves. */
  async changeHistory(history: ReplicaState["history"]): Promise<void> {
    await this.#backlog!.changeHistory(history);
  }

  /** A file for a snapshot on its way. Whoever asked closes it: with replace(), or removes it with forget(). */
  async newBase(): Promise<File> {
    const { files, directory } = this.#options;
    const number = await this.#manifest.nextSequence("base");
    return syncBehind(await files.open(join(directory, `.${nameOfBase(number)}.0.tmp`), "create"));
  }

  /** Removes a snapshot that did not get whole. */
  async forget(file: File): Promise<void> {
    await file.close();
    await this.#options.files.remove(file.path);
  }

  /** The snapshot in this file is what we have from now on, and nothing older: durable, and in one step. */
  async replace(file: File, state: ReplicaState): Promise<void> {
    const before = this.#base;
    this.#nextBase = await this.#nameBase(file, state.offset);
    if (this.#backlog === undefined) {
      const { backlog } = await DiskBacklog.open(this.#backlogOptions(state));
      this.#backlog = backlog;
      // There are incrs of which nothing could be used, or all of them were.
      if (this.#nextBase !== undefined) await backlog.restart(state);
    } else await this.#backlog.restart(state);
    this.#backlog.keepFrom(state.offset);
    if (before !== undefined) await removeAll(this.#options.files, this.#options.directory, [before.name]);
  }

  /**
   * The snapshot in this file is of our own stream, at a place that is durable: it becomes the base, and the stream goes on. In one step, and
   * nothing else changes.
   */
  async advance(file: File, state: ReplicaState): Promise<void> {
    const { files, directory } = this.#options;
    const backlog = this.#backlog!;
    await backlog.roll();
    const index = backlog.segments.findLastIndex(({ firstOffset }) => firstOffset <= state.offset);
    const [containing, next] = backlog.segments.slice(index);
    const first = await this.#incrFrom(state, containing, next);
    const base = await this.#nameBase(file, state.offset);
    const info: AofFileInfo = { name: base.name, sequence: base.number, role: "base" };
    const before = this.#manifest.manifest;
    await this.#manifest.change((manifest) => {
      const later = manifest.increments.filter(({ sequence }) => sequence > containing.number);
      return { ...manifest, base: info, increments: [first, ...later] };
    });
    this.#base = base;
    backlog.keepFrom(state.offset);
    const useless = before.increments.filter(({ name }) => isCopyName(name)).map(({ name }) => name);
    await removeAll(files, directory, [before.base!.name, ...useless]);
  }

  /** Makes everything durable, and closes. */
  async close(): Promise<void> {
    await this.#backlog?.close();
  }

  #backlogOptions(initial: ReplicaState): DiskBacklogOptions {
    const { files, clock, directory, keepBytes, keepMs, onDamage, segmentBytes } = this.#options;
    const onSegment = (segment: StreamSegment) => this.#list(segment);
    const makeRoom = () => this.#makeRoom();
    return {
      ...{ files, clock, directory, initial, keepBytes, onDamage, onSegment, makeRoom },
      ...(keepMs === undefined ? {} : { keepMs }),
      ...(segmentBytes === undefined ? {} : { segmentBytes }),
    };
  }

  /** Takes over what was found, and has the manifest say the same. */
  async #adopt(backlog: DiskBacklog): Promise<void> {
    this.#backlog = backlog;
    if (!this.isWhole) return;
    const { offset } = this.#base!;
    backlog.keepFrom(offset);
    const [first] = this.#manifest.manifest.increments;
    const usable = new Set(backlog.segments.map(({ name }) => name));
    const increments = this.#manifest.manifest.increments.filter(
      (incr) => incr === first || usable.has(incr.name),
    );
    if (increments.length < this.#manifest.manifest.increments.length)
      await this.#manifest.change((manifest) => ({ ...manifest, increments }));
  }

  /** Incrs of an earlier stream are of no use to anybody; what is damaged stays for who wants to look. */
  async #withoutUseless(unusable: readonly UnusableSegment[]): Promise<readonly UnusableSegment[]> {
    const { files, directory } = this.#options;
    const listed = new Set(this.#manifest.manifest.increments.map(({ name }) => join(directory, name)));
    const useless = unusable.filter(
      ({ reason, path }) => reason === "before-another-history" && !listed.has(path),
    );
    for (const { path } of useless) await files.remove(path);
    return unusable.filter((each) => !useless.includes(each));
  }

  /** A new incr: behind the others, or, with a new base, in the place of everything. */
  async #list({ name, number, continues }: StreamSegment): Promise<void> {
    const incr: AofFileInfo = { name, sequence: number, role: "incr" };
    const base = this.#nextBase;
    if (continues || base === undefined) {
      await this.#manifest.change((manifest) => ({
        ...manifest,
        increments: [...manifest.increments, incr],
      }));
      return;
    }
    const info: AofFileInfo = { name: base.name, sequence: base.number, role: "base" };
    await this.#manifest.change((manifest) => ({ ...manifest, base: info, increments: [incr] }));
    this.#base = base;
    this.#nextBase = undefined;
  }

  /** What the manifest lists behind a base in the middle of an incr: a copy of the rest of it. */
  async #incrFrom(
    state: ReplicaState,
    containing: StreamSegment,
    next: StreamSegment | undefined,
  ): Promise<AofFileInfo> {
    const { files, clock, directory } = this.#options;
    const incr = { sequence: containing.number, role: "incr" } as const;
    if (containing.firstOffset === state.offset) return { name: containing.name, ...incr };
    const name = copyName(containing.number, state.offset);
    await copySegment({ files, clock }, this.#backlog!, {
      path: join(directory, name),
      start: { ...state, history: this.#backlog!.state.history },
      endOffset: next!.firstOffset,
      endDb: next!.db,
    });
    await files.syncDirectory(directory);
    return { name, ...incr };
  }

  /** Lasting, under a name that no manifest lists yet. */
  async #nameBase(file: File, offset: number): Promise<KeptBase> {
    const { files, directory } = this.#options;
    await file.sync();
    const sizeBytes = await file.size();
    await file.close();
    const number = await this.#manifest.nextSequence("base");
    const name = nameOfBase(number);
    await files.rename(file.path, join(directory, name));
    await files.syncDirectory(directory);
    return { name, number, path: join(directory, name), offset, sizeBytes };
  }
}

function nameOfBase(number: number): string {
  return baseName(DEFAULT_AOF_FILE_NAME, number, "rdb");
}

/** The manifest of a directory of ours, which an empty one becomes. */
async function openManifest(files: FileSystem, directory: string): Promise<ManifestKeeper> {
  const place = { directory, fileName: DEFAULT_AOF_FILE_NAME };
  const path = join(directory, manifestName(DEFAULT_AOF_FILE_NAME));
  const manifest = await readManifest(files, path);
  if (manifest?.comments.includes(MARK)) return new ManifestKeeper(files, place, manifest);
  const names = (await files.list(directory)).filter((name) => !name.endsWith(".tmp"));
  if (names.length > 0) {
    const what = manifest === undefined ? "is not empty" : "belongs to a server, or was written to by one";
    throw new Problem(exitCode.targetExists, `${directory} ${what}: it is left as it is`, {
      nextStep: "name a directory that does not exist yet, or one that a run of holdfast has begun",
    });
  }
  const keeper = new ManifestKeeper(files, place, EMPTY_MANIFEST);
  await keeper.change((empty) => ({ ...empty, comments: [MARK] }));
  return keeper;
}
