/** `rdb-inspect prefixes`: settings, run, and the prefixes as a tree, rows or one document. */
import {
  type Column,
  exitCode,
  exitCodeOfDamage,
  formatCount,
  formatDuration,
  formatShare,
  parseCount,
  renderFacts,
  renderTable,
} from "@holdfast/command-line";
import type { Host } from "../host.ts";
import { ByteSink } from "../output/byte-sink.ts";
import { writeCsvBytes } from "../output/csv-text.ts";
import { type PrefixesResult, prefixesPass } from "../passes/prefixes.ts";
import type { PrefixRow } from "../prefix-table.ts";
import { damageOf, failureText, notesText } from "../report.ts";
import { parseSeparators, parseShare } from "./option-values.ts";
import { prefixTree } from "./prefix-tree.ts";
import { type CommonOptions, Session } from "./session.ts";
import { damageJson, fileJson, prefixJson } from "./summary-document.ts";

export interface PrefixesOptions extends CommonOptions {
  readonly format: "table" | "csv" | "ndjson" | "json";
  readonly separator?: readonly string[];
  readonly depth: string;
  readonly minShare: string;
  readonly limit: string;
}

/** Prefixes counted at a time: about 20 MiB. */
const prefixesMax = 262_144;

export function runPrefixes(host: Host, path: string, options: PrefixesOptions): Promise<number> {
  return Session.run(host, path, options, async (session) => {
    const minShare = parseShare("--min-share", options.minShare);
    const limit = parseCount("--limit", options.limit, 1);
    const { result, failure, keyCount } = await session.runPass(prefixesPass, {
      filters: session.filters,
      nowMs: session.nowMs,
      modelName: session.modelName,
      separators: parseSeparators(options.separator),
      depthMax: parseCount("--depth", options.depth, 1),
      prefixesMax,
    });
    const memoryMin = result.memoryBytes * minShare;
    if (options.format === "table")
      await session.print(tableLines(session, result, { memoryMin, nodesMax: limit }));
    else {
      const heavy = result.prefixes.rows
        .filter((row) => row.memoryBytes >= memoryMin)
        .sort((a, b) => b.memoryBytes - a.memoryBytes || a.depth - b.depth)
        .slice(0, limit);
      if (options.format === "csv") await host.writeOut(csvOf(heavy));
      else if (options.format === "ndjson")
        await session.print(heavy.map((row) => JSON.stringify(prefixJson(row))));
      else {
        const damage = failure === undefined ? null : damageJson(damageOf(failure));
        await session.print([JSON.stringify(documentOf(session, result, heavy, damage), null, 2)]);
      }
    }
    host.writeErr(
      notesText(session.input.name, result.file, session.errorStyle) + droppedText(session, result),
    );
    if (failure === undefined) return exitCode.ok;
    host.writeErr(failureText(session.input.name, failure, keyCount, session.errorStyle));
    return exitCodeOfDamage(failure.code);
  });
}

function tableLines(
  session: Session,
  result: PrefixesResult,
  limits: { memoryMin: number; nodesMax: number },
): string[] {
  const columns: Column[] = [
    { title: "memory", align: "right" },
    { title: "share", align: "right" },
    { title: "in file", align: "right", dropOrder: 2 },
    { title: "keys", align: "right" },
    { title: "expiring", align: "right", dropOrder: 1 },
    { title: "mean ttl", align: "right", dropOrder: 1 },
    { title: "prefix", grows: true },
  ];
  const rows = prefixTree(result.prefixes.rows, limits).map(({ row, level }) => [
    session.size(row.memoryBytes),
    formatShare(row.memoryBytes, result.memoryBytes),
    session.size(row.sizeBytes),
    formatCount(row.keyCount),
    formatCount(row.expiringCount),
    row.expiringCount === 0 ? "-" : formatDuration(row.ttlSumMs / row.expiringCount),
    { indent: level * 2, bytes: row.prefix },
  ]);
  const withPrefix = result.prefixes.rows
    .filter((row) => row.depth === 1)
    .reduce((sum, row) => sum + row.keyCount, 0);
  const facts: [string, string][] = [
    ["keys", formatCount(result.keyCount)],
    ["memory", `${session.size(result.memoryBytes)} estimated for ${result.modelName}`],
    [
      "no prefix",
      `${formatCount(result.keyCount - withPrefix)} keys without a separator, or below no counted prefix`,
    ],
  ];
  return [...renderTable(columns, rows, session.style), "", ...renderFacts(facts, session.style)];
}

function droppedText(session: Session, { prefixes }: PrefixesResult): string {
  if (prefixes.droppedCount === 0) return "";
  const count = formatCount(prefixes.droppedCount);
  const missed = session.size(prefixes.droppedWeight);
  return `rdb-inspect: ${count} light prefixes were merged into those above them; a prefix may lack up to ${missed}\n`;
}

const csvHeader =
  "prefix,depth,keys,memory_bytes,serialized_bytes,expiring_keys,mean_ttl_ms,missed_memory_max\r\n";

function csvOf(rows: readonly PrefixRow[]): Uint8Array {
  const sink = new ByteSink();
  sink.ascii(csvHeader);
  for (const row of rows) {
    writeCsvBytes(sink, row.prefix);
    const meanTtlMs = row.expiringCount === 0 ? "" : Math.round(row.ttlSumMs / row.expiringCount);
    const numbers = [
      row.depth,
      row.keyCount,
      Math.round(row.memoryBytes),
      row.sizeBytes,
      row.expiringCount,
      meanTtlMs,
      Math.round(row.missedMax),
    ];
    sink.ascii(`,${numbers.join(",")}\r\n`);
  }
  sink.commit();
  return sink.take() ?? new Uint8Array(0);
}

function documentOf(
  session: Session,
  result: PrefixesResult,
  rows: readonly PrefixRow[],
  damage: object | null,
): object {
  return {
    format: "rdb-inspect-prefixes",
    version: 1,
    isPartial: damage !== null,
    damage,
    file: fileJson(session.input, result.file),
    memoryModel: result.modelName,
    keyCount: result.keyCount,
    memoryBytes: result.memoryBytes,
    sizeBytes: result.sizeBytes,
    droppedCount: result.prefixes.droppedCount,
    missedMemoryMax: result.prefixes.droppedWeight,
    prefixes: rows.map(prefixJson),
  };
}
