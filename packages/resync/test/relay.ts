/** A node between two real servers: our replica of the one, our primary of the other, the stream passed on byte for byte. */
import { type Listener, nodePlatform, type TlsOptions } from "@holdfast/platform";
import {
  MemoryBacklog,
  newHistory,
  type ReplicaFacts,
  type ReplicaState,
  Replicas,
  type ReplicasOptions,
  type ResyncError,
  replicationIdOf,
  type SnapshotFacts,
  type SnapshotSource,
  shiftHistory,
} from "../src/index.ts";
import { KeptReplica } from "./kept-replica.ts";

const doors = nodePlatform();

export class Relay extends KeptReplica {
  readonly backlog = new MemoryBacklog({ capacityBytes: 64 * 1024 * 1024 });
  readonly ended: { readonly replica: ReplicaFacts; readonly error: ResyncError | undefined }[] = [];
  readonly replicas: Replicas;
  /** Whether snapshots are sent with their size, or with a mark. */
  knowsSize = true;
  served = 0;
  #listener: Listener | undefined;
  #baseOffset = 0;

  constructor(options: Pick<ReplicasOptions, "authenticate"> = {}) {
    super();
    this.replicas = new Replicas({
      ...doors,
      backlog: this.backlog,
      history: newHistory(replicationIdOf(doors.random.bytes(20))),
      source: this.#source(),
      refusal: () => (this.state === undefined ? "-NOMASTERLINK Can't SYNC while not connected" : undefined),
      onEnded: (replica, error) => this.ended.push({ replica, error }),
      ...options,
    });
  }

  async listen(tls?: TlsOptions): Promise<number> {
    const options = { address: { host: "127.0.0.1", port: 0 }, ...(tls === undefined ? {} : { tls }) };
    this.#listener = await doors.network.listen(options, (connection) => {
      void this.replicas.serve(connection);
    });
    return (this.#listener.address as { readonly port: number }).port;
  }

  async close(): Promise<void> {
    await this.#listener?.close();
    this.replicas.changeHistory(this.replicas.history, { isTop: false });
  }

  override async snapshotEnd(state: ReplicaState, facts: SnapshotFacts): Promise<void> {
    await super.snapshotEnd(state, facts);
    this.#baseOffset = state.offset;
    this.backlog.restartAt(state.offset);
    this.replicas.changeHistory(state.history, { isTop: false });
  }

  override async continued(state: ReplicaState): Promise<void> {
    await super.continued(state);
    if (state.history.replid !== this.replicas.history.replid)
      this.replicas.changeHistory(state.history, { isTop: false });
  }

  override async stream(bytes: readonly Uint8Array[], offset: number, state: ReplicaState): Promise<void> {
    await super.stream(bytes, offset, state);
    for (const piece of bytes) this.replicas.append(piece);
  }

  /** Takes over from the primary above: what follows is our own. */
  promote(): void {
    const replid = replicationIdOf(doors.random.bytes(20));
    const history = shiftHistory(this.state!.history, replid, this.backlog.endOffset);
    this.replicas.changeHistory(history, { isTop: true });
  }

  /** What a server loads to be where our stream is. */
  override appendOnlyFile(): Uint8Array {
    const parts: Uint8Array[] = [this.snapshot];
    let offset = this.#baseOffset;
    for (let piece = this.backlog.read(offset, 1 << 20); piece; piece = this.backlog.read(offset, 1 << 20)) {
      parts.push(piece);
      offset += piece.length;
    }
    return Buffer.concat(parts);
  }

  #source(): SnapshotSource {
    return {
      open: async () => {
        this.served++;
        const { snapshot } = this;
        const sizeBytes = this.knowsSize ? snapshot.length : undefined;
        return { offset: this.#baseOffset, sizeBytes, chunks: inChunks(snapshot) };
      },
    };
  }
}

async function* inChunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += 5000) yield bytes.subarray(start, start + 5000);
}
