/** Ranges of indices, scores and members, as commands state them. Sources: t_list.c, zslParseRange and zslParseLexRange in t_zset.c of Redis. */
import type { CommandArguments } from "../arguments.ts";
import { parseDouble } from "../numbers/floats.ts";
import { refusal } from "../outcome.ts";
import type { ZsetValue } from "../values/zset-value.ts";

/** Half-open, within what is there; `from` equals `to` when it is empty. */
export interface IndexRange {
  readonly from: number;
  readonly to: number;
}

const empty: IndexRange = { from: 0, to: 0 };

/** The elements from `start` through `stop` of `count`, where -1 is the last one. */
export function indexRange(start: number, stop: number, count: number): IndexRange {
  const from = Math.max(0, start < 0 ? count + start : start);
  const last = Math.min(count - 1, stop < 0 ? count + stop : stop);
  return from > last || from >= count ? empty : { from, to: last + 1 };
}

/** Ranks of the members whose score lies between the words `min` and `max`: "(5" leaves 5 out. */
export function scoreRange(
  args: CommandArguments,
  min: number,
  max: number,
): (zset: ZsetValue) => IndexRange {
  const [low, high] = [scoreBound(args.text(min)), scoreBound(args.text(max))];
  return (zset) => {
    const order = zset.order();
    const from = order.firstRank((score) => (low.isExcluded ? score > low.score : score >= low.score));
    const to = order.firstRank((score) => (high.isExcluded ? score >= high.score : score > high.score));
    return from < to ? { from, to } : empty;
  };
}

function scoreBound(word: string): { readonly score: number; readonly isExcluded: boolean } {
  const isExcluded = word.startsWith("(");
  const score = parseDouble(isExcluded ? word.slice(1) : word);
  if (score === undefined) throw refusal.minMaxFloat;
  return { score, isExcluded };
}

/** Ranks of the members between the words `min` and `max`: "[a" with a, "(a" without, "-" and "+" all. For members of one score. */
export function lexRange(args: CommandArguments, min: number, max: number): (zset: ZsetValue) => IndexRange {
  const [low, high] = [lexBound(args.text(min)), lexBound(args.text(max))];
  return (zset) => {
    const order = zset.order();
    const from = order.firstRank((_, member) => isBehind(member, low));
    const to = order.firstRank((_, member) => !isBefore(member, high));
    return from < to ? { from, to } : empty;
  };
}

type LexBound = "first" | "last" | { readonly member: string; readonly isExcluded: boolean };

function lexBound(word: string): LexBound {
  if (word === "-") return "first";
  if (word === "+") return "last";
  const isExcluded = word.startsWith("(");
  if (!isExcluded && !word.startsWith("[")) throw refusal.minMaxLex;
  return { member: word.slice(1), isExcluded };
}

/** Whether a member is not left out by a lower bound. */
function isBehind(member: string, bound: LexBound): boolean {
  if (typeof bound === "string") return bound === "first";
  return bound.isExcluded ? member > bound.member : member >= bound.member;
}

/** Whether a member is not left out by an upper bound. */
function isBefore(member: string, bound: LexBound): boolean {
  if (typeof bound === "string") return bound === "last";
  return bound.isExcluded ? member < bound.member : member <= bound.member;
}
