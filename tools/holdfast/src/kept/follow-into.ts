/**
 * A replica of a server that keeps what it receives in a directory, until it is told to stop.
 *
 * As long as nothing is kept, it ends like `pull` when the server cannot be reached or refuses. Later a link that breaks is tried for ever:
 * what is kept stays what it is, and goes on where it ended.
 */
import type { Problem } from "@holdfast/command-line";
import type { Clock, Network, Random } from "@holdfast/platform";
import { followPrimary, type LinkTrouble } from "@holdfast/resync";
import { isWorthRetrying, linkProblem } from "../pull/link-problem.ts";
import type { PullSource } from "../pull/pull-snapshot.ts";
import type { KeptDirectory } from "./kept-directory.ts";
import { KeptSink, type KeptSinkHears } from "./kept-sink.ts";
import { BaseRenewal } from "./renew-base.ts";

export interface FollowIntoOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  readonly source: PullSource;
  /** Is closed at the end. */
  readonly kept: KeptDirectory;
  readonly hears: KeptSinkHears;
  readonly timeoutMs: number;
  /** Attempts after one that broke, as long as nothing is kept. */
  readonly retriesMax: number;
  readonly allowNoChecksum: boolean;
  /** So much stream behind a base is borne before another one is asked for, and as much as the base has. */
  readonly newBaseAfterBytes: number;
  readonly tell: (text: string) => void;
  /** Also when the server refuses us: somebody else depends on what is kept already. */
  readonly neverGivesUp: boolean;
  /** The link is down, and tried again. */
  readonly onTrouble: (problem: Problem, trouble: LinkTrouble) => void;
  readonly signal: AbortSignal;
}

/** Rejects with the signal's reason when everything that arrived is durable; with a Problem, or what the disk did, otherwise. */
export async function followInto(options: FollowIntoOptions): Promise<never> {
  const { network, clock, random, source, kept, timeoutMs, allowNoChecksum, hears, signal } = options;
  const end = new AbortController();
  const onFailure = (error: unknown) => end.abort(error);
  const both = AbortSignal.any([signal, end.signal]);
  const over = new AbortController();
  const renewal = new BaseRenewal({ ...options, signal: AbortSignal.any([both, over.signal]) });
  kept.whenFull(() => renewal.giveWay());
  const heard: KeptSinkHears = {
    snapshotStarted: (totalBytes) => hears.snapshotStarted(totalBytes),
    snapshotGrew: (bytes) => hears.snapshotGrew(bytes),
    replaced: (state, facts) => hears.replaced(state, facts),
    continued: (state) => hears.continued(state),
    streamed: (sizeBytes, state) => hears.streamed(sizeBytes, state),
    synced: () => {
      hears.synced();
      renewal.consider();
    },
  };
  const sink = new KeptSink({ kept, clock, allowNoChecksum, shown: source.shown, hears: heard, onFailure });
  try {
    return await followPrimary({
      network,
      clock,
      random,
      address: async () => (await source.locate?.()) ?? source.address,
      tls: source.tls,
      session: { credentials: source.credentials, timeoutMs, resumeFrom: kept.state },
      sink,
      onTrouble: (trouble) => {
        const problem = linkProblem(trouble.error, source.shown, source.credentials);
        if (isFinal(trouble, options)) end.abort(problem);
        else options.onTrouble(problem, trouble);
      },
      signal: both,
    });
  } finally {
    over.abort(new Error("nothing is followed any more"));
    await renewal.settled();
    await sink.close();
  }
}

function isFinal({ error, failures }: LinkTrouble, options: FollowIntoOptions): boolean {
  const { kept, retriesMax, neverGivesUp } = options;
  if (neverGivesUp && kept.base !== undefined) return false;
  const isOfStream = error.code === "RESYNC_BAD_STREAM" && kept.base !== undefined;
  if (!isWorthRetrying(error) && !isOfStream) return true;
  return kept.base === undefined && failures > retriesMax;
}
