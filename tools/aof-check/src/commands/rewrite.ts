/**
 * `aof-check rewrite SOURCE -o NEWDIR`: what a server would hold, as a new base, without a server.
 *
 *   check      the source must be sound
 *   replay     base and commands into databases in memory
 *   refuse     when a command could not be applied, or the target cannot hold something, unless --allow-loss
 *   write      NEWDIR, then check it
 *
 * Commands that could not be applied are not carried into the new incr: they stood between others, and behind all of them they would do something
 * else, such as bringing back a key that was deleted.
 */
import { basename } from "node:path";
import { type AofReport, DEFAULT_AOF_FILE_NAME, locateAof } from "@holdfast/aof";
import { exitCode, formatCount, formatKey, Problem, renderFacts, UsageError } from "@holdfast/command-line";
import type { KeptCommand, Keyspace } from "@holdfast/keyspace";
import {
  type CommandTarget,
  commandTarget,
  commandTargetNames,
  commandTargetOfFile,
  type RdbTarget,
  rdbTarget,
  rdbTargetNames,
} from "@holdfast/rdb";
import type { Host } from "../host.ts";
import { exitCodeOfReport } from "../problems.ts";
import { replay } from "../replay.ts";
import { type BaseLoss, refuseUsed, writeDirectory } from "../rewrite/write-directory.ts";
import { counted } from "../screens/counted.ts";
import { reportScreen } from "../screens/report-screen.ts";
import { type CommonOptions, Session } from "../session.ts";

export interface RewriteOptions extends CommonOptions {
  readonly output: string;
  readonly target?: string;
  readonly form: "rdb" | "commands";
  readonly allowLoss?: boolean;
}

/** Losses of each kind that are named; all are counted. */
const NAMED_MAX = 20;
const FIRST_WITH_DIRECTORIES = 10;

export function runRewrite(host: Host, path: string, options: RewriteOptions): Promise<number> {
  return Session.run(host, path, options, async (session) => {
    await refuseUsed(host.files, options.output);
    const report = await session.check();
    const code = exitCodeOfReport(report);
    if (code !== exitCode.ok) {
      host.writeErr(`${reportScreen(session, report).join("\n")}\n`);
      throw new Problem(code, `${session.path} is not sound, and nothing was written`, {
        nextStep: "do what the findings above say, then rewrite",
      });
    }
    return rewrite(session, report, options);
  });
}

async function rewrite(session: Session, report: AofReport, options: RewriteOptions): Promise<number> {
  const { host } = session;
  const { fileName, directoryName } = options;
  const target = targetFor(report, options.target);
  const location = await locateAof(session.files, session.path, { fileName, directoryName });
  const { keyspace } = await replay(session, location, "strict");
  const wordsFor = options.form === "commands" ? commandTargetFor(report, target, options.target) : undefined;
  const found = new Map<string, BaseLoss>();
  const isAllowed = options.allowLoss === true;
  if (!isAllowed && keyspace.kept.length > 0) refuseLoss(session, keyspace.kept, []);
  const snapshot = keyspace.freeze();
  try {
    await writeDirectory(host.files, {
      path: options.output,
      fileName:
        location.kind === "directory" ? location.directory.fileName : (fileName ?? DEFAULT_AOF_FILE_NAME),
      snapshot,
      target,
      commandTarget: wordsFor,
      // A base too large to be held is encoded twice: what is lost is named once.
      onLoss: (loss) => {
        if (!isOurAddition(loss, report, target)) found.set(identityOf(loss), loss);
      },
      beforeNaming: () => {
        if (!isAllowed && found.size > 0) refuseLoss(session, [], [...found.values()]);
      },
      signal: host.signal,
    });
  } finally {
    snapshot.release();
  }
  const after = await session.check({}, options.output);
  const losses = [...found.values()];
  const rewritten = { target, keyspace, losses, after };
  if (options.json === true) await session.printJson(documentOf(report, rewritten, options));
  else await session.print(screenOf(session, report, rewritten, options));
  if (isAllowed) host.writeErr(lossLines(keyspace.kept, losses));
  return exitCodeOfReport(after);
}

/** What a replay finds out about streams although older servers do not keep it. */
const ADDITIONS: ReadonlySet<string> = new Set(["stream-counters", "consumer-active-time"]);

/** Whether the target, had it loaded the source itself, would not have this either: it comes from commands, not from a newer RDB. */
function isOurAddition({ kind }: BaseLoss, report: AofReport, target: RdbTarget): boolean {
  return ADDITIONS.has(kind) && report.files.every(({ rdb }) => (rdb?.version ?? 0) <= target.rdbVersion);
}

interface Rewritten {
  readonly target: RdbTarget;
  readonly keyspace: Keyspace;
  readonly losses: readonly BaseLoss[];
  readonly after: AofReport;
}

function targetFor(report: AofReport, wanted: string | undefined): RdbTarget {
  const rdb = report.files.find((file) => file.rdb !== undefined)?.rdb;
  const name = wanted ?? (rdb === undefined ? undefined : `rdb:${rdb.version}`);
  const known = `one of ${rdbTargetNames.join(", ")}, a series such as redis-8, or rdb:N`;
  if (name === undefined)
    throw new UsageError("nothing in these files says which server wrote them", {
      nextStep: `give --target: ${known}`,
    });
  const target = rdbTarget(name);
  if (target === undefined) throw new UsageError(`--target wants ${known}; not "${name}"`);
  return target;
}

/** The release whose commands a base is written in. A bare RDB version stands for the server that wrote the source. */
function commandTargetFor(report: AofReport, target: RdbTarget, wanted: string | undefined): CommandTarget {
  if (target.family === "any") {
    const rdb = wanted === undefined ? report.files.find((file) => file.rdb !== undefined)?.rdb : undefined;
    return commandTargetOfFile(target.dialect, rdb?.serverVersion, target.rdbVersion);
  }
  const known = commandTarget(target.name);
  if (known !== undefined) return known;
  throw new UsageError(`commands for ${target.name} are not known`, {
    nextStep: `give --target one of ${commandTargetNames.join(", ")}`,
  });
}

function refuseLoss(session: Session, kept: readonly KeptCommand[], losses: readonly BaseLoss[]): never {
  session.host.writeErr(lossLines(kept, losses));
  const what =
    kept.length > 0
      ? `${counted(kept.length, "command")} cannot be applied without a server`
      : `the target cannot hold ${counted(losses.length, "thing")}`;
  throw new Problem(exitCode.unsupported, `${what}, and nothing was written`, {
    nextStep:
      kept.length > 0
        ? "have a server that knows them rewrite its log (BGREWRITEAOF), or leave them out with --allow-loss"
        : "choose a --target that holds them, or leave them out with --allow-loss",
  });
}

/** Everything that is left out, by name, for stderr. */
function lossLines(kept: readonly KeptCommand[], losses: readonly BaseLoss[]): string {
  const lines = [
    ...kept.map(({ name, reason, db, words }) => {
      const key = words.length > 1 ? ` ${formatKey(words[1], db)}` : "";
      return `  not applied: ${name}${key} (${reason})`;
    }),
    ...losses.map(({ kind, key, db, isWholeKey, count }) => {
      const place = key === undefined ? "" : ` of key ${formatKey(key, db)}`;
      return `  ${isWholeKey ? "left out" : "reduced"}: ${kind}${place}${count > 1 ? ` (${formatCount(count)})` : ""}`;
    }),
  ];
  const more = lines.length - NAMED_MAX;
  if (more > 0) lines.splice(NAMED_MAX, more, `  and ${formatCount(more)} more; --json has all of them`);
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

function identityOf({ kind, db, key }: BaseLoss): string {
  return `${kind} ${db} ${key === undefined ? "" : Buffer.from(key).toString("latin1")}`;
}

function screenOf(
  session: Session,
  report: AofReport,
  { target, keyspace, losses, after }: Rewritten,
  { output }: RewriteOptions,
): string[] {
  const { style } = session;
  const { refused } = keyspace.statistics.total();
  const sizeOf = ({ files }: AofReport) => files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const facts: [string, string][] = [
    ["from", `${report.path}, ${session.size(sizeOf(report))}`],
    ["to", `${output}, ${session.size(sizeOf(after))}, for ${target.name}`],
    ["keys", formatCount(keyspace.keyCount)],
  ];
  if (refused > 0)
    facts.push(["refused", `${formatCount(refused)} commands, as a server refuses them that loads this log`]);
  const lost = keyspace.kept.length + losses.length;
  if (lost > 0)
    facts.push(["left out", style.doubtful(`${formatCount(lost)} commands or values, named on stderr`)]);
  facts.push(["checked", `the new directory: ${after.verdict}`]);
  facts.push(["next", nextStep(target, after)]);
  return [`${style.good("REWRITTEN")}  ${output}`, ...renderFacts(facts, style)];
}

/** Directories came with Redis 7.0, and with it RDB version 10. */
function nextStep({ rdbVersion }: RdbTarget, { files, manifestPath }: AofReport): string {
  if (rdbVersion < FIRST_WITH_DIRECTORIES)
    return `servers before 7.0 read one file: give them ${files[0].name} under the name of their appendfilename`;
  const fileName = basename(manifestPath ?? "", ".manifest");
  return `start a server with appendonly yes, the directory as its appenddirname, and appendfilename ${fileName}`;
}

function documentOf(
  report: AofReport,
  { target, keyspace, losses, after }: Rewritten,
  { output }: RewriteOptions,
): object {
  const text = (bytes: Uint8Array | undefined) =>
    bytes === undefined ? null : { $base64: Buffer.from(bytes).toString("base64") };
  return {
    format: "aof-check-rewrite",
    version: 1,
    exitCode: exitCodeOfReport(after),
    output,
    target: target.name,
    keyCount: keyspace.keyCount,
    refusedCommands: keyspace.statistics.total().refused,
    notApplied: keyspace.kept.map(({ db, name, reason, words }) => ({
      db,
      name,
      reason,
      key: text(words[1]),
    })),
    losses: losses.map((loss) => ({ ...loss, db: loss.db ?? null, key: text(loss.key) })),
    before: report,
    after,
  };
}
