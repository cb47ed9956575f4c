/** `rdb-inspect check`: OK, or exactly what is wrong, where, and what could still be read. */
import {
  exitCode,
  exitCodeOfDamage,
  formatCount,
  formatKey,
  formatOffset,
  parseCount,
  renderFacts,
} from "@holdfast/command-line";
import type { Host } from "../host.ts";
import { jsonValueOfBytes } from "../output/json-text.ts";
import { type CheckResult, checkPass, type DamageFact } from "../passes/check.ts";
import { fingerprintsMax, repeated } from "../passes/duplicate-keys.ts";
import { damageFacts, damageOf, nextStepFor, trailingSentence, warningLine } from "../report.ts";
import type { PassRun } from "../run-pass.ts";
import { findDuplicates } from "./find-duplicates.ts";
import { type Salvage, salvage } from "./salvage.ts";
import { type CommonOptions, Session } from "./session.ts";
import { damageJson, fileJson } from "./summary-document.ts";

export interface CheckOptions extends CommonOptions {
  readonly json?: boolean;
  readonly maxDamages: string;
}

/** Everything a check found. */
interface Findings {
  readonly run: PassRun<CheckResult>;
  /** Damaged values and duplicate keys, as far as they are listed, in file order. */
  readonly damages: readonly DamageFact[];
  readonly damageCount: number;
  /** What ended the walk. */
  readonly fatal: AnyDamage | undefined;
  readonly salvage: Salvage | undefined;
  readonly code: number;
}

export function runCheck(host: Host, path: string, options: CheckOptions): Promise<number> {
  return Session.run(host, path, options, async (session) => {
    const damagesMax = parseCount("--max-damages", options.maxDamages, 1);
    const chosen = await session.chooseKeys();
    const run = await session.runPass(checkPass, {
      chosen,
      filters: session.filters,
      nowMs: session.nowMs,
      damagesMax,
    });
    const findings = await collect(session, run, damagesMax);
    if (options.json === true) await session.print([JSON.stringify(documentOf(session, findings), null, 2)]);
    else await session.print(screenOf(session, findings));
    return findings.code;
  });
}

async function collect(session: Session, run: PassRun<CheckResult>, damagesMax: number): Promise<Findings> {
  const { result, failure } = run;
  const suspects = repeated(result.fingerprints);
  const duplicates = suspects.length === 0 ? [] : await findDuplicates(session, suspects);
  const damages = [...result.damages, ...duplicates].sort((a, b) => a.offset - b.offset).slice(0, damagesMax);
  const damageCount = result.damageCount + duplicates.length;
  const rest = failure === undefined ? undefined : await salvage(session, run);
  const fatal = failure === undefined ? undefined : damageOf(failure);
  const code = exitCodeOf(fatal, damageCount);
  return { run, damages, damageCount, fatal, salvage: rest, code };
}

type AnyDamage = ReturnType<typeof damageOf>;

/** A wrong checksum shows only when every record has been walked. */
function isWalkedWhole(fatal: AnyDamage | undefined): boolean {
  return fatal === undefined || fatal.code === "RDB_CHECKSUM_MISMATCH";
}

/** Wrong bytes that were found outweigh the checksum that they make wrong. */
function exitCodeOf(fatal: AnyDamage | undefined, damageCount: number): number {
  if (damageCount > 0 && isWalkedWhole(fatal)) return exitCode.corrupt;
  return fatal === undefined ? exitCode.ok : exitCodeOfDamage(fatal.code);
}

function screenOf(session: Session, findings: Findings): string[] {
  const { style, input } = session;
  const { fatal, damageCount, run } = findings;
  const lines: string[] = [];
  if (findings.code === exitCode.ok) lines.push(`${style.good("OK")}  ${input.name}`);
  else lines.push(`${style.bad(verdictOf(findings.code))}  ${input.name}`);
  lines.push(...renderFacts(walkFacts(session, run.result, isWalkedWhole(fatal)), style));
  for (const damage of findings.damages) lines.push("", ...damageLines(session, damage));
  if (damageCount > findings.damages.length) {
    lines.push(
      "",
      `  and ${formatCount(damageCount - findings.damages.length)} more damaged values, --max-damages lists them`,
    );
  }
  if (fatal !== undefined) lines.push("", ...damageLines(session, fatal, fatalFacts(session, findings)));
  if (damageCount > 0 && fatal === undefined) {
    lines.push(
      "",
      ...renderFacts(
        [["next", "every other key is sound; rdb-inspect export writes what can be read"]],
        style,
      ),
    );
  }
  return lines;
}

function verdictOf(code: number): string {
  switch (code) {
    case exitCode.truncated:
      return "TRUNCATED";
    case exitCode.unsupported:
      return "NOT SUPPORTED";
    case exitCode.checksum:
      return "CHECKSUM WRONG";
    default:
      return "CORRUPT";
  }
}

function walkFacts(session: Session, result: CheckResult, isWhole: boolean): [string, string][] {
  const { file } = result;
  const facts: [string, string][] = [
    [
      "keys",
      `${formatCount(result.keyCount)}${isWhole ? "" : " walked before the damage"}, ${formatCount(result.itemCount)} elements`,
    ],
  ];
  if (result.pastCount > 0)
    facts.push([
      "expired",
      `${formatCount(result.pastCount)} keys are past their expiry: a primary drops them when it loads the file`,
    ]);
  if (file.checksum !== undefined) facts.push(["checksum", checksumText(file.checksum)]);
  if (!result.fingerprints.isComplete) {
    facts.push(["duplicates", `looked for among the first ${formatCount(fingerprintsMax)} keys only`]);
  }
  if (session.filters.length > 0) facts.push(["filters", "only keys that fit them were walked deeply"]);
  for (const warning of file.warnings) facts.push(["warning", session.style.doubtful(warningLine(warning))]);
  if (file.warningCount > file.warnings.length)
    facts.push(["", `${formatCount(file.warningCount - file.warnings.length)} more warnings`]);
  const trailing = trailingSentence(file);
  if (trailing !== undefined) facts.push(["behind it", session.style.doubtful(trailing)]);
  return facts;
}

function checksumText(checksum: CheckResult["file"]["checksum"]): string {
  switch (checksum) {
    case "ok":
      return "ok";
    case "off":
      return "switched off by the server that wrote the file: a changed byte inside a value cannot be seen";
    case "none":
      return "none in this version of the format: a changed byte inside a value cannot be seen";
    default:
      return "not verified";
  }
}

function damageLines(session: Session, damage: AnyDamage, more: [string, string][] = []): string[] {
  const facts = [...damageFacts(damage), ...more];
  return [`  ${session.style.bad(damage.detail)}`, ...renderFacts(facts, session.style)];
}

/** Where the walk got to, what lies behind the damage, what to do. */
function fatalFacts(session: Session, { run, fatal, salvage: rest }: Findings): [string, string][] {
  if (fatal === undefined) return [];
  const facts: [string, string][] = [];
  const { lastKey } = run.result;
  if (lastKey !== undefined && !isWalkedWhole(fatal)) {
    const key = formatKey(lastKey.key, lastKey.db);
    facts.push(["last good", `${key}, ends at offset ${formatOffset(lastKey.endOffset)}`]);
  }
  if (rest !== undefined) facts.push(["behind it", rest.sentence]);
  const next = nextStepFor(fatal.code, session.input.name);
  const isThisCommand = next.startsWith("run rdb-inspect check");
  facts.push([
    "next",
    isThisCommand ? "restore from another copy; rdb-inspect export writes the keys before the damage" : next,
  ]);
  return facts;
}

function documentOf(session: Session, { run, damages, damageCount, fatal, salvage: rest }: Findings): object {
  const { result } = run;
  return {
    format: "rdb-inspect-check",
    version: 1,
    isSound: fatal === undefined && damageCount === 0,
    keyCount: result.keyCount,
    itemCount: result.itemCount,
    pastCount: result.pastCount,
    damageCount,
    damages: damages.map(damageJson),
    fatal: fatal === undefined ? null : damageJson(fatal),
    lastKey:
      result.lastKey === undefined ? null : { ...result.lastKey, key: jsonValueOfBytes(result.lastKey.key) },
    salvage: rest ?? null,
    duplicatesComplete: result.fingerprints.isComplete,
    file: fileJson(session.input, result.file),
  };
}
