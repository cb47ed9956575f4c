/**
 * What a check found, for people: the verdict and what to do first, then a line a file, then every problem with its place, what servers do with
 * it, and the next step.
 */
import type { AofFileReport, AofProblem, AofReport, AofVerdict, ServerOutcome } from "@holdfast/aof";
import {
  type Column,
  formatCount,
  formatOffset,
  formatTime,
  renderFacts,
  renderTable,
} from "@holdfast/command-line";
import type { Session } from "../session.ts";
import { counted } from "./counted.ts";

type Fact = readonly [label: string, value: string];

const words: Readonly<Record<AofVerdict, string>> = {
  sound: "OK",
  repairable: "REPAIRABLE",
  "needs-decision": "NEEDS A DECISION",
  refused: "REFUSED BY SERVERS",
  corrupt: "CORRUPT",
};

const sentences: Readonly<Record<AofVerdict, string>> = {
  sound: "servers load all of it, and nothing else",
  repairable: "the end of the last file is damaged, and nothing sound stands behind it",
  "needs-decision": "a repair would lose sound records, or cannot bring back what was there",
  refused: "every byte is right, but servers refuse or misread a command",
  corrupt: "an RDB is damaged or a file is missing: cutting does not help",
};

const outcomes: Readonly<Record<ServerOutcome, string>> = {
  loads: "start with it",
  cuts: "cut the end off, keep no copy, and start",
  "loads-other-data": "start, with other data than was written",
  refuses: "refuse to start",
  crashes: "crash",
};

/** The whole screen of a check. */
export function reportScreen(session: Session, report: AofReport): string[] {
  const { style } = session;
  const { problems } = report;
  return [
    `${headline(session, report)}  ${report.path}`,
    ...renderFacts(reportFacts(session, report), style),
    "",
    ...filesTable(session, report),
    ...problems.flatMap((problem) => ["", ...problemLines(session, problem, report)]),
  ];
}

function headline({ style }: Session, { verdict, problems }: AofReport): string {
  if (verdict !== "sound") return (verdict === "repairable" ? style.doubtful : style.bad)(words[verdict]);
  const isWarned = problems.some(({ severity }) => severity === "warning");
  return isWarned ? style.doubtful("OK, WITH WARNINGS") : style.good(words.sound);
}

function reportFacts(session: Session, report: AofReport): Fact[] {
  const { files, server, verdict } = report;
  const loaded = files.filter(({ role }) => role !== "history");
  const sizeBytes = total(loaded, (file) => file.sizeBytes);
  const commands = total(loaded, (file) => file.commands);
  const keys = total(loaded, (file) => file.rdb?.keyCount ?? 0);
  const holds = `${formatCount(loaded.length)} ${loaded.length === 1 ? "file" : "files"}, ${session.size(sizeBytes)}`;
  const facts: Fact[] = [
    ["verdict", sentences[verdict]],
    ["holds", `${holds}: ${formatCount(keys)} keys in RDBs, ${formatCount(commands)} commands`],
    ["checked for", server ?? "all servers that are known: no base says which one wrote it"],
  ];
  const times = timeSpan(loaded);
  if (times !== undefined) facts.push(["times", `${times.first} to ${times.last}`]);
  const next = nextOf(report);
  return next === undefined ? facts : [...facts, ["next", next]];
}

function nextOf({ verdict, problems, path }: AofReport): string | undefined {
  const isBehind = problems.some(({ code }) => code === "AOF_DAMAGED_NOT_LAST");
  switch (verdict) {
    case "sound":
      return undefined;
    case "repairable":
      return `aof-check ${path} --fix   shows what would be cut; nothing changes without --yes`;
    case "needs-decision":
      return isBehind
        ? "start no server on it before this is decided; --fix --behind-damage drop or keep-later-files shows what each would lose"
        : "look at the finding; where sound records stand behind it, --fix --behind-damage drop shows what would go";
    case "refused":
      return "every finding below says what to do; --fix cannot help";
    case "corrupt":
      return "bring the file back from a copy; do not start a server on what is here";
  }
}

/** From the first to the last `#TS:` line. */
export function timeSpan(
  files: readonly AofFileReport[],
): { readonly first: string; readonly last: string } | undefined {
  const firsts = files.flatMap(({ firstTimeSec }) => firstTimeSec ?? []);
  const lasts = files.flatMap(({ lastTimeSec }) => lastTimeSec ?? []);
  if (firsts.length === 0) return undefined;
  return { first: formatTime(firsts[0] * 1000), last: formatTime(lasts[lasts.length - 1] * 1000) };
}

function filesTable(session: Session, { files, problems }: AofReport): string[] {
  const { style } = session;
  const columns: Column[] = [
    { title: "role" },
    { title: "size", align: "right" },
    { title: "keys", align: "right", dropOrder: 2 },
    { title: "commands", align: "right" },
    { title: "units", align: "right", dropOrder: 1 },
    { title: "state" },
    { title: "file" },
  ];
  const rows = files.map((file) => [
    file.role,
    session.size(file.sizeBytes),
    file.rdb === undefined ? "" : formatCount(file.rdb.keyCount),
    formatCount(file.commands),
    formatCount(file.units),
    stateOf(file, problems),
    file.name,
  ]);
  return renderTable(columns, rows, style);
}

function stateOf(
  { damage, form, soundBytes, sizeBytes, path }: AofFileReport,
  problems: readonly AofProblem[],
): string {
  if (damage !== undefined) return `${damage.class} at ${formatCount(damage.offset)}`;
  if (form === "missing" || form === "empty") return form;
  if (soundBytes !== sizeBytes) return "RDB damaged";
  return problems.some((problem) => problem.path === path && problem.severity === "error")
    ? "refused"
    : "sound";
}

function problemLines(session: Session, problem: AofProblem, report: AofReport): string[] {
  const { style } = session;
  const { severity, code, detail } = problem;
  const paint = severity === "error" ? style.bad : severity === "warning" ? style.doubtful : style.dim;
  const facts: Fact[] = [
    ["what", detail],
    ["where", placeOf(problem)],
  ];
  const file = report.files.find(({ path }) => path === problem.path);
  if (isOfDamage(problem, file)) facts.push(...damageFacts(session, file));
  const isBefore = isOfDamage(problem, file) && !file.isLast && file.role !== "history";
  facts.push(["servers", isBefore ? "as AOF_DAMAGED_NOT_LAST says" : outcomes[problem.outcome]]);
  if (problem.further !== undefined)
    facts.push([
      "also",
      `${formatCount(problem.further)} more like it in this file; --max-findings lists them`,
    ]);
  if (problem.advice !== "") facts.push(["next", problem.advice]);
  return [`  ${paint(code)}`, ...renderFacts(facts, style, 4)];
}

function placeOf({ path, offset, recordNumber }: AofProblem): string {
  if (offset === undefined) return path;
  const record = recordNumber === undefined ? "" : `, in record ${formatCount(recordNumber)}`;
  return `${path}, offset ${formatOffset(offset)}${record}`;
}

const ofDamage: ReadonlySet<string> = new Set([
  "AOF_TRUNCATED",
  "AOF_OPEN_UNIT",
  "AOF_TORN",
  "AOF_CORRUPT",
  "AOF_UNENDED_ANNOTATION",
]);

function isOfDamage(problem: AofProblem, file: AofFileReport | undefined): file is AofFileReport {
  return file?.damage !== undefined && ofDamage.has(problem.code) && file.damage.offset === problem.offset;
}

function damageFacts(session: Session, { damage, soundBytes, sizeBytes }: AofFileReport): Fact[] {
  if (damage === undefined) return [];
  const { lineNumber, openUnitCommands, behind, zerosFrom } = damage;
  const facts: Fact[] = [
    ["line", formatCount(lineNumber)],
    [
      "sound up to",
      `offset ${formatOffset(soundBytes)}; ${session.size(sizeBytes - soundBytes)} behind that`,
    ],
  ];
  if (zerosFrom < sizeBytes) facts.push(["zeros from", `offset ${formatOffset(zerosFrom)} to the end`]);
  if (openUnitCommands > 0)
    facts.push([
      "unit",
      `${formatCount(openUnitCommands)} whole records from MULTI on go with it: servers apply all of a unit or nothing`,
    ]);
  if (behind !== undefined) {
    const end = behind.reachEnd ? "to the end of the file" : "before further damage";
    facts.push([
      "behind it",
      `${counted(behind.records, "sound record")} from offset ${formatOffset(behind.offset)} on, ${end}`,
    ]);
  }
  return facts;
}

function total(files: readonly AofFileReport[], of: (file: AofFileReport) => number): number {
  return files.reduce((sum, file) => sum + of(file), 0);
}
