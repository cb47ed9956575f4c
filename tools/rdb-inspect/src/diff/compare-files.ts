/**
 * Compares two files and keeps neither.
 *
 *   round    survey of A, survey of B: which keys are in one, in both, in both and changed       (key-passes.ts)
 *            naming of A, naming of B, when there are differences that are to be listed
 *   …        more rounds, each for a part of the keys, when they do not fit the table
 *   values   what changed in the listed keys                                                      (value-differences.ts)
 *
 * Damage ends it at once: a comparison of a part would be taken for one of the whole.
 */
import type { FormatError } from "@holdfast/bytes";
import { type ContentRules, makeContentLane } from "@holdfast/rdb";
import type { Session } from "../commands/session.ts";
import type { FileFacts } from "../file-facts.ts";
import { compareFileContent, type RecordDifference } from "./file-content.ts";
import { type DiffSource, type NamedKey, type NamedKeys, namingPass, surveyPass } from "./key-passes.ts";
import { PrintTable, type TableCounts } from "./print-table.ts";
import { readRecords } from "./read-records.ts";
import { type KeyPair, type ValueDifference, ValueDifferences } from "./value-differences.ts";

/** One of the two files. */
export interface DiffInput {
  readonly session: Session;
  readonly source: DiffSource;
}

export interface DiffInputs {
  readonly a: DiffInput;
  readonly b: DiffInput;
}

export interface DiffPlan {
  readonly rules: ContentRules;
  readonly ignoreRecords: boolean;
  /** Keys that are listed of each kind of difference. */
  readonly keysMax: number;
  /** Parts that are shown of each kind of change of a key. */
  readonly partsMax: number;
  readonly tableBytes: number;
}

export interface ChangedKey extends KeyPair {
  /** Undefined when the types differ. */
  readonly value: ValueDifference | undefined;
}

export interface Comparison {
  readonly files: { readonly a: FileFacts; readonly b: FileFacts };
  readonly counts: TableCounts;
  readonly roundCount: number;
  readonly onlyA: readonly NamedKey[];
  readonly onlyB: readonly NamedKey[];
  readonly twiceA: readonly NamedKey[];
  readonly twiceB: readonly NamedKey[];
  readonly changed: readonly ChangedKey[];
  readonly records: readonly RecordDifference[];
}

/** One of the files is damaged. */
export class DamagedInput extends Error {
  override readonly name = "DamagedInput";
  readonly session: Session;
  readonly failure: FormatError;
  readonly keyCount: number;

  constructor(session: Session, failure: FormatError, keyCount: number) {
    super(failure.message, { cause: failure });
    this.session = session;
    this.failure = failure;
    this.keyCount = keyCount;
  }
}

/** Throws DamagedInput, and FormatError when a file changes while it is compared. */
export async function compareFiles(inputs: DiffInputs, plan: DiffPlan): Promise<Comparison> {
  const table = new PrintTable(plan.tableBytes);
  const survey = await surveyAll(inputs, plan, table);
  const changed = pairsOf(survey.names.a.changed, survey.names.b.changed);
  const values = await compareValues(inputs, plan, table, survey.files, changed);
  const { a, b } = survey.names;
  return {
    files: survey.files,
    counts: survey.counts,
    roundCount: survey.roundCount,
    onlyA: a.only.sort(byOffset),
    onlyB: b.only.sort(byOffset),
    twiceA: a.twice.sort(byOffset),
    twiceB: b.twice.sort(byOffset),
    changed: changed.map((pair, index) => ({ ...pair, value: values[index] })),
    records: plan.ignoreRecords ? [] : survey.records,
  };
}

interface AllSurveys {
  readonly files: Comparison["files"];
  readonly records: readonly RecordDifference[];
  readonly counts: TableCounts;
  readonly names: { readonly a: NamedKeys; readonly b: NamedKeys };
  readonly roundCount: number;
}

async function surveyAll({ a, b }: DiffInputs, plan: DiffPlan, table: PrintTable): Promise<AllSurveys> {
  const lane = makeContentLane(plan.rules);
  const survey = surveyPass(table, plan.rules, lane);
  const names = { a: noNames(), b: noNames() };
  const total: TableCounts = { equal: 0, changed: 0, onlyA: 0, onlyB: 0, twiceA: 0, twiceB: 0 };
  for (let roundCount = 1; ; roundCount++) {
    const ofA = await walked(a, survey);
    const ofB = await walked(b, survey);
    const counts = table.counts();
    for (const kind of Object.keys(total) as (keyof TableCounts)[]) total[kind] += counts[kind];
    const { keysMax } = plan;
    if (counts.changed + counts.onlyA + counts.twiceA + counts.twiceB > 0 && keysMax > 0)
      await walked(a, namingPass(table, { keysMax, names: names.a }, lane));
    if (counts.changed + counts.onlyB + counts.twiceA + counts.twiceB > 0 && keysMax > 0)
      await walked(b, namingPass(table, { keysMax, names: names.b }, lane));
    if (table.nextRange()) continue;
    const records = compareFileContent(ofA.content, ofB.content);
    return { files: { a: ofA.file, b: ofB.file }, records, counts: total, names, roundCount };
  }
}

/** The result of a walk to the end. */
async function walked<Result>(
  { session, source }: DiffInput,
  kind: Parameters<typeof session.walk<DiffSource, Result>>[0],
): Promise<Result> {
  const run = await session.walk(kind, source);
  if (run.failure !== undefined) throw new DamagedInput(session, run.failure, run.keyCount);
  return run.result;
}

/** What changed in each pair; undefined for those of different types. */
async function compareValues(
  { a, b }: DiffInputs,
  { rules, partsMax }: DiffPlan,
  table: PrintTable,
  files: Comparison["files"],
  pairs: readonly KeyPair[],
): Promise<(ValueDifference | undefined)[]> {
  const comparable = pairs.filter((pair) => pair.a.type === pair.b.type);
  if (comparable.length === 0) return [];
  table.reset();
  const differences = new ValueDifferences(
    comparable.map((pair) => pair.a.type),
    table,
    rules,
    partsMax,
  );
  do {
    for (const { side, take } of differences.readings) {
      const { session } = side === "a" ? a : b;
      const records = comparable.map((pair) => pair[side]);
      await readRecords(session, files[side], records, take);
    }
  } while (differences.nextRound());
  const found = new Map(comparable.map((pair, index) => [pair, differences.found[index]]));
  return pairs.map((pair) => found.get(pair));
}

function noNames(): NamedKeys {
  return { only: [], changed: [], twice: [] };
}

/** Keys of one name, in the order of A. */
function pairsOf(a: readonly NamedKey[], b: readonly NamedKey[]): KeyPair[] {
  const inB = new Map([...b].reverse().map((key) => [idOf(key), key]));
  return [...a].sort(byOffset).flatMap((key) => {
    const other = inB.get(idOf(key));
    return other === undefined ? [] : [{ a: key, b: other }];
  });
}

function idOf({ db, key }: NamedKey): string {
  return `${db} ${Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1")}`;
}

function byOffset(first: NamedKey, second: NamedKey): number {
  return first.recordOffset - second.recordOffset;
}
