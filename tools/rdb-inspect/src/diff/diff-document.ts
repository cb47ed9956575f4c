/** The comparison as one JSON document, described in the README of this tool. Fields are only ever added. */
import { fileJson } from "../commands/summary-document.ts";
import { jsonValueOfBytes } from "../output/json-text.ts";
import type { ChangedKey, Comparison, DiffInputs, DiffPlan } from "./compare-files.ts";
import { isDifferent } from "./diff-verdict.ts";
import type { NamedKey } from "./key-passes.ts";
import { shownJson } from "./part-text.ts";
import type { PartSample, ValueDifference } from "./value-differences.ts";

export function diffDocument({ a, b }: DiffInputs, plan: DiffPlan, comparison: Comparison): object {
  const { counts, files } = comparison;
  return {
    format: "rdb-inspect-diff",
    version: 1,
    isEqual: !isDifferent(comparison),
    ignored: {
      ttl: plan.rules.ignoreExpiry === true,
      groups: plan.rules.ignoreGroups === true,
      functions: plan.ignoreRecords,
    },
    equalCount: counts.equal,
    changedCount: counts.changed,
    onlyInACount: counts.onlyA,
    onlyInBCount: counts.onlyB,
    twiceInACount: counts.twiceA,
    twiceInBCount: counts.twiceB,
    roundCount: comparison.roundCount,
    records: comparison.records,
    onlyInA: comparison.onlyA.map(keyJson),
    onlyInB: comparison.onlyB.map(keyJson),
    twiceInA: comparison.twiceA.map(keyJson),
    twiceInB: comparison.twiceB.map(keyJson),
    changed: comparison.changed.map(changedJson),
    a: fileJson(a.session.input, files.a),
    b: fileJson(b.session.input, files.b),
  };
}

function keyJson({ db, key, recordOffset, ...rest }: NamedKey): object {
  return { db, key: jsonValueOfBytes(key), ...sideJson(rest), offset: recordOffset };
}

function sideJson(key: Pick<NamedKey, "type" | "encoding" | "itemCount" | "expireAtMs">): object {
  return {
    type: key.type,
    encoding: key.encoding,
    elements: key.itemCount ?? null,
    expireAtMs: key.expireAtMs ?? null,
  };
}

function changedJson({ a, b, value }: ChangedKey): object {
  return {
    db: a.db,
    key: jsonValueOfBytes(a.key),
    a: { ...sideJson(a), offset: a.recordOffset },
    b: { ...sideJson(b), offset: b.recordOffset },
    value: value === undefined ? null : valueJson(value),
  };
}

function valueJson({ parts, samples, first, sizeBytes }: ValueDifference): object {
  return {
    parts: [...parts].map(([kind, counts]) => ({ kind, ...counts })),
    sizeBytes: parts.has("block") ? sizeBytes : null,
    firstDifference:
      first === undefined ? null : { at: first.at, a: shownJson(first.a), b: shownJson(first.b) },
    samples: samples.map(sampleJson),
  };
}

function sampleJson({ kind, change, name, a, b }: PartSample): object {
  return { kind, change, name: shownJson(name), a: shownJson(a), b: shownJson(b) };
}
