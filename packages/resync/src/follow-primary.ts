/**
 * A replica that never gives up: connects, follows, and when the link ends connects again and goes on where it was.
 *
 *   connect ──▶ driveReplica ──▶ wait (back-off.ts) ──▶ connect …          until the signal is aborted, or the sink fails
 *
 * Each attempt asks for what is behind the last unit that was handed to the sink. After a stream that could not be understood
 * everything is asked for, as servers do: going on would meet the same bytes again.
 */
import {
  type Address,
  type Clock,
  ConnectionError,
  type Network,
  type Random,
  type TlsOptions,
} from "@holdfast/platform";
import { type BackOffOptions, backOffMs } from "./back-off.ts";
import { driveReplica, type ReplicaSink } from "./drive-replica.ts";
import { ResyncError } from "./errors.ts";
import { ReplicaSession, type ReplicaSessionOptions } from "./replica-session.ts";
import type { ReplicaState } from "./replica-state.ts";

/** Why an attempt ended, told before the next one is waited for. */
export interface LinkTrouble {
  readonly error: ResyncError;
  /** Attempts in vain since the stream flowed last, this one included. */
  readonly failures: number;
  readonly retryInMs: number;
  /** What the next attempt asks for: undefined for everything. */
  readonly resumeFrom: ReplicaState | undefined;
}

export interface FollowOptions {
  readonly network: Network;
  readonly clock: Clock;
  /** For the random part of delays. */
  readonly random: Random;
  /** Asked before each attempt: where the primary is may change. What it rejects with is one attempt in vain. */
  readonly address: () => Address | Promise<Address>;
  /** Speak TLS when given. */
  readonly tls?: TlsOptions | undefined;
  /** Credentials, announced address, timeouts, and where the first attempt goes on. */
  readonly session?: ReplicaSessionOptions;
  readonly sink: ReplicaSink;
  readonly backOff?: BackOffOptions;
  /** Every attempt that ended is told here; nothing else is said of it. */
  readonly onTrouble: (trouble: LinkTrouble) => void;
  readonly signal: AbortSignal;
}

const DEFAULT_TIMEOUT_MS = 60_000;

/** Never resolves: rejects with the signal's reason, or with what the sink rejected with. */
export async function followPrimary(options: FollowOptions): Promise<never> {
  const { clock, signal, onTrouble } = options;
  let resumeFrom = options.session?.resumeFrom;
  for (let failures = 0; ; ) {
    const session = new ReplicaSession({ ...options.session, resumeFrom });
    const error = await attempt(session, options);
    failures = session.hasStreamed ? 1 : failures + 1;
    resumeFrom = error.code === "RESYNC_BAD_STREAM" ? undefined : session.state;
    const fraction = options.random.bytes(1)[0] / 256;
    const retryInMs = backOffMs({ failures, code: error.code }, fraction, options.backOff);
    onTrouble({ error, failures, retryInMs, resumeFrom });
    await clock.sleep(retryInMs, signal);
  }
}

async function attempt(session: ReplicaSession, options: FollowOptions): Promise<ResyncError> {
  const { clock, sink, signal } = options;
  signal.throwIfAborted();
  const connection = await connect(options);
  if (connection instanceof ResyncError) return connection;
  return driveReplica({ session, connection, clock, sink, signal });
}

/** A connection, or why there is none. */
async function connect(options: FollowOptions) {
  const { network, clock, tls, signal } = options;
  const timeoutMs = options.session?.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const patience = new AbortController();
  const sleep = new AbortController();
  const timedOut = new ResyncError("RESYNC_TIMEOUT", `no connection to the primary within ${timeoutMs} ms`);
  clock.sleep(timeoutMs, sleep.signal).then(
    () => patience.abort(timedOut),
    () => {},
  );
  try {
    const address = await options.address();
    const both = AbortSignal.any([signal, patience.signal]);
    return await network.connect({ address, signal: both, ...(tls === undefined ? {} : { tls }) });
  } catch (cause) {
    signal.throwIfAborted();
    if (cause === timedOut) return timedOut;
    const detail = cause instanceof ConnectionError ? cause.message : `no address: ${String(cause)}`;
    return new ResyncError("RESYNC_DISCONNECTED", detail, { cause });
  } finally {
    sleep.abort();
  }
}
