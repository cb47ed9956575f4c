/** What came of a sync, for people and for programs. */
import { formatCount, formatDuration, formatSize } from "@holdfast/command-line";
import type { ReplicaState } from "@holdfast/resync";
import type { CopyCounts } from "./copy/key-copier.ts";
import type { LeftOutList } from "./left-out-list.ts";
import type { Verification } from "./verify/verification.ts";

export interface SyncReport {
  readonly source: string;
  readonly target: string;
  readonly targetVersion: string;
  readonly counts: CopyCounts;
  /** Commands of the stream that the target has now because of this run. */
  readonly commandCount: number;
  /** Where in the source's stream the target stands; undefined for files. */
  readonly state: ReplicaState | undefined;
  readonly lagBytes: number;
  readonly lagMs: number;
  readonly leftOut: LeftOutList;
  readonly durationMs: number;
}

export function reportText(report: SyncReport): string {
  const { counts, source, target, commandCount, state, lagBytes, lagMs, durationMs } = report;
  const parts = [`${formatCount(counts.copiedKeys)} keys`];
  if (counts.skippedKeys > 0) parts.push(`${formatCount(counts.skippedKeys)} left as they were`);
  if (commandCount > 0) parts.push(`${formatCount(commandCount)} commands`);
  parts.push(`in ${formatDuration(durationMs)}`);
  if (state !== undefined) parts.push(`at offset ${state.offset} of ${state.history.replid}`);
  if (lagBytes > 0) parts.push(`${formatSize(lagBytes)} and ${formatDuration(lagMs)} behind`);
  return `${source} to ${target}: ${parts.join(", ")}\n`;
}

/** `verification` is null where none was asked for. */
export function reportDocument(report: SyncReport, verification: Verification | undefined): string {
  const { source, target, targetVersion, counts, commandCount, state, lagBytes, lagMs, leftOut } = report;
  const document = {
    format: "holdfast-sync",
    version: 1,
    source,
    target,
    targetVersion,
    copiedKeys: counts.copiedKeys,
    skippedKeys: counts.skippedKeys,
    commands: commandCount,
    replid: state?.history.replid ?? null,
    offset: state?.offset ?? null,
    lagBytes,
    lagMs: Math.round(lagMs),
    leftOut: leftOut.totals,
    verification: verification ?? null,
    durationMs: Math.round(report.durationMs),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
