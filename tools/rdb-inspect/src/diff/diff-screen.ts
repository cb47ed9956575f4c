/**
 * The comparison as a person reads it: the verdict, counts, then the keys of each kind of difference, and of those that
 * changed what changed.
 *
 *   DIFFERENT
 *     A        a.rdb: RDB 10, redis 7.0.15
 *     changed  2 keys
 *
 *   changed
 *     user:1 in db 0 (hash)
 *       expires  never → 2030-01-01T00:00:00.000Z
 *       fields   5 → 6: 2 added, 1 removed
 *                + name  Ada
 */
import {
  type Column,
  formatCount,
  formatKey,
  formatOffset,
  formatTime,
  renderFacts,
  renderTable,
  type Style,
} from "@holdfast/command-line";
import type { Session } from "../commands/session.ts";
import { type FileFacts, serverOf } from "../file-facts.ts";
import type { ChangedKey, Comparison, DiffInputs } from "./compare-files.ts";
import { isDifferent } from "./diff-verdict.ts";
import type { NamedKey } from "./key-passes.ts";
import { partNames, type Shown, shownText } from "./part-text.ts";
import type { FirstDifference, PartCounts, PartSample, ValueDifference } from "./value-differences.ts";

export function diffLines({ a, b }: DiffInputs, comparison: Comparison, style: Style): string[] {
  const lines = [isDifferent(comparison) ? style.bad("DIFFERENT") : style.good("EQUAL")];
  lines.push(...renderFacts(headFacts(a.session, b.session, comparison), style));
  const { counts } = comparison;
  lines.push(
    ...recordLines(comparison, style),
    ...twiceLines("more than once in A", comparison.twiceA, counts.twiceA, style),
    ...twiceLines("more than once in B", comparison.twiceB, counts.twiceB, style),
    ...keyLines("only in A", comparison.onlyA, counts.onlyA, style),
    ...keyLines("only in B", comparison.onlyB, counts.onlyB, style),
    ...changedLines(comparison, style),
  );
  return lines;
}

function headFacts(a: Session, b: Session, { files, counts }: Comparison): [string, string][] {
  const facts: [string, string][] = [
    ["A", fileText(a, files.a)],
    ["B", fileText(b, files.b)],
    ["equal", keysText(counts.equal)],
  ];
  if (counts.changed > 0) facts.push(["changed", keysText(counts.changed)]);
  if (counts.onlyA > 0) facts.push(["only in A", keysText(counts.onlyA)]);
  if (counts.onlyB > 0) facts.push(["only in B", keysText(counts.onlyB)]);
  if (a.filters.length > 0) facts.push(["filters", "only keys that fit them were compared"]);
  return facts;
}

function fileText({ input }: Session, file: FileFacts): string {
  const { family, version } = serverOf(file);
  const server = version === undefined ? "" : `, ${family} ${version}`;
  return `${input.name}: RDB ${file.version ?? "?"}${server}`;
}

function keysText(count: number): string {
  return `${formatCount(count)} ${count === 1 ? "key" : "keys"}`;
}

const places = { "only-in-a": "only in A", "only-in-b": "only in B", changed: "changed" } as const;

function recordLines({ records }: Comparison, style: Style): string[] {
  if (records.length === 0) return [];
  const facts = records.map(({ name, where }): [string, string] => [places[where], name]);
  return ["", style.bold("besides keys"), ...renderFacts(facts, style)];
}

function twiceLines(title: string, keys: readonly NamedKey[], count: number, style: Style): string[] {
  if (count === 0) return [];
  const facts = keys.map((key): [string, string] => [
    formatKey(key.key, key.db),
    `at offset ${formatOffset(key.recordOffset)}`,
  ]);
  const head = `${title}: ${keysText(count)}, which no server loads`;
  return ["", style.bad(head), ...(facts.length === 0 ? [] : renderFacts(facts, style))];
}

const keyColumns: readonly Column[] = [
  { title: "db", align: "right" },
  { title: "type" },
  { title: "elements", align: "right", dropOrder: 2 },
  { title: "expires", dropOrder: 1 },
  { title: "key", grows: true },
];

function keyLines(title: string, keys: readonly NamedKey[], count: number, style: Style): string[] {
  if (count === 0) return [];
  const rows = keys.map(({ db, type, itemCount, expireAtMs, key }) => [
    String(db),
    type,
    itemCount === undefined ? "-" : formatCount(itemCount),
    expiryText(expireAtMs),
    key,
  ]);
  const table = rows.length === 0 ? [] : renderTable(keyColumns, rows, style);
  return ["", style.bold(title), ...table, ...moreLine(count - keys.length, style)];
}

function moreLine(count: number, style: Style): string[] {
  return count <= 0 ? [] : [style.dim(`  and ${formatCount(count)} more, --max-keys lists them`)];
}

function expiryText(expireAtMs: number | undefined): string {
  return expireAtMs === undefined ? "never" : formatTime(expireAtMs);
}

function changedLines({ changed, counts }: Comparison, style: Style): string[] {
  if (counts.changed === 0) return [];
  const lines = ["", style.bold("changed")];
  for (const key of changed) lines.push(...changedKeyLines(key, style));
  return [...lines, ...moreLine(counts.changed - changed.length, style)];
}

const keyIndent = 2;
const factIndent = 4;

function changedKeyLines({ a, b, value }: ChangedKey, style: Style): string[] {
  const type = a.type === b.type ? ` (${a.type})` : "";
  const name = formatKey(a.key, a.db, Math.max(20, style.width - keyIndent - 24));
  const facts: [string, string][] = [];
  if (a.type !== b.type) facts.push(["type", `${typeText(a)} → ${typeText(b)}`]);
  if (a.expireAtMs !== b.expireAtMs)
    facts.push(["expires", `${expiryText(a.expireAtMs)} → ${expiryText(b.expireAtMs)}`]);
  if (value !== undefined) facts.push(...valueFacts(value, style));
  return [
    `${" ".repeat(keyIndent)}${style.accent(name)}${type}`,
    ...(facts.length === 0 ? [] : renderFacts(facts, style, factIndent)),
  ];
}

function typeText({ type, itemCount }: NamedKey): string {
  return itemCount === undefined ? type : `${type} of ${formatCount(itemCount)}`;
}

function valueFacts(value: ValueDifference, style: Style): [string, string][] {
  const facts: [string, string][] = [];
  for (const [kind, counts] of value.parts) {
    if (counts.added + counts.removed + counts.changed === 0) continue;
    if (kind === "block") facts.push(...stringFacts(value, style));
    else if (kind === "element") facts.push(...listFacts(value.first, counts, style));
    else facts.push([partNames[kind][1], partsText(value, kind, counts, style)]);
  }
  return facts;
}

/** Of a string or of a module's stored value. */
function stringFacts({ first, sizeBytes }: ValueDifference, style: Style): [string, string][] {
  const facts: [string, string][] = [
    [
      "bytes",
      sizeBytes.a === sizeBytes.b
        ? `${formatCount(sizeBytes.a)} in both`
        : `${formatCount(sizeBytes.a)} → ${formatCount(sizeBytes.b)}`,
    ],
  ];
  if (first !== undefined)
    facts.push(["from byte", `${formatCount(first.at)}: ${sidesText(first.a, first.b, style)}`]);
  return facts;
}

function listFacts(first: FirstDifference | undefined, counts: PartCounts, style: Style): [string, string][] {
  const facts: [string, string][] = [["elements", countsText(counts)]];
  if (first !== undefined)
    facts.push(["from index", `${formatCount(first.at)}: ${sidesText(first.a, first.b, style)}`]);
  return facts;
}

function sidesText(a: Shown | undefined, b: Shown | undefined, style: Style): string {
  const width = sideWidth(style);
  return `${sideText(a, width)} → ${sideText(b, width)}`;
}

function sideText(shown: Shown | undefined, width: number): string {
  return shown === undefined ? "(end)" : shownText(shown, width);
}

/** Two of them, with what stands around them, fit in a line. */
function sideWidth(style: Style): number {
  return Math.max(10, Math.floor((style.width - 44) / 2));
}

function countsText({ inA, inB, added, removed, changed }: PartCounts): string {
  const changes = [
    added > 0 ? `${formatCount(added)} added` : "",
    removed > 0 ? `${formatCount(removed)} removed` : "",
    changed > 0 ? `${formatCount(changed)} changed` : "",
  ].filter((text) => text !== "");
  const total = inA === inB ? formatCount(inA) : `${formatCount(inA)} → ${formatCount(inB)}`;
  return `${total}: ${changes.join(", ")}`;
}

function partsText(
  { samples }: ValueDifference,
  kind: PartSample["kind"],
  counts: PartCounts,
  style: Style,
): string {
  const shown = samples.filter((sample) => sample.kind === kind);
  const isNameless = shown.every(({ name }) => name === undefined);
  if (isNameless && shown.length === 1) return sidesTextOf(shown[0], style);
  const lines = shown.map((sample) => sampleText(sample, style));
  const unseen = counts.added + counts.removed + counts.changed - shown.length;
  if (unseen > 0) lines.push(style.dim(`and ${formatCount(unseen)} more, --max-parts shows them`));
  return [countsText(counts), ...lines].join("\n");
}

function sidesTextOf({ a, b }: PartSample, style: Style): string {
  const width = sideWidth(style);
  const text = (shown: Shown | undefined) => (shown === undefined ? "none" : shownText(shown, width));
  return `${text(a)} → ${text(b)}`;
}

const signs = { added: "+", removed: "-", changed: "~" } as const;

function sampleText({ change, name, a, b }: PartSample, style: Style): string {
  const paint = change === "added" ? style.good : change === "removed" ? style.bad : style.doubtful;
  const width = sideWidth(style);
  const title = name === undefined ? "" : ` ${shownText(name, width)}`;
  if (change === "changed") return `${paint(signs.changed)}${title}: ${sidesText(a, b, style)}`;
  const content = change === "added" ? b : a;
  return `${paint(signs[change])}${title}${content === undefined ? "" : `: ${shownText(content, width)}`}`;
}
