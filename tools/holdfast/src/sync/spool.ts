/**
 * What has come from a source and is not in the target yet: the snapshot in a file, the stream behind it in a backlog on disk.
 *
 *   DIR/snapshot.rdb      whole, with its checksum compared; removed when the target has it
 *   DIR/snapshot.json     which one it is, and where in the stream it stands
 *   DIR/stream/           the stream from there on; what the target has is dropped
 *
 * So a target that is slower than the source costs disk here and no memory there: a primary whose replica does not read buffers the
 * stream, and hangs up when it is too much. And whoever was killed goes on with the same snapshot. What is acknowledged to the source is
 * what the target has.
 */
import { join } from "node:path";
import { exitCode, Problem } from "@holdfast/command-line";
import type { Clock, File, FileSystem } from "@holdfast/platform";
import { replaceFile } from "@holdfast/platform";
import {
  DiskBacklog,
  formatReplicaState,
  parseReplicaState,
  type ReplicaSink,
  type ReplicaState,
  type SnapshotFacts,
} from "@holdfast/resync";
import type { Host } from "../host.ts";
import { readSmallFile } from "../read-small-file.ts";

export interface SpooledSnapshot {
  readonly path: string;
  /** `replid:offset`. */
  readonly id: string;
  readonly state: ReplicaState;
}

/** More than this unwritten makes the source wait for the disk. */
const UNWRITTEN_BYTES_MAX = 32 << 20;

export class Spool implements ReplicaSink {
  readonly #files: FileSystem;
  readonly #clock: Clock;
  readonly #directory: string;
  #snapshot: SpooledSnapshot | undefined;
  #part: File | undefined;
  #backlog: DiskBacklog | undefined;
  #appliedOffset = 0;
  /** When the bytes up to each offset came, for the lag in time. */
  #arrivals: { readonly offset: number; readonly atMs: number }[] = [];
  #wake: () => void = () => {};
  snapshotBytes = async (bytes: Uint8Array): Promise<void> => {
    await this.#part!.append(bytes);
    this.receivedSnapshotBytes += bytes.length;
  };
  receivedSnapshotBytes = 0;
  snapshotSizeBytes: number | undefined;

  /** Opens what an earlier run has left there, if anything. */
  static async open(host: Host, directory: string): Promise<Spool> {
    await host.files.makeDirectory(directory);
    const spool = new Spool(host, directory);
    await spool.#load(host);
    return spool;
  }

  private constructor({ files, clock }: Host, directory: string) {
    this.#files = files;
    this.#clock = clock;
    this.#directory = directory;
  }

  get snapshot(): SpooledSnapshot | undefined {
    return this.#snapshot;
  }

  /** Where the stream goes on when the source is asked next; undefined: with a snapshot. */
  get state(): ReplicaState | undefined {
    return this.#backlog?.state;
  }

  get endOffset(): number {
    return this.#backlog?.endOffset ?? 0;
  }

  /** Whether the stream from here on is at hand, and is of the same history. */
  covers({ offset, history }: ReplicaState): boolean {
    const backlog = this.#backlog;
    if (backlog === undefined || offset < backlog.firstOffset || offset > backlog.endOffset) return false;
    const { replid, previous } = backlog.state.history;
    return replid === history.replid || previous.some((each) => each.replid === history.replid);
  }

  /** Begins with the stream at a state that the target has: what is here does not reach so far. */
  async startAt(state: ReplicaState): Promise<void> {
    if (this.#backlog === undefined) await this.#openBacklog(state);
    else await this.#backlog.restart(state);
    await this.dropSnapshot();
  }

  /** Stream bytes from here on; undefined when there are none yet. */
  async read(offset: number, bytesMax: number): Promise<Uint8Array | undefined> {
    if (offset === this.endOffset) return undefined;
    const bytes = await this.#backlog!.read(offset, bytesMax);
    if (bytes !== undefined) return bytes;
    throw new Problem(exitCode.gap, `the stream from offset ${offset} is not in the spool any more`, {
      nextStep: "copy everything anew with --restart",
    });
  }

  /** Resolves when there is more than before, a snapshot or stream. */
  changed(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** The target has everything before this offset. */
  applied(offset: number): void {
    this.#appliedOffset = offset;
    while (this.#arrivals.length > 0 && this.#arrivals[0].offset <= offset) this.#arrivals.shift();
    this.#hold?.moveTo(offset);
    for (const waiter of this.#settling.filter((each) => each.offset <= offset)) waiter.resolve();
    this.#settling = this.#settling.filter((each) => each.offset > offset);
  }

  #hold: ReturnType<DiskBacklog["hold"]> | undefined;
  #settling: { readonly offset: number; readonly resolve: () => void }[] = [];

  /** How old the oldest bytes are that the target does not have. */
  get lagMs(): number {
    return this.#arrivals.length === 0 ? 0 : this.#clock.monotonicMs() - this.#arrivals[0].atMs;
  }

  /** The target has the snapshot. */
  async dropSnapshot(): Promise<void> {
    for (const name of [SNAPSHOT, SNAPSHOT_FACTS])
      if ((await this.#files.stat(this.#path(name))) !== undefined)
        await this.#files.remove(this.#path(name));
    this.#snapshot = undefined;
  }

  /** A snapshot that is not whole is of no use to anybody, and of all that is here it takes the most room. */
  async close(): Promise<void> {
    await this.#dropPart();
    await this.#backlog?.close();
    this.#backlog = undefined;
  }

  /** Removes everything that is here. */
  async remove(): Promise<void> {
    await this.close();
    await this.dropSnapshot();
    const stream = this.#path(STREAM);
    if ((await this.#files.stat(stream)) !== undefined)
      for (const name of await this.#files.list(stream)) await this.#files.remove(join(stream, name));
  }

  // What a replica's drive calls.

  async fullResync(): Promise<void> {
    if (this.#backlog !== undefined)
      throw new Problem(
        exitCode.gap,
        "the source does not have the stream any more from where we are, and offers a full copy instead",
        {
          nextStep:
            "copy everything anew with --restart --on-exists replace; a larger repl-backlog-size there avoids it",
        },
      );
    await this.#dropPart();
  }

  async snapshotStart(sizeBytes: number | undefined): Promise<void> {
    this.snapshotSizeBytes = sizeBytes;
    this.receivedSnapshotBytes = 0;
    this.#part = await this.#files.open(this.#path(SNAPSHOT_PART), "append");
    await this.#part.truncate(0);
  }

  async snapshotEnd(state: ReplicaState, facts: SnapshotFacts): Promise<void> {
    await this.#part!.sync();
    await this.#part!.close();
    this.#part = undefined;
    await this.#files.rename(this.#path(SNAPSHOT_PART), this.#path(SNAPSHOT));
    const text = JSON.stringify({ state: formatReplicaState(state), keyCount: facts.keyCount });
    await replaceFile(this.#files, this.#path(SNAPSHOT_FACTS), (file) => file.append(Buffer.from(text)), {
      overwrite: true,
    });
    await this.#openBacklog(state);
    this.#snapshot = this.#snapshotAt(state);
    this.#wake();
  }

  async continued(state: ReplicaState): Promise<void> {
    const backlog = this.#backlog!;
    if (backlog.state.history.replid !== state.history.replid) await backlog.changeHistory(state.history);
  }

  async stream(bytes: readonly Uint8Array[], offset: number, state: ReplicaState): Promise<void> {
    const backlog = this.#backlog!;
    const all = bytes.length === 1 ? bytes[0] : Buffer.concat(bytes);
    backlog.append(all, state.db);
    this.#arrivals.push({ offset: offset + all.length, atMs: this.#clock.monotonicMs() });
    if (this.#arrivals.length > ARRIVALS_MAX)
      this.#arrivals = this.#arrivals.filter((_, index) => index % 2 === 0);
    this.#wake();
    if (backlog.unwrittenBytes > UNWRITTEN_BYTES_MAX) await backlog.sync();
  }

  /** Resolves when the target has what had come by now. */
  settle(): Promise<void> {
    const offset = this.endOffset;
    if (this.#appliedOffset >= offset) return Promise.resolve();
    return new Promise((resolve) => this.#settling.push({ offset, resolve }));
  }

  settledOffset(): number {
    return this.#appliedOffset;
  }

  async #dropPart(): Promise<void> {
    await this.#part?.close();
    this.#part = undefined;
    const part = this.#path(SNAPSHOT_PART);
    if ((await this.#files.stat(part)) !== undefined) await this.#files.remove(part);
  }

  #path(name: string): string {
    return join(this.#directory, name);
  }

  #snapshotAt(state: ReplicaState): SpooledSnapshot {
    return { path: this.#path(SNAPSHOT), id: `${state.history.replid}:${state.offset}`, state };
  }

  async #load(host: Host): Promise<void> {
    await this.#dropPart();
    const facts = this.#path(SNAPSHOT_FACTS);
    let state: ReplicaState | undefined;
    if ((await this.#files.stat(facts)) !== undefined) {
      const text = await readSmallFile(host, "the spool", facts);
      state = parseReplicaState((JSON.parse(text) as { readonly state: string }).state);
      this.#snapshot = this.#snapshotAt(state);
    }
    const stream = this.#path(STREAM);
    const hasStream =
      (await this.#files.stat(stream)) !== undefined && (await this.#files.list(stream)).length > 0;
    if (state !== undefined || hasStream) await this.#openBacklog(state ?? NOWHERE);
  }

  async #openBacklog(initial: ReplicaState): Promise<void> {
    const { backlog } = await DiskBacklog.open({
      files: this.#files,
      clock: this.#clock,
      directory: this.#path(STREAM),
      initial,
      keepBytes: KEPT_BYTES,
      heldBytesMax: Number.MAX_SAFE_INTEGER,
    });
    this.#backlog = backlog;
    this.#hold = backlog.hold(backlog.firstOffset);
  }
}

const SNAPSHOT = "snapshot.rdb";
const SNAPSHOT_PART = "snapshot.rdb.part";
const SNAPSHOT_FACTS = "snapshot.json";
const STREAM = "stream";
/** Behind what the target has: for a target that lost its last second. */
const KEPT_BYTES = 64 << 20;
const ARRIVALS_MAX = 4096;
/** Never asked for: a directory with files in it says itself where it is. */
const NOWHERE: ReplicaState = {
  history: { replid: "0".repeat(40) as ReplicaState["history"]["replid"], previous: [] },
  offset: 0,
  db: undefined,
};
