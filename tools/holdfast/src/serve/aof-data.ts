/** Append-only files to be served: checked as a whole first, then snapshot and stream as aof-files.ts says. */
import { type AofReport, loadedFiles, locateAof } from "@holdfast/aof";
import { exitCode, formatSize, Problem } from "@holdfast/command-line";
import type { FileSystem } from "@holdfast/platform";
import {
  emptyRdb,
  newHistory,
  StoredBacklog,
  type StoredRdb,
  StoredSnapshots,
  StoredStream,
} from "@holdfast/resync";
import { checkAofFiles, loadedReports, streamParts } from "./aof-files.ts";
import { snapshotToSend } from "./convert-snapshot.ts";
import { placed, refuseUnsound } from "./data-problem.ts";
import { fileWords, historyId } from "./history-id.ts";
import { FIRST_OFFSET } from "./rdb-data.ts";
import { RdbFile } from "./rdb-file.ts";
import type { OpenDataOptions, ServedData, SnapshotOfData, StreamOfData } from "./served-data.ts";

export async function openAofData(options: OpenDataOptions): Promise<ServedData> {
  const { files, path, signal, onProgress } = options;
  const totalBytes = await totalSize(files, path);
  const report = await checkAofFiles(files, path, {
    signal,
    onProgress: (bytes) => onProgress(bytes, totalBytes),
  });
  refuseUnsound(report, options);
  refuseLaterRdb(report);
  const base = loadedReports(report)[0];
  if (base?.rdb === undefined) return openChecked(options, report, await emptyRdb());
  const file = new RdbFile(await files.open(base.path, "read"), "none", base.rdb.sizeBytes);
  try {
    const { source, ...rest } = await openChecked(options, report, file.stored(base.rdb));
    const close = async () => {
      await source.close();
      await file.close();
    };
    return { ...rest, source: { ...source, close } };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** `snapshot` stays its owner's. */
async function openChecked(
  options: OpenDataOptions,
  report: AofReport,
  snapshot: StoredRdb,
): Promise<ServedData> {
  const { files, signal } = options;
  const { rdb, conversion, warnings } = await snapshotToSend(snapshot, options);
  const id = await idOf(files, report, conversion?.target);
  const parts = await streamParts(files, report);
  const stream = await StoredStream.open(files, parts, { startOffset: FIRST_OFFSET, signal });
  return {
    source: {
      history: newHistory(id),
      backlog: new StoredBacklog(stream),
      snapshots: new StoredSnapshots(rdb, FIRST_OFFSET),
      close: () => stream.close(),
    },
    facts: {
      kind: "aof",
      container: "none",
      snapshot: snapshotFacts(report),
      conversion,
      stream: streamFacts(report, stream.endOffset - FIRST_OFFSET),
    },
    warnings: [...oddities(report), ...warnings],
  };
}

/** For progress only: what is missing or new is for the check to say. */
async function totalSize(files: FileSystem, path: string): Promise<number> {
  const location = await locateAof(files, path);
  if (location.kind === "file") return location.sizeBytes;
  const { manifest, sizes } = location.directory;
  return loadedFiles(manifest).reduce((sum, { name }) => sum + (sizes.get(name) ?? 0), 0);
}

/** A stream has no place for a second snapshot. */
function refuseLaterRdb(report: AofReport): void {
  const later = loadedReports(report)
    .slice(1)
    .find(({ rdb }) => rdb !== undefined);
  if (later === undefined) return;
  throw new Problem(exitCode.unsupported, `${later.path} begins with an RDB, and is not the first file`, {
    nextStep: "aof-check rewrite makes one base of all of it",
  });
}

async function idOf(files: FileSystem, report: AofReport, target: string | undefined) {
  const words = ["aof", target ?? ""];
  for (const { path, soundBytes } of loadedReports(report))
    words.push(await fileWords(files, path, soundBytes));
  return historyId(words);
}

function snapshotFacts(report: AofReport): SnapshotOfData | undefined {
  const rdb = loadedReports(report)[0]?.rdb;
  if (rdb === undefined) return undefined;
  const { dialect, version, sizeBytes, keyCount, serverVersion } = rdb;
  const family = report.server?.split("-")[0] ?? dialect;
  const writtenBy = serverVersion === undefined ? undefined : `${family} ${serverVersion}`;
  return { dialect, version, writtenBy, sizeBytes, keyCount, checksum: "checked" };
}

function streamFacts(report: AofReport, sizeBytes: number): StreamOfData {
  const loaded = loadedReports(report);
  return {
    fileCount: loaded.filter(({ commands }) => commands > 0).length,
    commandCount: loaded.reduce((sum, { commands }) => sum + commands, 0),
    sizeBytes,
    cutBytes: loaded.reduce((sum, file) => sum + file.sizeBytes - file.soundBytes, 0),
  };
}

function oddities(report: AofReport): string[] {
  const loaded = loadedReports(report);
  const lines = report.problems.filter(({ severity }) => severity === "warning").map(placed);
  for (const { path, sizeBytes, soundBytes } of loaded)
    if (soundBytes < sizeBytes)
      lines.push(
        `${path}: the last ${formatSize(sizeBytes - soundBytes)}, which end too early, are not served`,
      );
  if (loaded.every(({ commands, rdb }) => commands === 0 && (rdb?.keyCount ?? 0) === 0))
    lines.push(`there is nothing in ${report.path}: replicas will be empty`);
  return lines;
}
