/** `holdfast sync --verify` and `--verify-only`: connects to both sides, compares, and says what differs. */
import { createProgress, exitCode, formatCount, Problem } from "@holdfast/command-line";
import type { Host } from "../../host.ts";
import { connectClient, type ServerClient } from "../../servers/connect-client.ts";
import type { ServerAccess } from "../../servers/server-access.ts";
import { commandsProblem, type FileSource, openFileSource } from "../file-source.ts";
import type { SyncPlan } from "../sync-plan.ts";
import { Target } from "../target/target.ts";
import { verifyFile } from "./file-verifier.ts";
import { ServerKeys } from "./server-keys.ts";
import type { Verification } from "./verification.ts";
import { verifyServers } from "./verifier.ts";

/** Throws Problem for a source that cannot be compared: append-only files with commands. */
export async function runVerification(host: Host, plan: SyncPlan): Promise<Verification> {
  const { network, clock, signal } = host;
  const { source, timeoutMs } = plan;
  const file = source.kind === "file" ? await openComparable(host, source.path) : undefined;
  const target = await Target.open({ network, clock, access: plan.target, timeoutMs, signal });
  const progress = createProgress(plan.progress, host.stderrScreen.isTerminal, {
    program: "holdfast",
    clock,
    write: host.writeErr,
    totalBytes: file?.sizeBytes,
  });
  const nodes = target.nodes.map(({ access }) => access);
  const opened: ServerKeys[] = [];
  const open = async (access: readonly ServerAccess[], nodeOfSlot: (slot: number) => number) => {
    const keys = await keysOf(host, plan, access, nodeOfSlot);
    opened.push(keys);
    return keys;
  };
  try {
    const common = { rules: plan.rules, clock, signal };
    const theirs = await open(nodes, (slot) => target.nodeOfSlot(slot));
    if (source.kind === "file") {
      const onProgress = (sizeBytes: number, keyCount: number) => progress.update(sizeBytes, keyCount);
      return await verifyFile({ ...common, file: file!, target: theirs, onProgress });
    }
    const ours = await open([source.access], () => 0);
    const onProgress = (keyCount: number) => progress.update(0, keyCount);
    return await verifyServers({ ...common, source: ours, target: theirs, onProgress });
  } finally {
    progress.end();
    for (const keys of opened) keys.close();
    target.close();
  }
}

/** Throws Problem for a file whose keys only a replay would know, so far as that shows from the outside. */
export async function openComparable(host: Host, path: string): Promise<FileSource> {
  const file = await openFileSource(host, path);
  if (file.hasCommands) throw commandsProblem(path);
  return file;
}

async function keysOf(
  host: Host,
  plan: SyncPlan,
  access: readonly ServerAccess[],
  nodeOfSlot: (slot: number) => number,
): Promise<ServerKeys> {
  const clients: ServerClient[] = [];
  for (const each of access) clients.push(await connectClient(each, plan.timeoutMs));
  return new ServerKeys(clients, nodeOfSlot, host.clock);
}

export function verificationText({
  comparedKeys,
  comparedFunctions,
  differences,
  examples,
}: Verification): string {
  const libraries =
    comparedFunctions === 0 ? "" : ` and ${formatCount(comparedFunctions)} function libraries`;
  const compared = `${formatCount(comparedKeys)} keys${libraries} compared`;
  const named = examples.map(({ kind, key }) => `  ${kind.padEnd(8)} ${key}\n`).join("");
  const counts = Object.entries(differences).filter(([, count]) => count > 0);
  if (counts.length === 0) return `${compared}, all the same\n`;
  const summary = counts.map(([kind, count]) => `${formatCount(count)} ${kind}`).join(", ");
  return `${compared}, ${summary}\n${named}`;
}

export function differenceProblem(): Problem {
  return new Problem(exitCode.differences, "source and target differ", {
    nextStep:
      "missing, extra, content and expiry are told above; holdfast sync --on-exists replace brings the source's keys over again",
  });
}
