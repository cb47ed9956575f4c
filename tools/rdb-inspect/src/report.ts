/**
 * What a run says on stderr about the input: damage with its place and the next step, warnings, bytes
 * behind the end. The same words for every command.
 */

import type { FormatError } from "@holdfast/bytes";
import {
  formatCount,
  formatKey,
  formatOffset,
  formatSize,
  renderFacts,
  type Style,
  stepAfterUnpacking,
} from "@holdfast/command-line";
import { RdbFormatError } from "@holdfast/rdb";
import type { FileFacts, WarningFact } from "./file-facts.ts";
import type { DamageFact } from "./passes/check.ts";

/** One piece of damage as it is known from an error that ended the walk. */
export function damageOf(
  error: FormatError,
): DamageFact | (Omit<DamageFact, "code"> & { readonly code: string }) {
  if (error instanceof RdbFormatError) {
    const { code, detail, offset, db, key, typeName } = error;
    return { code, detail, offset, db, key, typeName };
  }
  // FormatError puts "format: " in front and the place in brackets behind.
  const detail = error.message.replace(/^\w+: /, "").replace(/ \([^()]*\)$/, "");
  return {
    code: error.code,
    detail,
    offset: error.offset,
    db: undefined,
    key: undefined,
    typeName: undefined,
  };
}

type AnyDamage = ReturnType<typeof damageOf>;

/** Label and value lines of one piece of damage. */
export function damageFacts(damage: AnyDamage): [string, string][] {
  const facts: [string, string][] = [
    ["code", damage.code],
    ["offset", formatOffset(damage.offset)],
  ];
  if (damage.key !== undefined) {
    const type = damage.typeName === undefined ? "" : ` (${damage.typeName})`;
    facts.push(["key", `${formatKey(damage.key, damage.db)}${type}`]);
  }
  return facts;
}

/** What ended a run early, and that its result covers only a part. */
export function failureText(name: string, failure: FormatError, keyCount: number, style: Style): string {
  const damage = damageOf(failure);
  const facts = damageFacts(damage);
  facts.push([
    "read",
    `${formatCount(keyCount)} keys before it: the result is partial and covers only those`,
  ]);
  facts.push(["next", nextStepFor(damage.code, name)]);
  return `${style.bad("rdb-inspect:")} ${name} is damaged: ${damage.detail}\n${renderFacts(facts, style).join("\n")}\n`;
}

/** What an operator can do about damage of this kind. */
export function nextStepFor(code: string, name: string): string {
  switch (code) {
    case "RDB_TRUNCATED":
    case "COMPRESSION_TRUNCATED":
      return "compare its size with the original and copy it again; the keys before the cut are sound";
    case "RDB_CHECKSUM_MISMATCH":
      return "bytes changed after it was written: take another copy; every value read from this one is in doubt";
    case "RDB_BAD_MAGIC":
      return "check that this is an RDB file: it begins with REDIS or VALKEY and digits";
    case "RDB_UNSUPPORTED_VERSION":
    case "RDB_UNSUPPORTED_TYPE":
      return "a newer server wrote it: use a newer rdb-inspect";
    case "COMPRESSION_UNSUPPORTED":
      return stepAfterUnpacking(code);
    case "RDB_LIMIT":
      return "the value is larger than any server makes: take it for damage unless you know better";
    default:
      return `run rdb-inspect check ${name} to see what else can be read`;
  }
}

/** Warnings and trailing bytes, one line each; empty when there is nothing to say. */
export function notesText(name: string, file: FileFacts, style: Style): string {
  const lines = file.warnings.map((warning) => warningLine(warning));
  const unlisted = file.warningCount - file.warnings.length;
  if (unlisted > 0) lines.push(`${formatCount(unlisted)} more warnings of these kinds`);
  const trailing = trailingSentence(file);
  if (trailing !== undefined) lines.push(trailing);
  return lines.map((line) => `${style.doubtful("rdb-inspect:")} ${name}: ${line}\n`).join("");
}

export function warningLine(warning: WarningFact): string {
  const key = warning.key === undefined ? "" : `, key ${formatKey(warning.key, warning.db)}`;
  return `${warning.code} at offset ${formatOffset(warning.offset)}${key}: ${warning.detail}`;
}

/** Says what lies behind the end of the RDB; undefined when nothing does. */
export function trailingSentence(file: FileFacts): string | undefined {
  if (file.trailing === undefined) return undefined;
  const { offset, sizeBytes } = file.trailing;
  if (file.aux.get("aof-preamble") === "1") {
    return `${formatSize(sizeBytes)} of append-only log follow the snapshot at offset ${formatOffset(offset)} and were not read`;
  }
  return `${formatCount(sizeBytes)} bytes lie behind the end of the RDB, at offset ${formatOffset(offset)}: no server reads them`;
}
