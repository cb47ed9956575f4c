/**
 * XADD, XTRIM, XSETID, XCFGSET, XIDMPRECORD: what becomes of the entries at the two ends, and of the counters.
 *
 * In a log ids are filled in and `~` has become `=` with the threshold that was reached; a LIMIT stays and has no meaning any more. A `~`
 * that stands in a log all the same trims nothing: how far a server went depends on how its memory was cut.
 */
import type { CommandArguments } from "../../arguments.ts";
import {
  applied,
  appliedIf,
  kept,
  type Outcome,
  Refusal,
  refusal,
  unchanged,
  wrongArity,
} from "../../outcome.ts";
import { type EntryId, idMin, nextId, parseMs } from "../../streams/entry-id.ts";
import { Idempotency } from "../../streams/idempotency.ts";
import { type ReferencePolicy, StreamValue } from "../../values/stream.ts";
import type { CommandContext } from "../command.ts";
import { idAt, invalidId, policyAt } from "./words.ts";

interface Trim {
  readonly maxLength: number | undefined;
  readonly minId: EntryId | undefined;
  readonly isExact: boolean;
}

interface Options {
  readonly makesStream: boolean;
  readonly trim: Trim | undefined;
  readonly policy: ReferencePolicy;
  readonly producer: string | undefined;
  /** Undefined with a producer: it is made of the content. */
  readonly iid: string | undefined;
  /** Index of the first word that is no option. */
  readonly end: number;
}

const star = 0x2a;
const dash = 0x2d;

export function add(context: CommandContext, args: CommandArguments): Outcome {
  const options = parseOptions(args, true);
  const first = options.end + 1;
  const count = args.count - first;
  if (options.end >= args.count || count < 2 || count % 2 !== 0) throw wrongArity("xadd");
  const key = args.text(1);
  const found = context.db.find(key, StreamValue);
  const isDuplicate = options.producer !== undefined && isStar(args.view(options.end));
  if (isDuplicate) return countDuplicate(context, key);
  if (found === undefined && !options.makesStream) return unchanged;
  const id = newId(args, options.end, found?.lastId ?? idMin);
  if (id === undefined) return kept.random;
  const stream = context.db.editOrCreate(key, StreamValue);
  const pairs = Array.from({ length: count }, (_, index) => args.view(first + index));
  stream.append(id, pairs);
  if (options.trim !== undefined) applyTrim(stream, options.trim, options.policy);
  if (options.producer !== undefined) {
    const idempotency = (stream.idempotency ??= new Idempotency());
    // What IDMPAUTO makes of the content no document says: such an id counts, and is not recognised again.
    if (options.iid !== undefined) idempotency.record(options.producer, options.iid, id);
    idempotency.added += 1n;
  }
  return applied;
}

/** An XADD that a server recognised as one that had come before: it added nothing, and logged the `*` as it was. */
function countDuplicate({ db }: CommandContext, key: string): Outcome {
  const stream = db.edit(key, StreamValue);
  if (stream === undefined) return unchanged;
  (stream.idempotency ??= new Idempotency()).duplicates += 1n;
  return applied;
}

/** The id that the word gives to a new entry; undefined for "*", which only a server with a clock makes an id of. */
function newId(args: CommandArguments, index: number, lastId: EntryId): EntryId | undefined {
  const word = args.view(index);
  if (isStar(word)) return undefined;
  const id = word.at(-1) === star && word.at(-2) === dash ? idInMs(word, lastId) : idAt(args, index);
  if (id === idMin) throw new Refusal("ERR The ID specified in XADD must be greater than 0-0");
  if (id <= lastId)
    throw new Refusal("ERR The ID specified in XADD is equal or smaller than the target stream top item");
  return id;
}

/** "ms-*": the next free id of this millisecond. */
function idInMs(word: Uint8Array, lastId: EntryId): EntryId {
  const first = parseMs(word, word.length - 2);
  if (first === undefined) throw invalidId;
  if (first > lastId) return first;
  return nextId(lastId) ?? lastId;
}

export function trim({ db }: CommandContext, args: CommandArguments): Outcome {
  const options = parseOptions(args, false);
  if (options.trim === undefined) throw refusal.syntax;
  const key = args.text(1);
  if (db.find(key, StreamValue) === undefined) return unchanged;
  return appliedIf(applyTrim(db.edit(key, StreamValue)!, options.trim, options.policy) > 0);
}

function applyTrim(
  stream: StreamValue,
  { maxLength, minId, isExact }: Trim,
  policy: ReferencePolicy,
): number {
  if (!isExact) return 0;
  return maxLength === undefined
    ? stream.trimBelow(minId ?? idMin, policy)
    : stream.trimToLength(maxLength, policy);
}

/** XSETID key id [ENTRIESADDED n] [MAXDELETEDID id] */
export function setId({ db }: CommandContext, args: CommandArguments): Outcome {
  const lastId = idAt(args, 2);
  let entriesAdded: bigint | undefined;
  let maxDeletedId: EntryId | undefined;
  for (let at = 3; at < args.count; at += 2) {
    if (at + 1 >= args.count) throw refusal.syntax;
    if (args.is(at, "ENTRIESADDED")) entriesAdded = args.int64(at + 1);
    else if (args.is(at, "MAXDELETEDID")) maxDeletedId = idAt(args, at + 1);
    else throw refusal.syntax;
  }
  if (entriesAdded !== undefined && entriesAdded < 0n)
    throw new Refusal("ERR entries_added must be positive");
  const found = db.find(args.text(1), StreamValue);
  if (found === undefined) throw refusal.noSuchKey;
  if (found.lastEntryId !== undefined && lastId < found.lastEntryId)
    throw new Refusal("ERR The ID specified in XSETID is smaller than the target stream top item");
  const stream = db.edit(args.text(1), StreamValue)!;
  stream.lastId = lastId;
  stream.entriesAdded = entriesAdded ?? stream.entriesAdded;
  if (maxDeletedId !== undefined && maxDeletedId !== idMin) stream.maxDeletedId = maxDeletedId;
  return applied;
}

/** XCFGSET key [IDMP-DURATION seconds] [IDMP-MAXSIZE count] */
export function configure({ db }: CommandContext, args: CommandArguments): Outcome {
  let durationSec: number | undefined;
  let entriesMax: number | undefined;
  for (let at = 2; at < args.count; at += 2) {
    if (at + 1 >= args.count) throw refusal.syntax;
    const value = args.integer(at + 1);
    if (value < 1) throw refusal.outOfRange;
    if (args.is(at, "IDMP-DURATION")) durationSec = value;
    else if (args.is(at, "IDMP-MAXSIZE")) entriesMax = value;
    else throw refusal.syntax;
  }
  if (db.find(args.text(1), StreamValue) === undefined) throw refusal.noSuchKey;
  const stream = db.edit(args.text(1), StreamValue)!;
  stream.idempotency ??= new Idempotency();
  return appliedIf(stream.idempotency.configure(durationSec, entriesMax));
}

/** XIDMPRECORD key producer iid id: how a rewritten base says what a stream remembers. */
export function recordIdempotency({ db }: CommandContext, args: CommandArguments): Outcome {
  const id = idAt(args, 4);
  const key = args.text(1);
  if (db.find(key, StreamValue) === undefined) throw refusal.noSuchKey;
  const idempotency = (db.edit(key, StreamValue)!.idempotency ??= new Idempotency());
  idempotency.record(args.text(2), args.text(3), id);
  idempotency.added += 1n;
  return applied;
}

function parseOptions(args: CommandArguments, isAdd: boolean): Options {
  let makesStream = true;
  let trim: Trim | undefined;
  let policy: ReferencePolicy | undefined;
  let producer: string | undefined;
  let iid: string | undefined;
  let at = 2;
  for (; at < args.count; ) {
    const more = args.count - at - 1;
    const named = policyAt(args, at);
    if (more >= 1 && (args.is(at, "MAXLEN") || args.is(at, "MINID"))) {
      const parsed = parseTrim(args, at);
      trim = parsed.trim;
      at = parsed.end;
    } else if (more >= 1 && args.is(at, "LIMIT")) {
      args.integer(at + 1);
      at += 2;
    } else if (named !== undefined) {
      policy = named;
      at += 1;
    } else if (isAdd && args.is(at, "NOMKSTREAM")) {
      makesStream = false;
      at += 1;
    } else if (isAdd && more >= 2 && args.is(at, "IDMP")) {
      producer = args.text(at + 1);
      iid = args.text(at + 2);
      at += 3;
    } else if (isAdd && more >= 1 && args.is(at, "IDMPAUTO")) {
      producer = args.text(at + 1);
      at += 2;
    } else if (isAdd) break;
    else throw refusal.syntax;
  }
  return { makesStream, trim, policy: policy ?? "keepref", producer, iid, end: at };
}

/** MAXLEN | MINID [= | ~] threshold */
function parseTrim(args: CommandArguments, start: number): { readonly trim: Trim; readonly end: number } {
  let at = start + 1;
  const isApproximate = args.is(at, "~");
  if ((isApproximate || args.is(at, "=")) && at + 1 < args.count) at += 1;
  const isExact = !isApproximate;
  if (args.is(start, "MINID"))
    return { trim: { maxLength: undefined, minId: idAt(args, at), isExact }, end: at + 1 };
  const maxLength = args.integer(at);
  if (maxLength < 0) throw new Refusal("ERR The MAXLEN argument must be >= 0.");
  return { trim: { maxLength, minId: undefined, isExact }, end: at + 1 };
}

function isStar(word: Uint8Array): boolean {
  return word.length === 1 && word[0] === star;
}
