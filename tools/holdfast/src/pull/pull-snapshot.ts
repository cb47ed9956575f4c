/**
 * One full resync into a target: connects as a replica, takes the snapshot, leaves. An attempt that failed on the way is
 * repeated from the start.
 *
 *   PSYNC ? -1 ──▶ +FULLRESYNC id offset ──▶ snapshot ──▶ target ──▶ checked ──▶ leave
 *                       ▲                        │
 *                       └──── target.restart() ◀─┘  the link broke, and there are retries left
 *
 * Structure and checksum are checked as the bytes pass (packages/resync, snapshot-reader.ts), so nothing is read twice. The primary is
 * read as fast as the target takes it; there is no other buffer. The stream behind the snapshot is not waited for.
 */
import { exitCode, Problem } from "@holdfast/command-line";
import type { Address, Clock, Network, Random, TlsOptions } from "@holdfast/platform";
import {
  type Credentials,
  followPrimary,
  type LinkTrouble,
  type ReplicaSink,
  type ReplicaState,
  type SnapshotFacts,
} from "@holdfast/resync";
import { isWorthRetrying, linkProblem } from "./link-problem.ts";
import type { SnapshotTarget } from "./snapshot-target.ts";

export interface PullSource {
  readonly address: Address;
  /** Where it is now, to be asked before each attempt; undefined: at `address`. */
  readonly locate?: () => Promise<Address>;
  /** The server in messages: without its password. */
  readonly shown: string;
  readonly tls: TlsOptions | undefined;
  readonly credentials: Credentials | undefined;
}

export interface PullOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  readonly source: PullSource;
  readonly target: SnapshotTarget;
  /** A primary that says nothing for so long is gone. */
  readonly timeoutMs: number;
  /** Attempts after the first one. */
  readonly retriesMax: number;
  /** A snapshot begins, of so many bytes when the primary knows it. */
  readonly onStart: (totalBytes: number | undefined) => void;
  /** So much of it is in the target. */
  readonly onBytes: (bytes: number) => void;
  /** An attempt ended in vain, and another follows. */
  readonly onRetry: (problem: Problem, inMs: number) => void;
  readonly signal: AbortSignal;
}

export interface PulledSnapshot {
  /** Where in the primary's stream the snapshot stands. */
  readonly state: ReplicaState;
  readonly facts: SnapshotFacts;
  /** How many it took, the last one included. */
  readonly attempts: number;
}

/**
 * Resolves when all of the snapshot is in the target and was found sound. Throws Problem for what a server or network did, what the
 * target rejected with, and the signal's reason.
 */
export async function pullSnapshot(options: PullOptions): Promise<PulledSnapshot> {
  const { source, timeoutMs, signal, network, clock, random } = options;
  const pull = new Pull(options);
  try {
    return await followPrimary({
      network,
      clock,
      random,
      address: source.locate ?? (() => source.address),
      tls: source.tls,
      session: { credentials: source.credentials, timeoutMs },
      sink: pull,
      onTrouble: (trouble) => pull.failed(trouble),
      signal: AbortSignal.any([signal, pull.ended]),
    });
  } catch (error) {
    if (pull.result !== undefined && error === pull.ended.reason) return pull.result;
    throw error;
  }
}

class Pull implements ReplicaSink {
  readonly #options: PullOptions;
  readonly #end = new AbortController();
  #bytes = 0;
  #attempts = 1;
  result: PulledSnapshot | undefined;

  constructor(options: PullOptions) {
    this.#options = options;
  }

  /** Aborted when the snapshot is there, and with a Problem when it will not come. */
  get ended(): AbortSignal {
    return this.#end.signal;
  }

  failed({ error, failures, retryInMs }: LinkTrouble): void {
    const { source, retriesMax, onRetry } = this.#options;
    const problem = linkProblem(error, source.shown, source.credentials);
    if (failures > retriesMax || !isWorthRetrying(error)) {
      this.#end.abort(problem);
      return;
    }
    this.#attempts = failures + 1;
    onRetry(problem, retryInMs);
  }

  async fullResync(): Promise<void> {
    this.#bytes = 0;
    if (await this.#options.target.restart()) return;
    throw new Problem(
      exitCode.connection,
      "the link broke when a part of the snapshot had gone out already",
      {
        nextStep: "what was written is worthless: run it again, or give -o FILE, which can begin anew",
      },
    );
  }

  async snapshotStart(totalBytes: number | undefined): Promise<void> {
    this.#options.onStart(totalBytes);
  }

  async snapshotBytes(bytes: Uint8Array): Promise<void> {
    await this.#options.target.append(bytes);
    this.#bytes += bytes.length;
    this.#options.onBytes(this.#bytes);
  }

  async snapshotEnd(state: ReplicaState, facts: SnapshotFacts): Promise<void> {
    this.result = { state, facts, attempts: this.#attempts };
    this.#end.abort(new Error("the snapshot is there"));
  }

  /** Never granted to who asks for everything. */
  async continued(): Promise<void> {}

  /** Behind the snapshot: not wanted. */
  async stream(): Promise<void> {}

  async settle(): Promise<void> {}

  settledOffset(): number {
    return this.result?.state.offset ?? 0;
  }
}
