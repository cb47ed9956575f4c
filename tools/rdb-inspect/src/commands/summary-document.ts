/** The summary as one JSON document. Fields are only ever added; `version` counts other changes. */
import { formatCrc64 } from "@holdfast/bytes";
import { type FileFacts, serverOf } from "../file-facts.ts";
import type { Input } from "../input.ts";
import type { KeyRow } from "../key-meter.ts";
import { jsonValueOfBytes } from "../output/json-text.ts";
import { lifeStepsMs } from "../passes/summary.ts";
import type { PrefixRow } from "../prefix-table.ts";
import type { damageOf } from "../report.ts";
import type { Session } from "./session.ts";
import type { SummaryFacts } from "./summary-facts.ts";

export function summaryDocument(
  session: Session,
  facts: SummaryFacts,
  damage: ReturnType<typeof damageOf> | undefined,
): object {
  const { result, walkedKeyCount, isPartial } = facts;
  const { expiry, eviction } = result;
  return {
    format: "rdb-inspect-summary",
    version: 1,
    isPartial,
    damage: damage === undefined ? null : damageJson(damage),
    file: fileJson(session.input, result.file),
    keys: { ...result.totals, walkedKeyCount },
    memoryModel: result.modelName,
    dbs: [...result.dbs].sort((a, b) => a.db - b.db),
    types: [...result.types].sort((a, b) => b.memoryBytes - a.memoryBytes),
    expiry: {
      neverCount: expiry.neverCount,
      pastCount: expiry.pastCount,
      left: expiry.leftCounts.map((keyCount, step) => ({
        belowMs: Number.isFinite(lifeStepsMs[step]) ? lifeStepsMs[step] : null,
        keyCount,
      })),
      fieldExpiryHashCount: expiry.fieldExpiryHashCount,
    },
    eviction,
    largest: result.largest.map(({ row }) => keyJson(row)),
    longest: result.longest.map(({ row }) => keyJson(row)),
    prefixes: {
      droppedCount: result.prefixes.droppedCount,
      missedMemoryMax: result.prefixes.droppedWeight,
      rows: heaviest(result.prefixes.rows).map(prefixJson),
    },
  };
}

const prefixRowsMax = 100;

function heaviest(rows: readonly PrefixRow[]): PrefixRow[] {
  return [...rows].sort((a, b) => b.memoryBytes - a.memoryBytes || a.depth - b.depth).slice(0, prefixRowsMax);
}

/** What is known of a file, for every document. */
export function fileJson(input: Input, file: FileFacts): object {
  return {
    name: input.name,
    storedBytes: input.storedBytes ?? null,
    container: input.container,
    dialect: file.dialect ?? null,
    rdbVersion: file.version ?? null,
    server: serverOf(file),
    aux: Object.fromEntries(file.aux),
    checksum: file.checksum ?? null,
    storedChecksum: file.storedChecksum === undefined ? null : formatCrc64(file.storedChecksum),
    endOffset: file.endOffset ?? null,
    trailing: file.trailing ?? null,
    libraries: file.libraries,
    scriptCount: file.scriptCount,
    moduleAux: file.moduleAux,
    slotCount: file.slotCount,
    slotImports: file.slotImports,
    hashTemplateCount: file.hashTemplateCount,
    warningCount: file.warningCount,
    warnings: file.warnings.map((warning) => ({
      ...warning,
      key: warning.key === undefined ? null : jsonValueOfBytes(warning.key),
    })),
  };
}

/** One piece of damage, for every document. */
export function damageJson(damage: ReturnType<typeof damageOf>): object {
  return {
    code: damage.code,
    detail: damage.detail,
    offset: damage.offset,
    db: damage.db ?? null,
    key: damage.key === undefined ? null : jsonValueOfBytes(damage.key),
    typeName: damage.typeName ?? null,
  };
}

function keyJson(row: KeyRow): object {
  return { ...row, key: jsonValueOfBytes(row.key) };
}

export function prefixJson(row: PrefixRow): object {
  const { prefix, ttlSumMs, ...rest } = row;
  return {
    prefix: jsonValueOfBytes(prefix),
    ...rest,
    meanTtlMs: row.expiringCount === 0 ? null : Math.round(ttlSumMs / row.expiringCount),
  };
}
