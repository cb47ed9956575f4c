/**
 * SORT key … STORE target, which a log has as a client sent it, so that it is sorted again.
 *
 * With STORE servers compare texts byte by byte, whatever the locale, and equal numbers by their elements. Only SORT … BY … ALPHA can leave a
 * tie: then lists keep their order, while the order in which a server walks over a set is its own.
 */
import type { CommandArguments } from "../arguments.ts";
import type { Database } from "../database.ts";
import { applied, appliedIf, type Outcome, Refusal, refusal, unchanged } from "../outcome.ts";
import { partialSort } from "../sorting/partial-sort.ts";
import { lookUp, weightOf } from "../sorting/weights.ts";
import { ListValue } from "../values/list-value.ts";
import { SetValue } from "../values/set-value.ts";
import { ZsetValue } from "../values/zset-value.ts";
import { type CommandContext, rowsOf } from "./command.ts";

interface SortOptions {
  /** A pattern with a star. */
  by: string | undefined;
  isSorted: boolean;
  isAlpha: boolean;
  isDescending: boolean;
  start: number;
  /** Negative for all. */
  count: number;
  readonly gets: string[];
  target: string | undefined;
}

interface Row {
  readonly element: string;
  readonly weight: number;
  /** What an alphabetic BY found. */
  readonly text: string | undefined;
}

const badWeight = new Refusal("ERR One or more scores can't be converted into double");

function sort({ db }: CommandContext, args: CommandArguments): Outcome {
  const options = parseOptions(args);
  const source = db.get(args.text(1));
  const isSortable = source instanceof ListValue || source instanceof SetValue || source instanceof ZsetValue;
  if (source !== undefined && !isSortable) throw refusal.wrongType;
  if (options.target === undefined) return unchanged;
  // The order of a set is nobody's business: servers sort it, so that replicas have the same.
  if (source instanceof SetValue && !options.isSorted)
    Object.assign(options, { isSorted: true, isAlpha: true, by: undefined });
  const sorted = source === undefined ? [] : sortedElements(db, elementsOf(source, options), options);
  if (sorted.length === 0) return appliedIf(db.delete(options.target));
  const result = new ListValue(db.slabs);
  for (const element of sorted) {
    if (options.gets.length === 0) result.push("right", element);
    for (const pattern of options.gets) result.push("right", lookUp(db, pattern, element) ?? "");
  }
  db.replace(options.target, result);
  return applied;
}

/** All elements; those of lists and sorted sets in the order that is wanted when nothing sorts them. */
function elementsOf(source: ListValue | SetValue | ZsetValue, options: SortOptions): string[] {
  if (source instanceof SetValue) return [...source.members()];
  const elements = source instanceof ListValue ? [...source.elements()] : membersOf(source);
  return options.isDescending && !options.isSorted ? elements.reverse() : elements;
}

function membersOf(zset: ZsetValue): string[] {
  return Array.from(zset.order().range(0, zset.itemCount), ([member]) => member);
}

function sortedElements(db: Database, elements: string[], options: SortOptions): string[] {
  const start = Math.min(Math.max(options.start, 0), elements.length);
  const end = options.count < 0 ? elements.length : Math.min(start + options.count, elements.length);
  if (!options.isSorted) return elements.slice(start, end);
  const rows = elements.map((element) => rowOf(db, element, options));
  const compare = comparisonOf(options);
  const isPart = start !== 0 || end !== elements.length;
  if (options.by !== undefined && isPart && start < end) partialSort(rows, compare, start, end - 1);
  else rows.sort(compare);
  return rows.slice(start, end).map(({ element }) => element);
}

function rowOf(db: Database, element: string, { by, isAlpha }: SortOptions): Row {
  const text = by === undefined ? element : lookUp(db, by, element);
  if (isAlpha || text === undefined) return { element, weight: 0, text };
  const weight = weightOf(text);
  if (weight === undefined) throw badWeight;
  return { element, weight, text };
}

function comparisonOf({ isAlpha, isDescending }: SortOptions): (first: Row, second: Row) => number {
  const sign = isDescending ? -1 : 1;
  if (isAlpha) return (first, second) => sign * compareTexts(first.text, second.text);
  return (first, second) =>
    sign * (compareNumbers(first.weight, second.weight) || compareTexts(first.element, second.element));
}

function compareNumbers(first: number, second: number): number {
  return first === second ? 0 : first < second ? -1 : 1;
}

/** Nothing comes before everything. */
function compareTexts(first: string | undefined, second: string | undefined): number {
  if (first === second) return 0;
  if (first === undefined || second === undefined) return first === undefined ? -1 : 1;
  return first < second ? -1 : 1;
}

function parseOptions(args: CommandArguments): SortOptions {
  const options: SortOptions = {
    by: undefined,
    isSorted: true,
    isAlpha: false,
    isDescending: false,
    start: 0,
    count: -1,
    gets: [],
    target: undefined,
  };
  for (let at = 2; at < args.count; at++) {
    const more = args.count - at - 1;
    if (args.is(at, "ASC") || args.is(at, "DESC")) options.isDescending = args.is(at, "DESC");
    else if (args.is(at, "ALPHA")) options.isAlpha = true;
    else if (args.is(at, "LIMIT") && more >= 2) {
      options.start = args.integer(++at);
      options.count = args.integer(++at);
    } else if (args.is(at, "STORE") && more >= 1) options.target = args.text(++at);
    else if (args.is(at, "BY") && more >= 1) {
      const pattern = args.text(++at);
      options.isSorted = options.isSorted && pattern.includes("*");
      options.by = pattern;
    } else if (args.is(at, "GET") && more >= 1) options.gets.push(args.text(++at));
    else throw refusal.syntax;
  }
  return options;
}

export const sortCommands = rowsOf("keys", [["SORT", -2, sort]]);
