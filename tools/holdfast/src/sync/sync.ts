/** `holdfast sync`: a full copy into a running server, and then the stream, until somebody stops it. */
import { exitCode, Interrupted, UsageError } from "@holdfast/command-line";
import type { Host } from "../host.ts";
import { FileSync } from "./file-sync.ts";
import { leftOutText, lossProblem } from "./left-out-list.ts";
import { ServerSync } from "./server-sync.ts";
import { readSyncPlan, type SyncCommandOptions, type SyncPlan } from "./sync-plan.ts";
import { reportDocument, reportText } from "./sync-report.ts";
import type { Verification } from "./verify/verification.ts";
import {
  differenceProblem,
  openComparable,
  runVerification,
  verificationText,
} from "./verify/verify-sync.ts";

export async function runSync(
  host: Host,
  places: { readonly source: string; readonly target: string },
  options: SyncCommandOptions,
): Promise<number> {
  const plan = await readSyncPlan(host, places, options);
  if (options.verifyOnly === true) return verifyOnly(host, plan, options);
  if (options.verify === true && !plan.isOnce)
    throw new UsageError("--verify is for a sync that ends: from a file, or with --once", {
      nextStep: "beside a sync that goes on, run another one with --verify-only",
    });
  // What cannot be compared afterwards is not copied first.
  if (options.verify === true && plan.source.kind === "file") await openComparable(host, plan.source.path);
  const sync = plan.source.kind === "file" ? new FileSync(host, plan) : new ServerSync(host, plan);
  let stopped: unknown;
  let verification: Verification | undefined;
  try {
    await sync.run();
    if (options.verify === true) verification = await runVerification(host, plan);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    stopped = error;
  } finally {
    for (const total of sync.leftOut.totals) host.writeErr(leftOutText(total));
  }
  const words = verification === undefined ? "" : verificationText(verification);
  const text =
    options.json === true ? reportDocument(sync.report, verification) : `${reportText(sync.report)}${words}`;
  await host.writeOut(Buffer.from(text, "utf8"));
  if (stopped !== undefined) throw stopped;
  if (sync.leftOut.hasLoss && !plan.allowsLoss) throw lossProblem();
  return codeOf(verification);
}

async function verifyOnly(host: Host, plan: SyncPlan, { json }: SyncCommandOptions): Promise<number> {
  const verification = await runVerification(host, plan);
  const text =
    json === true
      ? `${JSON.stringify({ format: "holdfast-verify", version: 1, ...verification }, null, 2)}\n`
      : verificationText(verification);
  await host.writeOut(Buffer.from(text, "utf8"));
  return codeOf(verification);
}

/** Throws Problem when something differs. */
function codeOf(verification: Verification | undefined): number {
  const counts = verification === undefined ? [] : Object.values(verification.differences);
  if (counts.some((count) => count > 0)) throw differenceProblem();
  return exitCode.ok;
}
