/**
 * `holdfast serve`: a primary over files. Any server that is told REPLICAOF has the data.
 *
 *   path ──▶ checked ──▶ listening ──▶ replicas served ──▶ Ctrl-C, or enough of them have it all
 *
 * Nobody can connect before every byte is found sound. What goes on is told by ReplicaWatch, event by event.
 */
import {
  createProgress,
  exitCode,
  formatCount,
  formatDuration,
  openSpooled,
  Problem,
  type ProgressChoice,
  parseCount,
  UsageError,
} from "@holdfast/command-line";
import { rdbTarget, rdbTargetNames } from "@holdfast/rdb";
import type { Host } from "../host.ts";
import { type ListenerFlags, type ListenerSettings, readListenerSettings } from "../listener-settings.ts";
import { parseTimeout } from "../timeouts.ts";
import { openData } from "./open-data.ts";
import { PrimaryServer } from "./primary-server.ts";
import type { ServeOutcome } from "./serve-events.ts";
import { type ServeFormat, ServeOutput } from "./serve-output.ts";
import type { ServedData } from "./served-data.ts";

export interface ServeCommandOptions extends ListenerFlags {
  /** True without a number. */
  readonly untilAcked?: string | true;
  readonly timeout?: string;
  readonly replicaTimeout: string;
  readonly target?: string;
  readonly allowLoss?: boolean;
  readonly loadTruncated?: boolean;
  readonly format: ServeFormat;
  readonly json?: boolean;
  readonly progress: ProgressChoice;
}

interface ServeSettings {
  readonly listener: ListenerSettings;
  readonly replicaTimeoutMs: number;
  /** Replicas to wait for; undefined: serve until it is stopped. */
  readonly wanted: number | undefined;
  /** 0: for ever. */
  readonly waitMs: number;
}

export async function runServe(host: Host, path: string, options: ServeCommandOptions): Promise<number> {
  const target = targetOf(options.target);
  const settings = await settingsOf(host, options);
  const output = new ServeOutput(host, options.format);
  const data = await checkedData(host, path, target, options);
  try {
    output.emit({ event: "checked", path, ...data.facts });
    for (const text of data.warnings) output.emit({ event: "warning", text });
    return await serve(host, path, data, { settings, options, output });
  } finally {
    await data.source.close();
  }
}

function targetOf(name: string | undefined) {
  if (name === undefined) return undefined;
  const target = rdbTarget(name);
  if (target !== undefined) return target;
  throw new UsageError(`--target ${name} is not known`, {
    nextStep: `give one of ${rdbTargetNames.join(", ")}, or rdb:N`,
  });
}

async function settingsOf(host: Host, options: ServeCommandOptions): Promise<ServeSettings> {
  const { untilAcked, timeout, json, format } = options;
  if (json === true && format === "ndjson")
    throw new UsageError(
      "--json is one document at the end, --format ndjson a stream: both go to standard output",
      {
        nextStep: "give one of them",
      },
    );
  if (timeout !== undefined && untilAcked === undefined)
    throw new UsageError("--timeout says how long --until-acked waits, which is not given");
  const wanted = untilAcked === true ? 1 : untilAcked;
  return {
    listener: await readListenerSettings(host, options),
    replicaTimeoutMs: parseTimeout("--replica-timeout", options.replicaTimeout),
    wanted: typeof wanted === "string" ? parseCount("--until-acked", wanted, 1) : wanted,
    waitMs: timeout === undefined ? 0 : parseTimeout("--timeout", timeout),
  };
}

async function checkedData(
  host: Host,
  path: string,
  target: ReturnType<typeof targetOf>,
  options: ServeCommandOptions,
): Promise<ServedData> {
  const { files, signal, clock, writeErr, stderrScreen } = host;
  const { allowLoss, loadTruncated } = options;
  let progress: ReturnType<typeof createProgress> | undefined;
  const begin = (totalBytes: number) =>
    createProgress(options.progress, stderrScreen.isTerminal, {
      program: "holdfast",
      clock,
      write: writeErr,
      totalBytes,
    });
  try {
    return await openData({
      files,
      path,
      target,
      signal,
      allowLoss: allowLoss === true,
      loadTruncated: loadTruncated === true,
      spool: (packed) => openSpooled(host, "holdfast", packed),
      onProgress: (bytes, totalBytes) => {
        progress ??= begin(totalBytes);
        progress.update(bytes);
      },
    });
  } finally {
    progress?.end();
  }
}

interface Serving {
  readonly settings: ServeSettings;
  readonly options: ServeCommandOptions;
  readonly output: ServeOutput;
}

async function serve(host: Host, path: string, data: ServedData, serving: Serving): Promise<number> {
  const { settings, options, output } = serving;
  const server = new PrimaryServer({ host, data, output, ...settings, progress: options.progress });
  const address = await server.listen();
  const outcome = await server.run();
  output.emit({ event: "done", ...outcome });
  await output.flush();
  if (options.json === true) await host.writeOut(documentOf(path, address, data, outcome));
  return answer(host, path, outcome, serving);
}

/** The exit code, and for people what it came to. */
async function answer(
  host: Host,
  path: string,
  outcome: ServeOutcome,
  { settings, options }: Serving,
): Promise<number> {
  const { complete, wanted, dataEndOffset } = outcome;
  if (outcome.outcome === "interrupted") throw host.signal.reason;
  if (outcome.outcome === "timeout")
    throw new Problem(
      exitCode.connection,
      `${formatCount(complete)} of ${formatCount(wanted ?? 0)} replicas had all of it after ${formatDuration(settings.waitMs)}`,
      {
        nextStep: "see the lines above and the logs of the replicas; a longer --timeout gives them more time",
      },
    );
  const isText = options.json !== true && options.format === "text";
  const who = complete === 1 ? "1 replica has" : `${formatCount(complete)} replicas have`;
  if (isText) await host.writeOut(Buffer.from(`${who} all of ${path}, offset ${dataEndOffset}\n`, "utf8"));
  return exitCode.ok;
}

function documentOf(path: string, address: string, data: ServedData, outcome: ServeOutcome): Uint8Array {
  const { source, facts } = data;
  const { replid } = source.history;
  const document = { format: "holdfast-serve", version: 1, path, address, replid, ...outcome, ...facts };
  return Buffer.from(`${JSON.stringify(document, null, 2)}\n`, "utf8");
}
