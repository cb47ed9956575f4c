/**
 * Sorted sets made of others: ZRANGESTORE, ZUNIONSTORE, ZINTERSTORE, ZDIFFSTORE. They are logged as they were sent, so the result is computed
 * here, score for score.
 *
 * Sums depend on their order: as servers do, inputs are taken from the smallest to the largest. What would be NaN is 0. Plain sets count
 * as members of score 1. Source: zrangeGenericCommand and zunionInterDiffGenericCommand in t_zset.c of Redis 7.0 to 8.6.
 */
import type { CommandArguments } from "../arguments.ts";
import type { Database } from "../database.ts";
import { appliedIf, kept, type Outcome, Refusal, refusal } from "../outcome.ts";
import { SetValue } from "../values/set-value.ts";
import { ZsetValue } from "../values/zset-value.ts";
import { type CommandContext, type Handler, rowsOf } from "./command.ts";
import { type IndexRange, indexRange, lexRange, scoreRange } from "./ranges.ts";

interface RangeOptions {
  by: "rank" | "score" | "lex";
  isReversed: boolean;
  /** LIMIT: how many to pass over, and how many to take at most; negative: all. */
  offset: number;
  count: number;
  hasLimit: boolean;
}

/** ZRANGESTORE destination source min max [BYSCORE | BYLEX] [REV] [LIMIT offset count]. */
function rangeStore({ db }: CommandContext, args: CommandArguments): Outcome {
  const options = rangeOptions(args);
  const range = rangeFor(args, options);
  const source = db.find(args.text(2), ZsetValue);
  const result = new ZsetValue(db.slabs);
  if (source !== undefined) {
    const { from, to } = limited(range(source), options);
    for (const [member, score] of source.order().range(from, to)) result.put(member, score);
  }
  return appliedIf(db.store(args.text(1), result));
}

function rangeOptions(args: CommandArguments): RangeOptions {
  const options: RangeOptions = { by: "rank", isReversed: false, offset: 0, count: -1, hasLimit: false };
  for (let index = 5; index < args.count; index++) {
    if (args.is(index, "REV")) options.isReversed = true;
    else if (args.is(index, "BYSCORE")) options.by = "score";
    else if (args.is(index, "BYLEX")) options.by = "lex";
    else if (args.is(index, "LIMIT") && index + 2 < args.count) {
      options.offset = args.integer(++index);
      options.count = args.integer(++index);
      options.hasLimit = true;
    } else throw refusal.syntax;
  }
  if (options.hasLimit && options.by === "rank")
    throw new Refusal(
      "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX",
    );
  return options;
}

/** Ranks from the low end, whichever end the command counts from. */
function rangeFor(args: CommandArguments, { by, isReversed }: RangeOptions): (zset: ZsetValue) => IndexRange {
  const [min, max] = isReversed ? [4, 3] : [3, 4];
  if (by === "score") return scoreRange(args, min, max);
  if (by === "lex") return lexRange(args, min, max);
  const [start, stop] = [args.integer(3), args.integer(4)];
  return ({ itemCount }) => {
    const { from, to } = indexRange(start, stop, itemCount);
    return isReversed ? { from: itemCount - to, to: itemCount - from } : { from, to };
  };
}

function limited({ from, to }: IndexRange, { offset, count, isReversed }: RangeOptions): IndexRange {
  if (offset < 0) return { from, to: from };
  const most = count < 0 ? Number.POSITIVE_INFINITY : count;
  if (isReversed) {
    const last = Math.max(from, to - offset);
    return { from: Math.max(from, last - most), to: last };
  }
  const first = Math.min(to, from + offset);
  return { from: first, to: Math.min(to, first + most) };
}

type Aggregate = "SUM" | "MIN" | "MAX";

interface Input {
  readonly source: SetValue | ZsetValue | undefined;
  readonly weight: number;
  readonly itemCount: number;
}

interface Combination {
  readonly inputs: readonly Input[];
  readonly aggregate: Aggregate;
}

/** ZUNIONSTORE and its relatives: destination numkeys key … [WEIGHTS weight …] [AGGREGATE SUM | MIN | MAX]. */
function store(operation: "union" | "intersection" | "difference"): Handler {
  return ({ db }, args) => {
    const combination = combinationOf(db, args, operation !== "difference");
    if (combination === undefined) return kept["unknown-command"];
    const result = new ZsetValue(db.slabs);
    if (operation === "union") unite(combination, result);
    else if (operation === "intersection") intersect(combination, result);
    else subtract(combination, result);
    return appliedIf(db.store(args.text(1), result));
  };
}

/** Undefined for AGGREGATE COUNT, which came with Redis 8.8 and was not seen at work. */
function combinationOf(db: Database, args: CommandArguments, hasOptions: boolean): Combination | undefined {
  const keyCount = args.integer(2);
  if (keyCount < 1) throw new Refusal("ERR at least 1 input key is needed for this command");
  const end = 3 + keyCount;
  if (end > args.count) throw refusal.syntax;
  const sources = args.texts(3, end).map((key) => inputAt(db, key));
  let weights: readonly number[] | undefined;
  let aggregate: Aggregate | "COUNT" = "SUM";
  for (let index = end; index < args.count; index++) {
    if (!hasOptions) throw refusal.syntax;
    if (args.is(index, "WEIGHTS") && index + keyCount < args.count) {
      weights = sources.map((_, input) => args.double(index + 1 + input, weightNotFloat));
      index += keyCount;
    } else if (args.is(index, "AGGREGATE") && index + 1 < args.count) aggregate = aggregateAt(args, ++index);
    else throw refusal.syntax;
  }
  if (aggregate === "COUNT") return undefined;
  const inputs = sources.map((source, input) => ({
    source,
    weight: weights?.[input] ?? 1,
    itemCount: source?.itemCount ?? 0,
  }));
  return { inputs, aggregate };
}

const weightNotFloat = new Refusal("ERR weight value is not a float");

function aggregateAt(args: CommandArguments, index: number): Aggregate | "COUNT" {
  const found = (["SUM", "MIN", "MAX", "COUNT"] as const).find((name) => args.is(index, name));
  if (found === undefined) throw refusal.syntax;
  return found;
}

function inputAt(db: Database, key: string): SetValue | ZsetValue | undefined {
  const found = db.get(key);
  if (found === undefined || found instanceof SetValue || found instanceof ZsetValue) return found;
  throw refusal.wrongType;
}

function unite({ inputs, aggregate }: Combination, result: ZsetValue): void {
  for (const { source, weight } of smallestFirst(inputs)) {
    for (const [member, stated] of pairsOf(source)) {
      const score = weighted(stated, weight);
      const before = result.score(member);
      result.put(member, before === undefined ? score : aggregated(before, score, aggregate));
    }
  }
}

function intersect({ inputs, aggregate }: Combination, result: ZsetValue): void {
  const [smallest, ...others] = smallestFirst(inputs);
  for (const [member, stated] of pairsOf(smallest.source)) {
    let score: number | undefined = weighted(stated, smallest.weight);
    for (const { source, weight } of others) {
      const other = scoreIn(source, member);
      if (other === undefined) {
        score = undefined;
        break;
      }
      score = aggregated(score, weighted(other, weight), aggregate);
    }
    if (score !== undefined) result.put(member, score);
  }
}

function subtract({ inputs: [first, ...others] }: Combination, result: ZsetValue): void {
  for (const [member, score] of pairsOf(first.source))
    if (!others.some(({ source }) => scoreIn(source, member) !== undefined)) result.put(member, score);
}

function smallestFirst(inputs: readonly Input[]): Input[] {
  return [...inputs].sort((first, second) => first.itemCount - second.itemCount);
}

function* pairsOf(
  source: SetValue | ZsetValue | undefined,
): Iterable<readonly [member: string, score: number]> {
  if (source instanceof ZsetValue) yield* source.entries();
  else if (source !== undefined) for (const member of source.members()) yield [member, 1];
}

function scoreIn(source: SetValue | ZsetValue | undefined, member: string): number | undefined {
  if (source instanceof ZsetValue) return source.score(member);
  return source?.has(member) ? 1 : undefined;
}

function weighted(score: number, weight: number): number {
  const value = score * weight;
  return Number.isNaN(value) ? 0 : value;
}

/** Zero and minus zero are equal: the first one stays, which Math.min and Math.max do not promise. */
function isBetter(score: number, before: number, aggregate: "MIN" | "MAX"): boolean {
  return aggregate === "MIN" ? score < before : score > before;
}

function aggregated(first: number, second: number, aggregate: Aggregate): number {
  if (aggregate !== "SUM") return isBetter(second, first, aggregate) ? second : first;
  const sum = first + second;
  return Number.isNaN(sum) ? 0 : sum;
}

export const zsetStoreCommands = rowsOf("sorted-sets", [
  ["ZRANGESTORE", -5, rangeStore],
  ["ZUNIONSTORE", -4, store("union")],
  ["ZINTERSTORE", -4, store("intersection")],
  ["ZDIFFSTORE", -4, store("difference")],
]);
