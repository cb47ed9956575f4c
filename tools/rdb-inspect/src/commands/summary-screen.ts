/** The summary as a person reads it: sections of facts and tables, from the file to its heaviest parts. */

import { formatCrc64 } from "@holdfast/bytes";
import {
  type Column,
  formatCount,
  formatDuration,
  formatShare,
  formatTime,
  renderBar,
  renderFacts,
  renderTable,
} from "@holdfast/command-line";
import { type FileFacts, serverOf } from "../file-facts.ts";
import type { KeyRow } from "../key-meter.ts";
import { modelFor } from "../memory/index.ts";
import { type KeyTotals, lifeStepsMs } from "../passes/summary.ts";
import { trailingSentence, warningLine } from "../report.ts";
import { prefixTree } from "./prefix-tree.ts";
import type { Session } from "./session.ts";
import type { SummaryFacts } from "./summary-facts.ts";

/** Prefixes with less of the memory than this are left to `rdb-inspect prefixes`. */
const prefixShareMin = 0.01;
const prefixesShown = 12;
const barCells = 20;

export function summaryLines(session: Session, facts: SummaryFacts): string[] {
  const { result } = facts;
  const sections = [fileSection(session, result.file), keysSection(session, facts)];
  if (result.totals.keyCount > 0) {
    sections.push(
      typesSection(session, facts),
      expirySection(session, facts),
      evictionSection(session, facts),
      largestSection(session, facts),
      longestSection(session, facts),
      prefixesSection(session, facts),
    );
  }
  return sections
    .filter((lines) => lines.length > 0)
    .flatMap((lines, index) => (index === 0 ? lines : ["", ...lines]));
}

function heading(session: Session, title: string, note = ""): string {
  return session.style.bold(title) + (note === "" ? "" : `  ${session.style.dim(note)}`);
}

function fileSection(session: Session, file: FileFacts): string[] {
  const { input, style } = session;
  const facts: [string, string][] = [["file", input.name]];
  if (input.storedBytes !== undefined) facts.push(["size", storedSize(session, file)]);
  facts.push(["format", formatLine(file)], ["server", serverLine(file)]);
  const created = Number(file.aux.get("ctime"));
  if (created > 0) {
    const ageMs = session.nowMs - created * 1000;
    facts.push([
      "created",
      `${formatTime(created * 1000)} (${ageMs >= 0 ? `${formatDuration(ageMs)} ago` : "in the future"})`,
    ]);
  }
  const usedBytes = Number(file.aux.get("used-mem"));
  if (usedBytes > 0) facts.push(["memory then", `${session.size(usedBytes)} used by the server`]);
  const replid = file.aux.get("repl-id");
  if (replid !== undefined)
    facts.push(["replication", `${replid}\noffset ${formatCount(Number(file.aux.get("repl-offset") ?? 0))}`]);
  facts.push(["checksum", checksumLine(session, file)]);
  if (file.libraries.length > 0) facts.push(["functions", librariesLine(file)]);
  if (file.scriptCount > 0) facts.push(["scripts", formatCount(file.scriptCount)]);
  if (file.moduleAux.length > 0)
    facts.push(["modules", `${file.moduleAux.join(", ")} (data beside the keys)`]);
  if (file.slotCount > 0) facts.push(["cluster", `${formatCount(file.slotCount)} slots with keys`]);
  for (const { job, ranges } of file.slotImports) {
    facts.push([
      "slot import",
      `${ranges.map(({ start, end }) => `${start}-${end}`).join(" ")} unfinished, job ${job}`,
    ]);
  }
  if (file.hashTemplateCount > 0)
    facts.push(["templates", `${formatCount(file.hashTemplateCount)} hash templates`]);
  const trailing = trailingSentence(file);
  if (trailing !== undefined) facts.push(["behind it", style.doubtful(trailing)]);
  for (const warning of file.warnings) facts.push(["warning", style.doubtful(warningLine(warning))]);
  if (file.warningCount > file.warnings.length)
    facts.push(["", `${formatCount(file.warningCount - file.warnings.length)} more warnings`]);
  return [heading(session, "File"), ...renderFacts(facts, style)];
}

function storedSize(session: Session, file: FileFacts): string {
  const { storedBytes = 0, container } = session.input;
  if (container === "none") return session.size(storedBytes);
  const unpacked = file.endOffset === undefined ? "" : `, ${session.size(file.endOffset)} unpacked`;
  return `${session.size(storedBytes)} (${container}${unpacked})`;
}

function formatLine(file: FileFacts): string {
  if (file.version === undefined) return "unknown";
  const kind = file.aux.get("aof-base") === "1" ? ", base of an append-only directory" : "";
  const preamble = file.aux.get("aof-preamble") === "1" ? ", preamble of an append-only file" : "";
  return `RDB ${file.version}${file.dialect === "valkey" ? " (Valkey)" : ""}${kind}${preamble}`;
}

function serverLine(file: FileFacts): string {
  const { family, version } = serverOf(file);
  if (version === undefined) return "not named in the file";
  const bits = file.aux.get("redis-bits");
  return `${family === "valkey" ? "Valkey" : "Redis"} ${version}${bits === undefined ? "" : `, ${bits} bit`}`;
}

function checksumLine({ style }: Session, file: FileFacts): string {
  switch (file.checksum) {
    case "ok":
      return `${style.good("ok")} (CRC-64 ${formatCrc64(file.storedChecksum ?? 0n)})`;
    case "off":
      return style.doubtful("switched off by the server that wrote the file");
    case "none":
      return "none in this version of the format";
    default:
      return style.bad("not verified");
  }
}

function librariesLine(file: FileFacts): string {
  const names = file.libraries.map((library) => library.name);
  return names.length === 1 ? names[0] : `${names.join(", ")} (${names.length} libraries)`;
}

function keysSection(session: Session, { result, walkedKeyCount, isPartial }: SummaryFacts): string[] {
  const { style } = session;
  const { totals } = result;
  const facts: [string, string][] = [];
  const part = session.filters.length > 0 ? ` of ${formatCount(walkedKeyCount)} fit the filters` : "";
  facts.push([
    "keys",
    `${formatCount(totals.keyCount)}${part}${isPartial ? style.bad(" (partial: the file is damaged)") : ""}`,
  ]);
  facts.push(["elements", formatCount(totals.itemCount)]);
  facts.push(["in the file", session.size(totals.sizeBytes)]);
  const model = modelFor(result.modelName)?.label ?? result.modelName;
  facts.push(["in memory", `${session.size(totals.memoryBytes)} estimated for ${model}`]);
  const lines = [heading(session, "Keys"), ...renderFacts(facts, style)];
  if (result.dbs.length < 2 && (result.dbs[0]?.db ?? 0) === 0) return lines;
  const columns: Column[] = [{ title: "db", align: "right" }, ...totalsColumns];
  const dbs = [...result.dbs].sort((a, b) => a.db - b.db);
  const rows = dbs.map((db) => [String(db.db), ...totalsCells(session, db, totals)]);
  return [...lines, "", ...renderTable(columns, rows, style)];
}

const totalsColumns: readonly Column[] = [
  { title: "keys", align: "right" },
  { title: "elements", align: "right" },
  { title: "expiring", align: "right", dropOrder: 1 },
  { title: "in file", align: "right" },
  { title: "memory", align: "right" },
  { title: "share", align: "right" },
];

function totalsCells(session: Session, part: KeyTotals, whole: KeyTotals): string[] {
  return [
    formatCount(part.keyCount),
    formatCount(part.itemCount),
    formatCount(part.expiringCount),
    session.size(part.sizeBytes),
    session.size(part.memoryBytes),
    formatShare(part.memoryBytes, whole.memoryBytes),
  ];
}

function typesSection(session: Session, { result }: SummaryFacts): string[] {
  const columns: Column[] = [{ title: "type" }, { title: "encoding" }, ...totalsColumns];
  const types = [...result.types].sort((a, b) => b.memoryBytes - a.memoryBytes);
  const rows = types.map((type) => [type.type, type.encoding, ...totalsCells(session, type, result.totals)]);
  return [heading(session, "Types"), ...renderTable(columns, rows, session.style)];
}

function expirySection(session: Session, { result }: SummaryFacts): string[] {
  const { expiry, totals } = result;
  const counts: [string, number][] = [["never", expiry.neverCount]];
  if (expiry.pastCount > 0) counts.push(["past", expiry.pastCount]);
  if (expiry.neverCount + expiry.pastCount < totals.keyCount) {
    for (const [step, count] of expiry.leftCounts.entries()) counts.push([stepLabel(step), count]);
  }
  const rows = counts.map(([label, count]) => [
    label,
    formatCount(count),
    formatShare(count, totals.keyCount),
    renderBar(count / totals.keyCount, barCells),
  ]);
  const columns: Column[] = [
    { title: "left" },
    { title: "keys", align: "right" },
    { title: "share", align: "right" },
    { title: "", paint: session.style.accent },
  ];
  const lines = [heading(session, "Expiry"), ...renderTable(columns, rows, session.style)];
  if (expiry.fieldExpiryHashCount > 0) {
    lines.push(`  ${formatCount(expiry.fieldExpiryHashCount)} hashes have fields that expire on their own`);
  }
  return lines;
}

function stepLabel(step: number): string {
  const endMs = lifeStepsMs[step];
  return endMs === Number.POSITIVE_INFINITY
    ? `≥ ${formatDuration(lifeStepsMs[step - 1])}`
    : `< ${formatDuration(endMs)}`;
}

function evictionSection(session: Session, { result }: SummaryFacts): string[] {
  const { eviction } = result;
  const facts: [string, string][] = [];
  if (eviction.idleCount > 0) {
    const mean = formatDuration((eviction.idleSumSec / eviction.idleCount) * 1000);
    facts.push([
      "idle",
      `${formatCount(eviction.idleCount)} keys, ${mean} on average, ${formatDuration(eviction.idleMaxSec * 1000)} at most`,
    ]);
  }
  if (eviction.frequencyCount > 0) {
    const mean = (eviction.frequencySum / eviction.frequencyCount).toFixed(1);
    facts.push([
      "frequency",
      `${formatCount(eviction.frequencyCount)} keys, ${mean} on average, ${eviction.frequencyMax} at most`,
    ]);
  }
  return facts.length === 0 ? [] : [heading(session, "Eviction"), ...renderFacts(facts, session.style)];
}

const keyColumns: readonly Column[] = [
  { title: "memory", align: "right" },
  { title: "share", align: "right", dropOrder: 2 },
  { title: "elements", align: "right" },
  { title: "type" },
  { title: "encoding", dropOrder: 3 },
  { title: "db", align: "right", dropOrder: 1 },
  { title: "key", grows: true },
];

function keyCells(session: Session, row: KeyRow, whole: KeyTotals): (string | Uint8Array)[] {
  return [
    session.size(row.memoryBytes),
    formatShare(row.memoryBytes, whole.memoryBytes),
    row.itemCount === undefined ? "-" : formatCount(row.itemCount),
    row.type,
    row.encoding,
    String(row.db),
    row.key,
  ];
}

function largestSection(session: Session, { result }: SummaryFacts): string[] {
  if (result.largest.length === 0) return [];
  const rows = result.largest.map(({ row }) => keyCells(session, row, result.totals));
  return [
    heading(session, "Largest keys", "by estimated memory"),
    ...renderTable(keyColumns, rows, session.style),
  ];
}

/** Keys among those with the most elements that are not among the largest. */
function longestSection(session: Session, { result }: SummaryFacts): string[] {
  const known = new Set(result.largest.map(({ row }) => row.offset));
  const longest = result.longest.filter(({ row }) => (row.itemCount ?? 0) > 1 && !known.has(row.offset));
  if (longest.length === 0) return [];
  const rows = longest.map(({ row }) => keyCells(session, row, result.totals));
  return [
    heading(session, "Longest other keys", "by elements"),
    ...renderTable(keyColumns, rows, session.style),
  ];
}

function prefixesSection(session: Session, { result }: SummaryFacts): string[] {
  const whole = result.totals;
  const nodes = prefixTree(result.prefixes.rows, {
    memoryMin: whole.memoryBytes * prefixShareMin,
    nodesMax: prefixesShown,
  });
  if (nodes.length === 0) return [];
  const columns: Column[] = [
    { title: "memory", align: "right" },
    { title: "share", align: "right" },
    { title: "keys", align: "right" },
    { title: "expiring", align: "right", dropOrder: 1 },
    { title: "prefix", grows: true },
  ];
  const rows = nodes.map(({ row, level }) => [
    session.size(row.memoryBytes),
    formatShare(row.memoryBytes, whole.memoryBytes),
    formatCount(row.keyCount),
    formatCount(row.expiringCount),
    { indent: level * 2, bytes: row.prefix },
  ]);
  const lines = [heading(session, "Heaviest prefixes"), ...renderTable(columns, rows, session.style)];
  const { droppedCount, droppedWeight } = result.prefixes;
  if (droppedCount > 0) {
    lines.push(
      session.style.dim(
        `  ${formatCount(droppedCount)} light prefixes were merged into those above them; a line may lack up to ${session.size(droppedWeight)}`,
      ),
    );
  }
  return lines;
}
