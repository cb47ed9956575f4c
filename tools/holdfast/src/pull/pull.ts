/** `holdfast pull`: one full resync to a file, which has its name only when it is whole, sound and synced. */
import {
  createProgress,
  exitCode,
  formatCount,
  formatDuration,
  formatSize,
  Problem,
  type Progress,
  type ProgressChoice,
  parseCount,
  refuseExisting,
  UsageError,
} from "@holdfast/command-line";
import { FileExistsError, replaceFile } from "@holdfast/platform";
import type { Host } from "../host.ts";
import { withoutChecksum } from "../kept/kept-sink.ts";
import { parseServerPlace } from "../servers/read-access.ts";
import { parseTimeout } from "../timeouts.ts";
import { runFollow } from "./follow.ts";
import type { PullCommandOptions } from "./pull-options.ts";
import { type PulledSnapshot, type PullSource, pullSnapshot } from "./pull-snapshot.ts";
import { sourceOf } from "./pull-source.ts";
import { fileTarget, type SnapshotTarget, streamTarget } from "./snapshot-target.ts";

/** With a file as its target. */
interface PullToFileOptions extends PullCommandOptions {
  readonly output: string;
}

export function runPull(host: Host, text: string, options: PullCommandOptions): Promise<number> {
  const { follow, output } = options;
  if (follow !== undefined) return runFollow(host, text, { ...options, follow });
  if (options.for !== undefined || options.untilOffset !== undefined)
    throw new UsageError("--for and --until-offset say when --follow stops", {
      nextStep: "give --follow DIR",
    });
  if (output === undefined)
    throw new UsageError("there is no target", { nextStep: "give -o FILE, --follow DIR, or both" });
  return runPullOnce(host, text, { ...options, output });
}

async function runPullOnce(host: Host, text: string, options: PullToFileOptions): Promise<number> {
  const limits = {
    timeoutMs: parseTimeout("--timeout", options.timeout),
    retriesMax: parseCount("--retries", options.retries),
  };
  const source = await sourceOf(host, parseServerPlace(text), options, limits.timeoutMs);
  const pull = (target: SnapshotTarget) => pullChecked(host, source, target, { ...options, ...limits });
  if (options.output !== "-") {
    const pulled = await pullToFile(host, options, pull);
    await host.writeOut(Buffer.from(`${answerText(source, pulled, options)}\n`, "utf8"));
  } else {
    if (options.json === true)
      throw new UsageError("--json and the snapshot cannot both go to standard output", {
        nextStep: "give -o FILE",
      });
    host.writeErr(`holdfast: ${answerText(source, await pull(streamTarget(host.writeOut)), options)}\n`);
  }
  return exitCode.ok;
}

async function pullToFile(
  { files }: Host,
  { output, force }: PullToFileOptions,
  pull: (target: SnapshotTarget) => Promise<PulledSnapshot>,
): Promise<PulledSnapshot> {
  const overwrite = force === true;
  // Before a server forks for nothing.
  await refuseExisting(files, output, overwrite);
  let pulled: PulledSnapshot | undefined;
  try {
    const write = async (file: Parameters<typeof fileTarget>[0]) => {
      pulled = await pull(fileTarget(file));
    };
    await replaceFile(files, output, write, { overwrite });
  } catch (error) {
    if (!(error instanceof FileExistsError)) throw error;
    throw new Problem(exitCode.targetExists, `${output} has appeared meanwhile and is not replaced`, {
      nextStep: "give --force to replace it, or another name",
      cause: error,
    });
  }
  return pulled!;
}

interface CheckedOptions extends PullCommandOptions {
  readonly timeoutMs: number;
  readonly retriesMax: number;
}

async function pullChecked(
  host: Host,
  source: PullSource,
  target: SnapshotTarget,
  options: CheckedOptions,
): Promise<PulledSnapshot> {
  const { network, clock, random, signal, writeErr } = host;
  const { timeoutMs, retriesMax } = options;
  let progress: Progress | undefined;
  try {
    const pulled = await pullSnapshot({
      network,
      clock,
      random,
      source,
      target,
      timeoutMs,
      retriesMax,
      signal,
      onStart: (totalBytes) => {
        progress = progressOf(host, options.progress, totalBytes);
      },
      onBytes: (bytes) => progress?.update(bytes),
      onRetry: (problem, inMs) => {
        progress?.end();
        writeErr(`holdfast: ${problem.message}; again in ${formatDuration(inMs)}\n`);
      },
    });
    refuseWithoutChecksum(source, pulled, options);
    return pulled;
  } finally {
    progress?.end();
  }
}

function progressOf(host: Host, choice: ProgressChoice, totalBytes: number | undefined): Progress {
  const { clock, writeErr, stderrScreen } = host;
  return createProgress(choice, stderrScreen.isTerminal, {
    program: "holdfast",
    clock,
    write: writeErr,
    totalBytes,
  });
}

function refuseWithoutChecksum(
  { shown }: PullSource,
  { facts }: PulledSnapshot,
  { allowNoChecksum }: PullCommandOptions,
): void {
  if (facts.checksum !== "ok" && allowNoChecksum !== true) throw withoutChecksum(shown);
}

function answerText(source: PullSource, pulled: PulledSnapshot, { output, json }: PullToFileOptions): string {
  if (json === true) return JSON.stringify(documentOf(source, pulled, output), null, 2);
  const { facts, state } = pulled;
  const checksum = facts.checksum === "ok" ? "checksum right" : "no checksum, structure sound";
  const what = `${formatSize(facts.sizeBytes)}, ${formatCount(facts.keyCount)} keys, ${checksum}`;
  const name = output === "-" ? "standard output" : output;
  return `${name}: ${what}, ${source.shown} at offset ${state.offset} of ${state.history.replid}`;
}

function documentOf({ shown }: PullSource, { state, facts, attempts }: PulledSnapshot, path: string): object {
  return {
    format: "holdfast-pull",
    version: 1,
    path,
    source: shown,
    sizeBytes: facts.sizeBytes,
    keyCount: facts.keyCount,
    dialect: facts.dialect,
    rdbVersion: facts.rdbVersion,
    checksum: facts.checksum,
    replid: state.history.replid,
    offset: state.offset,
    streamDb: state.db ?? null,
    attempts,
  };
}
