/**
 * A replica's session on a real connection: reads, writes, keeps time, and hands what arrives to a sink, one thing after the other.
 *
 *   connection ── bytes ──▶ session ── actions ──▶ sink          reading goes on when the sink has taken what was read
 *        ▲                     │  ▲                  │
 *        └────── ACK ──────────┘  └── is durable ────┘           ACKs go out meanwhile, whatever the sink is busy with
 */
import type { Clock, Connection } from "@holdfast/platform";
import { Alarm } from "./alarm.ts";
import type { ResyncError } from "./errors.ts";
import type { ReplicaAction } from "./replica-actions.ts";
import type { ReplicaSession } from "./replica-session.ts";
import type { ReplicaState } from "./replica-state.ts";
import type { ReplicationId } from "./replication-id.ts";
import type { SnapshotFacts } from "./snapshot-reader.ts";

/**
 * Who keeps what a replica receives. Calls do not overlap, except for settle(). What a call rejects with ends the drive: a
 * replica that cannot keep its data must not look alive.
 */
export interface ReplicaSink {
  /** Everything will come anew. What there is stays valid until snapshotEnd(). */
  fullResync(announced: { readonly replid: ReplicationId; readonly offset: number }): Promise<void>;
  snapshotStart(sizeBytes: number | undefined): Promise<void>;
  /** Must not change the bytes. */
  snapshotBytes(bytes: Uint8Array): Promise<void>;
  /** Resolves when snapshot and state are durable and have replaced what was there before. */
  snapshotEnd(state: ReplicaState, facts: SnapshotFacts): Promise<void>;
  /** Partial resync. When the replid is new, it has to be durable before stream() of it is. */
  continued(state: ReplicaState): Promise<void>;
  /** Whole units from `offset` on; taken, not necessarily durable, when it resolves. Must not change the bytes. */
  stream(bytes: readonly Uint8Array[], offset: number, state: ReplicaState): Promise<void>;
  /** Makes everything that was taken durable; somebody waits for it. */
  settle(): Promise<void>;
  /** What is durable. Asked often. */
  settledOffset(): number;
}

export interface ReplicaDriveOptions {
  readonly session: ReplicaSession;
  /** Is closed at the end. */
  readonly connection: Connection;
  readonly clock: Clock;
  readonly sink: ReplicaSink;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs the session until the link is over, and says why. Rejects with what the sink rejected with, or with the signal's reason.
 */
export async function driveReplica(options: ReplicaDriveOptions): Promise<ResyncError> {
  const drive = new ReplicaDrive(options);
  const { signal, connection } = options;
  const stop = () => connection.destroy();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    signal?.throwIfAborted();
    const reason = await drive.run();
    signal?.throwIfAborted();
    return reason;
  } finally {
    signal?.removeEventListener("abort", stop);
    drive.end();
  }
}

class ReplicaDrive {
  readonly #session: ReplicaSession;
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #sink: ReplicaSink;
  readonly #alarm: Alarm;
  #closedBy: ResyncError | undefined;
  #isSettling = false;
  #isSettleWanted = false;
  /** What settle() rejected with: nobody awaits it. */
  #failure: { readonly error: unknown } | undefined;

  constructor({ session, connection, clock, sink }: ReplicaDriveOptions) {
    this.#session = session;
    this.#connection = connection;
    this.#clock = clock;
    this.#sink = sink;
    this.#alarm = new Alarm(clock, () => this.#tick());
  }

  async run(): Promise<ResyncError> {
    await this.#perform(this.#session.start(this.#clock.monotonicMs()));
    while (this.#closedBy === undefined) {
      this.#session.listening(this.#clock.monotonicMs());
      this.#setAlarm();
      const actions = await this.#read();
      await this.#perform(actions);
      if (this.#failure !== undefined) throw this.#failure.error;
    }
    return this.#closedBy;
  }

  end(): void {
    this.#alarm.set(Number.POSITIVE_INFINITY);
    this.#connection.destroy();
  }

  async #read(): Promise<readonly ReplicaAction[]> {
    try {
      const bytes = await this.#connection.read();
      if (bytes === undefined) return this.#session.ended();
      const actions = this.#session.receive(bytes, this.#clock.monotonicMs());
      this.#session.busy();
      return actions;
    } catch (cause) {
      return this.#session.ended(cause);
    }
  }

  async #perform(actions: readonly ReplicaAction[]): Promise<void> {
    for (const action of actions) {
      if (action.kind === "send") this.#send(action.bytes);
      else if (action.kind === "close") this.#close(action.error);
      else if (action.kind === "settle-wanted") this.#startSettling();
      else await this.#hand(action);
    }
    this.#reportSettled();
  }

  async #hand(action: Exclude<ReplicaAction, { kind: "send" | "close" | "settle-wanted" }>): Promise<void> {
    const sink = this.#sink;
    this.#setAlarm();
    switch (action.kind) {
      case "full-resync":
        return sink.fullResync(action);
      case "snapshot-start":
        return sink.snapshotStart(action.sizeBytes);
      case "snapshot-bytes":
        return sink.snapshotBytes(action.bytes);
      case "snapshot-end":
        await sink.snapshotEnd(action.state, action.facts);
        return this.#performNow(this.#session.snapshotStored(this.#clock.monotonicMs()));
      case "continued":
        return sink.continued(action.state);
      case "stream":
        return sink.stream(action.bytes, action.offset, action.state);
    }
  }

  #tick(): void {
    this.#reportSettled();
    this.#performNow(this.#session.tick(this.#clock.monotonicMs()));
    this.#setAlarm();
  }

  /** Actions of ticks and reports: nothing in them is for the sink. */
  #performNow(actions: readonly ReplicaAction[]): void {
    for (const action of actions) {
      if (action.kind === "send") this.#send(action.bytes);
      else if (action.kind === "close") this.#close(action.error);
    }
  }

  #reportSettled(): void {
    if (this.#session.phase !== "streaming") return;
    this.#performNow(this.#session.settled(this.#sink.settledOffset(), this.#clock.monotonicMs()));
  }

  /** Not awaited: reading goes on meanwhile. One at a time; one more if it was wanted again. */
  #startSettling(): void {
    this.#isSettleWanted = true;
    if (this.#isSettling) return;
    this.#isSettling = true;
    this.#settleWhileWanted()
      .catch((error: unknown) => {
        this.#failure = { error };
        this.#connection.destroy();
      })
      .finally(() => {
        this.#isSettling = false;
      });
  }

  async #settleWhileWanted(): Promise<void> {
    while (this.#isSettleWanted) {
      this.#isSettleWanted = false;
      await this.#sink.settle();
      this.#reportSettled();
    }
  }

  /** Not awaited: an ACK is small, and a connection that broke says so to the reader. */
  #send(bytes: Uint8Array): void {
    this.#connection.write(bytes).catch(() => {});
  }

  #close(error: ResyncError): void {
    this.#closedBy ??= error;
    this.#connection.destroy();
  }

  #setAlarm(): void {
    this.#alarm.set(this.#session.wakeAtMs);
  }
}
