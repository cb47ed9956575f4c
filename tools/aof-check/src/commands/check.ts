/**
 * `aof-check PATH`: what is wrong and what to do; with --fix or --truncate-to-timestamp also the cut, which is a dry run until --yes; with --stats also what
 * is in it.
 */
import {
  type AofReport,
  planRepair,
  planTruncateAtTime,
  type RepairOptions,
  type RepairPlan,
  repairAof,
} from "@holdfast/aof";
import { exitCode, UsageError } from "@holdfast/command-line";
import type { Host } from "../host.ts";
import { exitCodeOfReport } from "../problems.ts";
import { isEmptyPlan, planScreen } from "../screens/plan-screen.ts";
import { reportScreen } from "../screens/report-screen.ts";
import { type CommonOptions, Session } from "../session.ts";
import { collectStats } from "../stats/collect-stats.ts";
import { statsDocument, statsScreen } from "../stats/stats-screen.ts";
import { parseUnixSeconds } from "./unix-seconds.ts";

export interface CheckOptions extends CommonOptions {
  readonly fix?: boolean;
  readonly truncateToTimestamp?: string;
  readonly behindDamage: RepairOptions["behindDamage"];
  readonly yes?: boolean;
  readonly stats?: boolean;
}

export function runCheck(host: Host, path: string, options: CheckOptions): Promise<number> {
  const { fix, truncateToTimestamp, stats, yes } = options;
  const chosen = [fix === true, truncateToTimestamp !== undefined, stats === true].filter(Boolean);
  if (chosen.length > 1) throw new UsageError("one of --fix, --truncate-to-timestamp and --stats at a time");
  const changes = fix === true || truncateToTimestamp !== undefined;
  if (yes === true && !changes) throw new UsageError("--yes is for --fix and --truncate-to-timestamp");
  const untilSec = truncateToTimestamp === undefined ? undefined : parseUnixSeconds(truncateToTimestamp);
  return Session.run(host, path, options, async (session) => {
    if (changes && session.isCopy)
      throw new UsageError(`${session.path} is a stream or packed: it can be checked, and not changed`, {
        nextStep: "unpack it into a file first",
      });
    const report = await session.check({ untilSec });
    if (fix === true) return cut(session, report, options, planRepair(report, options));
    if (untilSec !== undefined) return cut(session, report, options, planTruncateAtTime(report));
    return show(session, report, options);
  });
}

async function show(session: Session, report: AofReport, options: CheckOptions): Promise<number> {
  const code = exitCodeOfReport(report);
  const stats = options.stats === true ? await collectStats(session) : undefined;
  if (options.json === true) {
    const { isCopy } = session;
    const more = stats === undefined ? {} : { stats: statsDocument(stats) };
    await session.printJson({ format: "aof-check", version: 1, exitCode: code, isCopy, ...report, ...more });
  } else {
    const more = stats === undefined ? [] : ["", ...statsScreen(session, stats, report)];
    await session.print([...reportScreen(session, report), ...more]);
  }
  return code;
}

/** A dry run of --fix answers as the check: the file is as it was. One of a time answers 0 when it can be done. */
async function cut(
  session: Session,
  report: AofReport,
  options: CheckOptions,
  plan: RepairPlan,
): Promise<number> {
  const before = exitCodeOfReport(report);
  if (isEmptyPlan(plan)) return nothingToCut(session, report, options, before);
  const isDone = options.yes === true;
  const result = isDone ? await repairAof(session.files, plan) : undefined;
  const after = isDone ? await session.check() : undefined;
  const isTimed = report.untilSec !== undefined;
  const code = after === undefined ? (isTimed ? exitCode.ok : before) : exitCodeOfReport(after);
  if (options.json === true) {
    const document = { format: "aof-check-cut", version: 1, exitCode: code, isDryRun: !isDone };
    await session.printJson({
      ...document,
      plan,
      kept: result?.kept ?? [],
      before: report,
      after: after ?? null,
    });
  } else if (result === undefined || after === undefined) {
    await session.print(planScreen(session, plan, { kind: "dry-run", command: commandOf(session, options) }));
  } else {
    await session.print(planScreen(session, plan, { kind: "done", result, verdict: after.verdict }));
  }
  return code;
}

async function nothingToCut(
  session: Session,
  report: AofReport,
  options: CheckOptions,
  code: number,
): Promise<number> {
  if (options.json === true) {
    const plan = { cuts: [], drops: [] };
    const document = { format: "aof-check-cut", version: 1, exitCode: code, isDryRun: options.yes !== true };
    await session.printJson({ ...document, plan, kept: [], before: report, after: null });
    return code;
  }
  const { style } = session;
  const what =
    report.untilSec === undefined ? "no damage that a cut removes" : "nothing is later than this time";
  const lines = [`${style.bold("NOTHING TO CUT")}  ${report.path}: ${what}`];
  await session.print(code === exitCode.ok ? lines : [...lines, "", ...reportScreen(session, report)]);
  return code;
}

/** The command to be run again, for copying. */
function commandOf({ path }: Session, { fix, behindDamage, truncateToTimestamp }: CheckOptions): string {
  const behind = behindDamage === "refuse" ? "" : ` --behind-damage ${behindDamage}`;
  const what = fix === true ? `--fix${behind}` : `--truncate-to-timestamp ${truncateToTimestamp}`;
  return `aof-check ${path} ${what}`;
}
