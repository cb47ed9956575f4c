/** Our replica and our primary in one process: a network in memory, time that passes when it is told. */
import { type Connection, MemoryNetwork, seededRandomDoor, VirtualClock } from "@holdfast/platform";
import {
  type FollowOptions,
  followPrimary,
  type LinkTrouble,
  MemoryBacklog,
  newHistory,
  parseReplicationId,
  type ReplicaFacts,
  Replicas,
  type ReplicasOptions,
  type ResyncError,
} from "../src/index.ts";
import { KeptReplica } from "./kept-replica.ts";
import { smallSnapshot } from "./small-snapshots.ts";

export const A = parseReplicationId("a".repeat(40))!;
export const B = parseReplicationId("b".repeat(40))!;

const address = { host: "primary", port: 6379 };

export class Pair {
  readonly clock = new VirtualClock();
  readonly network: MemoryNetwork;
  readonly backlog = new MemoryBacklog({ capacityBytes: 1 << 20, heldBytesMax: 1 << 20 });
  readonly replicas: Replicas;
  readonly ended: { readonly replica: ReplicaFacts; readonly error: ResyncError | undefined }[] = [];
  readonly kept = new KeptReplica();
  readonly troubles: LinkTrouble[] = [];
  snapshots = 0;
  /** What serve() of each connection came to: it must never reject. */
  readonly served: Promise<void>[] = [];
  readonly #controller = new AbortController();
  readonly random = seededRandomDoor(1);

  constructor(options: Partial<ReplicasOptions> & { readonly bufferBytes?: number } = {}) {
    const { clock, random, backlog } = this;
    this.network = new MemoryNetwork({ clock, bufferBytes: options.bufferBytes ?? 64 * 1024 });
    this.replicas = new Replicas({
      clock,
      random,
      backlog,
      history: newHistory(A),
      source: { open: async () => this.#snapshot() },
      onEnded: (replica, error) => this.ended.push({ replica, error }),
      ...options,
    });
  }

  async listen(): Promise<void> {
    await this.network.listen({ address }, (connection) => this.served.push(this.replicas.serve(connection)));
  }

  /** Rejects when it ends. */
  follow(options: Partial<FollowOptions> = {}): Promise<never> {
    const { network, clock, random, kept } = this;
    const ended = followPrimary({
      network,
      clock,
      random,
      address: () => address,
      sink: kept,
      onTrouble: (trouble) => this.troubles.push(trouble),
      signal: this.#controller.signal,
      ...options,
    });
    ended.catch(() => {});
    return ended;
  }

  connect(): Promise<Connection> {
    return this.network.connect({ address });
  }

  stop(): void {
    this.#controller.abort(new Error("stopped by the test"));
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    for (let round = 0; round < 10; round++) await this.clock.advance(0);
  }

  /** A snapshot of nothing, at the end of the stream, which gets a SELECT next. */
  #snapshot() {
    this.snapshots++;
    this.replicas.feed.forgetDb();
    const rdb = smallSnapshot("empty.rdb");
    return {
      offset: this.backlog.endOffset,
      sizeBytes: undefined,
      chunks: [rdb.subarray(0, 5), rdb.subarray(5)],
    };
  }
}
