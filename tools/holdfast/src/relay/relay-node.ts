/**
 * A primary over what a replica keeps: its replicas get the bytes of the server above, at the same offsets and under the same id, as from any
 * chained replica; those that need everything get the kept base, and the stream since.
 *
 *   server above ──▶ KeptSink ──▶ kept directory ──▶ Replicas ──▶ replicas below
 *                                  base │ stream        each reads at its own pace, from memory or from disk
 *
 * There is no dataset here. What a replica is sent may not be on our disk yet; after a crash it can have more than we do, and is sent away until
 * we have caught up with the server above, which has it too.
 */

import type { FileSystem } from "@holdfast/platform";
import { type Clock, type Random, readChunks } from "@holdfast/platform";
import {
  type Authenticate,
  newHistory,
  type ReplicaFacts,
  type ReplicaState,
  Replicas,
  ResyncError,
  replicationIdOf,
  type ServedSnapshot,
  type WantedSnapshot,
} from "@holdfast/resync";
import type { KeptDirectory } from "../kept/kept-directory.ts";

export interface RelayNodeOptions {
  readonly files: FileSystem;
  readonly clock: Clock;
  readonly random: Random;
  readonly kept: KeptDirectory;
  readonly authenticate: Authenticate | undefined;
  readonly timeoutMs: number;
  readonly onSnapshot: (offset: number, sizeBytes: number) => void;
  readonly onEnded: (replica: ReplicaFacts, error: ResyncError | undefined) => void;
}

/** As a replica says it that has lost its primary; who hears it asks again a second later. */
const NOT_LINKED = "-NOMASTERLINK Can't SYNC while not connected with my master";

export class RelayNode {
  readonly replicas: Replicas;
  readonly #options: RelayNodeOptions;

  constructor(options: RelayNodeOptions) {
    const { clock, random, kept, authenticate, timeoutMs, onEnded } = options;
    this.#options = options;
    // Before there is a base nobody is served, and this id is told to no one.
    const history = kept.state?.history ?? newHistory(replicationIdOf(random.bytes(20)));
    this.replicas = new Replicas({
      ...{ clock, random, history, timeoutMs, onEnded },
      backlog: kept,
      source: { open: (wanted) => this.#openBase(wanted) },
      refusal: () => (kept.isWhole ? undefined : NOT_LINKED),
      aheadRefusal: () => NOT_LINKED,
      ...(authenticate === undefined ? {} : { authenticate }),
    });
    this.replicas.changeHistory(history, { isTop: false });
  }

  /** Another stream has begun. */
  replaced({ history }: ReplicaState): void {
    this.replicas.changeHistory(history, { isTop: false });
  }

  /** The same stream goes on, perhaps under another id. */
  continued({ history }: ReplicaState): void {
    if (history.replid !== this.replicas.history.replid)
      this.replicas.changeHistory(history, { isTop: false });
  }

  streamed(): void {
    this.replicas.streamGrew();
  }

  /** Disconnects all replicas: they ask again, here or elsewhere. */
  close(): void {
    this.replicas.changeHistory(this.replicas.history, { isTop: false });
  }

  async #openBase(wanted: WantedSnapshot): Promise<ServedSnapshot> {
    const { kept, files, onSnapshot } = this.#options;
    const { base } = kept;
    if (base === undefined || !wanted.withKeys || !wanted.withFunctions)
      throw new ResyncError("RESYNC_SNAPSHOT_FAILED", "only whole snapshots are kept, and sent");
    // Opened before anything else can happen: a base that is replaced meanwhile stays readable until it is closed.
    const file = await files.open(base.path, "read");
    onSnapshot(base.offset, base.sizeBytes);
    const chunks = async function* () {
      try {
        yield* readChunks(file, { chunkBytes: 256 * 1024 });
      } finally {
        await file.close();
      }
    };
    return { offset: base.offset, sizeBytes: base.sizeBytes, chunks: chunks() };
  }
}
