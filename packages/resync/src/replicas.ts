/**
 * All replicas of one primary: takes their connections, tells them that the stream grew, pings them, counts what they acknowledge.
 *
 *   append() ──▶ backlog ──▶ every replica that is online, at its own pace
 *
 * One replica's trouble is its own: it is told to onEnded, and nobody else notices.
 */
import type { Clock, Connection, Random } from "@holdfast/platform";
import { Alarm } from "./alarm.ts";
import type { StreamBacklog } from "./backlog.ts";
import { PrimaryDrive, type SnapshotSource } from "./drive-primary.ts";
import type { ResyncError } from "./errors.ts";
import {
  type GivenResync,
  type PrimaryFacts,
  PrimarySession,
  type PrimarySessionOptions,
} from "./primary-session.ts";
import { countReplicas } from "./replica-counts.ts";
import type { Authenticate, ReplicaProfile } from "./replica-requests.ts";
import type { ReplicationHistory } from "./replication-id.ts";
import { StreamFeed } from "./stream-feed.ts";

/** A backlog that its primary writes to. */
export interface AppendableBacklog extends StreamBacklog {
  append(bytes: Uint8Array): void;
}

export interface ReplicasOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly backlog: AppendableBacklog;
  readonly history: ReplicationHistory;
  readonly source: SnapshotSource;
  readonly authenticate?: Authenticate;
  readonly timeoutMs?: number;
  /** How often the stream says PING when nothing else is in it. Default 10 s, as in servers. */
  readonly pingEveryMs?: number;
  /** Why nobody can be served now, as an error line; asked for every PSYNC. Default: always ready. */
  readonly refusal?: () => string | undefined;
  /** A replica has come to another phase, or has said something, such as how much it has. Called often: once a second for each. */
  readonly onMoved?: (replica: ReplicaFacts) => void;
  /** What a replica is told that has more of our history than we do; see PrimaryFacts. Default: it gets a full resync. */
  readonly aheadRefusal?: () => string | undefined;
  /** The link of a replica is over; without an error when it has done what it was for. */
  readonly onEnded?: (replica: ReplicaFacts, error: ResyncError | undefined) => void;
}

/** What a primary tells about one of its replicas (INFO, ROLE). */
export interface ReplicaFacts {
  /** Of the connection: the first one has 1. */
  readonly number: number;
  readonly peer: string;
  readonly profile: ReplicaProfile;
  readonly phase: PrimarySession["phase"];
  /** Undefined before it asked. */
  readonly resync: GivenResync | undefined;
  /** How much of its snapshot has gone out. */
  readonly snapshotBytes: number;
  readonly sentOffset: number;
  readonly acknowledgedOffset: number | undefined;
  readonly heardMsAgo: number;
  /** The last error line that it was answered. */
  readonly refusal: string | undefined;
}

interface Waiter {
  readonly wanted: WaitForReplicas;
  readonly done: () => void;
}

export interface WaitForReplicas {
  /** So many replicas. */
  readonly count: number;
  /** Have everything before this offset. */
  readonly offset: number;
  /** In memory (WAIT), or on their disks (WAITAOF). Default "acknowledged". */
  readonly what?: "acknowledged" | "fsynced";
  /** 0 waits until it is true or the signal is aborted. */
  readonly timeoutMs: number;
  /** Whether replicas are asked, with a GETACK in the stream. Without, they say it themselves, once a second. Default true. */
  readonly asks?: boolean;
  readonly signal?: AbortSignal;
}

export class Replicas {
  /** Writes into the stream of a primary that has none above itself. */
  readonly feed: StreamFeed;
  readonly #options: ReplicasOptions;
  readonly #drives = new Map<PrimaryDrive, number>();
  readonly #waiters = new Set<Waiter>();
  readonly #pingAlarm: Alarm;
  #history: ReplicationHistory;
  /** Connections so far. */
  #served = 0;
  #isTop = true;
  #isStopped = false;
  /** When something was said last, or somebody began to listen. */
  #quietSinceMs: number;

  constructor(options: ReplicasOptions) {
    this.#options = options;
    this.#history = options.history;
    this.#quietSinceMs = options.clock.monotonicMs();
    this.feed = new StreamFeed((bytes) => this.append(bytes));
    this.#pingAlarm = new Alarm(options.clock, () => this.#ping());
  }

  get history(): ReplicationHistory {
    return this.#history;
  }

  /** One for each connection. */
  get facts(): readonly ReplicaFacts[] {
    return [...this.#drives].map(([drive, number]) => this.#factsOf(drive, number));
  }

  /** Serves one replica until its link is over. */
  async serve(connection: Connection): Promise<void> {
    if (this.#isStopped) return connection.destroy();
    const { clock, random, source, backlog } = this.#options;
    const session = new PrimarySession(this.#sessionOptions(), clock.monotonicMs());
    const number = ++this.#served;
    const onPhase = () => this.#options.onMoved?.(this.#factsOf(drive, number));
    const onHeard = () => {
      this.#wakeWaiters();
      onPhase();
    };
    const drive = new PrimaryDrive({ session, connection, backlog, source, clock, random, onHeard, onPhase });
    if (this.#drives.size === 0) this.#quietSinceMs = clock.monotonicMs();
    this.#drives.set(drive, number);
    this.#schedulePing();
    const error = await drive.run();
    this.#drives.delete(drive);
    this.#schedulePing();
    this.#options.onEnded?.(this.#factsOf(drive, number), error);
  }

  /** More of the stream: commands of our own, or bytes of the primary above us, as they came. */
  append(bytes: Uint8Array): void {
    this.#options.backlog.append(bytes);
    this.streamGrew();
  }

  /** Somebody else has appended to the backlog: a chained primary, whose stream comes from above. */
  streamGrew(): void {
    this.#quietSinceMs = this.#options.clock.monotonicMs();
    for (const drive of this.#drives.keys()) drive.streamGrew();
  }

  /**
   * Another history begins or goes on from here: after a promotion, a full resync from above, a +CONTINUE with a new id. All
   * replicas are disconnected; they ask again, and most may go on. With `isTop` we have no primary above us, and ping.
   */
  changeHistory(history: ReplicationHistory, { isTop }: { readonly isTop: boolean }): void {
    this.#history = history;
    this.#isTop = isTop;
    this.feed.forgetDb();
    for (const drive of this.#drives.keys()) drive.historyChanged();
    this.#schedulePing();
  }

  /** Disconnects all replicas, for good: who connects after this is not served. */
  stop(): void {
    this.#isStopped = true;
    for (const drive of this.#drives.keys()) drive.stop();
    this.#schedulePing();
  }

  /** How many replicas have everything before `offset`. */
  count(offset: number, what: "acknowledged" | "fsynced" = "acknowledged"): number {
    return countReplicas(
      [...this.#drives.keys()].map((drive) => drive.session),
      offset,
      what,
    );
  }

  /** Asks all replicas and waits; resolves with how many there are at the end. Rejects with the signal's reason. */
  async wait(wanted: WaitForReplicas): Promise<number> {
    const { offset, what, timeoutMs, signal, asks = true } = wanted;
    if (this.count(offset, what) >= wanted.count) return this.count(offset, what);
    // Whoever forwards adds nothing to the stream: there the primary above asks, or the replicas' own second passes.
    if (this.#isTop && asks) this.feed.getAck();
    const patience = new AbortController();
    await new Promise<void>((resolve, reject) => {
      const done = () => {
        this.#waiters.delete(waiter);
        resolve();
      };
      const waiter: Waiter = { wanted, done };
      this.#waiters.add(waiter);
      const stop = () => {
        this.#waiters.delete(waiter);
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", stop, { once: true, signal: patience.signal });
      if (timeoutMs > 0) this.#options.clock.sleep(timeoutMs, patience.signal).then(done, () => {});
    }).finally(() => patience.abort());
    return this.count(offset, what);
  }

  #sessionOptions(): PrimarySessionOptions {
    const { authenticate, timeoutMs, backlog, refusal, aheadRefusal } = this.#options;
    const history = () => this.#history;
    const facts: PrimaryFacts = {
      get history() {
        return history();
      },
      backlog,
      get refusal() {
        return refusal?.();
      },
      get aheadRefusal() {
        return aheadRefusal?.();
      },
    };
    return { facts, authenticate, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
  }

  #factsOf({ peer, session }: PrimaryDrive, number: number): ReplicaFacts {
    const { profile, phase, resync, snapshotBytes, sentOffset, acknowledgedOffset, refusal } = session;
    const heardMsAgo = this.#options.clock.monotonicMs() - session.heardAtMs;
    const sent = { resync, snapshotBytes, sentOffset };
    return { number, peer, profile, phase, ...sent, acknowledgedOffset, heardMsAgo, refusal };
  }

  #wakeWaiters(): void {
    for (const { wanted, done } of this.#waiters)
      if (this.count(wanted.offset, wanted.what) >= wanted.count) done();
  }

  /** When nothing was said for a while. Without replicas nothing is: pings would only move the offset. */
  #schedulePing(): void {
    const isWanted = this.#isTop && this.#drives.size > 0 && !this.#isStopped;
    this.#pingAlarm.set(isWanted ? this.#quietSinceMs + this.#pingEveryMs : Number.POSITIVE_INFINITY);
  }

  #ping(): void {
    const isSilent = this.#options.clock.monotonicMs() - this.#quietSinceMs >= this.#pingEveryMs;
    if (isSilent && this.#isTop && this.#drives.size > 0) this.feed.ping();
    this.#schedulePing();
  }

  get #pingEveryMs(): number {
    return this.#options.pingEveryMs ?? 10_000;
  }
}
