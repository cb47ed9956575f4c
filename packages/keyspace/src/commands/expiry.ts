/**
 * Times of expiry as commands state them, and what a log may hold of them.
 *
 *   EX s   PX ms   distances      EXAT s   PXAT ms   points in time
 *
 * A time in the past is a time: a server that loads a log does not delete the key for it. Sources: expire.c, parseExtendedStringArgumentsOrReply in
 * t_string.c of Redis 7.0.
 */
import type { CommandArguments } from "../arguments.ts";
import { exactDigits, int64Max } from "../numbers/integers.ts";
import { invalidExpire, refusal } from "../outcome.ts";
import type { CommandContext } from "./command.ts";

export interface TimeUnit {
  readonly isSeconds: boolean;
  readonly isAbsolute: boolean;
}

const units: readonly (readonly [word: string, unit: TimeUnit])[] = [
  ["EX", { isSeconds: true, isAbsolute: false }],
  ["PX", { isSeconds: false, isAbsolute: false }],
  ["EXAT", { isSeconds: true, isAbsolute: true }],
  ["PXAT", { isSeconds: false, isAbsolute: true }],
];

/** The unit that a word names; undefined when it is no such word. */
export function timeUnitAt(args: CommandArguments, index: number): TimeUnit | undefined {
  const size = args.sizeOf(index);
  if (size !== 2 && size !== 4) return undefined;
  for (const [word, unit] of units) if (args.is(index, word)) return unit;
  return undefined;
}

/** The time that a word states, in Unix ms. Throws when it is no integer, not positive, or beyond 64 bits. */
export function expiryAt(
  context: CommandContext,
  args: CommandArguments,
  index: number,
  unit: TimeUnit,
): number {
  if (isExactMs(args, index, unit) ? args.integer(index) <= 0 : args.int64(index) <= 0n)
    throw invalidExpire(args.text(0));
  return absoluteMs(context, args, index, unit);
}

/** The same for commands that take times in the past and zero. */
export function absoluteMs(
  context: CommandContext,
  args: CommandArguments,
  index: number,
  unit: TimeUnit,
): number {
  if (isExactMs(args, index, unit)) return args.integer(index);
  const stated = args.int64(index);
  let ms = unit.isSeconds ? stated * 1000n : stated;
  if (!unit.isAbsolute) ms += BigInt(Math.trunc(context.nowMs()));
  if (ms > int64Max || ms < -int64Max) throw invalidExpire(args.text(0));
  return roundedMs(ms);
}

/** What nearly all of them are: no bigint is needed. */
function isExactMs(args: CommandArguments, index: number, { isAbsolute, isSeconds }: TimeUnit): boolean {
  return isAbsolute && !isSeconds && args.sizeOf(index) <= exactDigits;
}

/** Largest number of ms below 2^63 that a double holds: what lies above is cut to it. */
const msMax = 2 ** 63 - 1024;

function roundedMs(ms: bigint): number {
  return Math.max(-msMax, Math.min(msMax, Number(ms)));
}

/**
 * What the options of GETEX and HGETEX do to an expiry, from the word `from` to the end: a time in Unix ms, "persist", or nothing.
 * Throws a Refusal.
 */
export function expiryOf(
  context: CommandContext,
  args: CommandArguments,
  from: number,
  to = args.count,
): number | "persist" | undefined {
  if (from >= to) return undefined;
  if (to - from === 1 && args.is(from, "PERSIST")) return "persist";
  const unit = timeUnitAt(args, from);
  if (unit === undefined || to - from !== 2) throw refusal.syntax;
  return expiryAt(context, args, from + 1, unit);
}
