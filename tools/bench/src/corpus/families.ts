/**
 * The corpus as a table: which families of keys it has, how many of each, and the commands that make one key.
 *
 * The counts are those of a file of about 540 MB and scale with the size that is asked for. The encodings named here are
 * those of Redis 7.0 with its default configuration: a hash or zset is packed (listpack) up to 512 or 128 entries
 * and 64 bytes a value, a set of integers up to 512 entries (intset), other sets never.
 */
import type { CommandWriter } from "./command-writer.ts";
import type { TextMaker } from "./text-maker.ts";

export interface Family {
  /** Every key of the family starts with it. */
  readonly name: string;
  /** Keys in a corpus of `fullCorpusMb`. */
  readonly keyCount: number;
  /** What OBJECT ENCODING answers for each of its keys. */
  readonly encoding: string;
  /** Writes the commands that make key number `index`; `scale` is 1 for a full corpus. */
  write(out: CommandWriter, make: TextMaker, index: number, scale: number): void;
}

/** The corpus size that `keyCount` stands for, in units of 10^6 bytes. */
export const fullCorpusMb = 540;

export const families: readonly Family[] = [
  { name: "session", keyCount: 220_000, encoding: "raw", write: writeSession },
  { name: "counter", keyCount: 1_500_000, encoding: "int", write: writeCounter },
  { name: "page", keyCount: 12_000, encoding: "raw", write: writePage },
  { name: "user", keyCount: 200_000, encoding: "listpack", write: writeUser },
  { name: "catalogue", keyCount: 4_100, encoding: "hashtable", write: writeCatalogue },
  { name: "recent", keyCount: 60_000, encoding: "quicklist", write: writeRecent },
  { name: "queue", keyCount: 250, encoding: "quicklist", write: writeQueue },
  { name: "ids", keyCount: 20_000, encoding: "intset", write: writeIds },
  { name: "tags", keyCount: 6_000, encoding: "hashtable", write: writeTags },
  { name: "ranking", keyCount: 30_000, encoding: "listpack", write: writeRanking },
  { name: "board", keyCount: 3_000, encoding: "skiplist", write: writeBoard },
  { name: "events", keyCount: 1_000, encoding: "stream", write: writeEvents },
  { name: "huge:hash", keyCount: 1, encoding: "hashtable", write: writeHugeHash },
  { name: "huge:zset", keyCount: 1, encoding: "skiplist", write: writeHugeZset },
];

/** Sessions end within 30 days after this moment, 2035-01-01; a fixed one, so that a seed repeats it. */
const sessionEpochMs = 2_051_222_400_000;
const thirtyDaysMs = 30 * 86_400_000;
/** Stream ids count up from here, 2023-11-14. */
const eventEpochMs = 1_700_000_000_000;
/** Elements of each of the two huge values in a full corpus. */
const hugeItemCount = 250_000;
/** Elements in one command; larger values take several. */
const itemsPerCommand = 500;

function writeSession(out: CommandWriter, make: TextMaker): void {
  const key = `session:${make.uuid()}`;
  const expireAtMs = sessionEpochMs + make.numbers.below(thirtyDaysMs);
  out.command("SET", key, make.session(), "PXAT", String(expireAtMs));
}

function writeCounter(out: CommandWriter, make: TextMaker, index: number): void {
  const key = `counter:${make.word()}:${index}`;
  // Most counts have 18 bits, every eighth has 31.
  const count = make.numbers.next() >>> (index % 8 === 0 ? 1 : 14);
  out.command("SET", key, String(count));
}

function writePage(out: CommandWriter, make: TextMaker, index: number): void {
  const key = `page:en:${index}`;
  out.command("SET", key, make.page());
}

const userFields =
  "name mail city role plan locale phone score logins balance lastSeen created updated referrer campaign theme zone device channel note".split(
    " ",
  );

function writeUser(out: CommandWriter, make: TextMaker, index: number): void {
  const key = `user:${index}`;
  const fieldCount = make.numbers.between(5, userFields.length);
  writeItems(out, { command: "HSET", key, itemCount: fieldCount, argsPerItem: 2 }, (item) => {
    out.arg(userFields[item]);
    if (item === 0) out.arg(make.name());
    else out.arg(item % 3 === 0 ? String(make.numbers.next()) : `${make.word()}-${make.shortId()}`);
  });
}

function writeCatalogue(out: CommandWriter, make: TextMaker, index: number): void {
  const key = `catalogue:${index}`;
  const itemCount = make.numbers.between(513, 1_200);
  writeItems(out, { command: "HSET", key, itemCount, argsPerItem: 2 }, (item) => {
    out.arg(`sku:${item * 7919}`);
    out.arg(`${make.word()}:${make.numbers.below(100_000)}`);
  });
}

function writeRecent(out: CommandWriter, make: TextMaker, index: number): void {
  const key = `recent:${index}`;
  const itemCount = make.numbers.between(3, 30);
  writeItems(out, { command: "RPUSH", key, itemCount, argsPerItem: 1 }, () =>
    out.arg(`/${make.word()}/${make.word()}/${make.numbers.below(10_000)}`),
  );
}

function writeQueue(out: CommandWriter, make: TextMaker, index: number): void {
  const key = `queue:${index}`;
  const itemCount = make.numbers.between(2_000, 8_000);
  writeItems(out, { command: "RPUSH", key, itemCount, argsPerItem: 1 }, (item) =>
    out.arg(`{"job":${item},"kind":"${make.word()}","id":"${make.shortId()}"}`),
  );
}

function writeIds(out: CommandWriter, make: TextMaker, index: number): void {
  const key = `ids:${index}`;
  const itemCount = make.numbers.between(10, 300);
  // Integers of two, four or eight bytes: the three widths of an intset.
  const factor = [1, 5_000, 50_000_000_000][index % 3];
  writeItems(out, { command: "SADD", key, itemCount, argsPerItem: 1 }, () =>
    out.arg(String(make.numbers.below(30_000) * factor)),
  );
}

function writeTags(out: CommandWriter, make: TextMaker, index: number): void {
  const key = `tags:${index}`;
  const itemCount = make.numbers.between(20, 700);
  writeItems(out, { command: "SADD", key, itemCount, argsPerItem: 1 }, () =>
    out.arg(`${make.word()}-${make.shortId()}`),
  );
}

function writeRanking(out: CommandWriter, make: TextMaker, index: number): void {
  const key = `ranking:${index}`;
  const itemCount = make.numbers.between(5, 100);
  writeItems(out, { command: "ZADD", key, itemCount, argsPerItem: 2 }, () => {
    out.arg(String(make.numbers.below(100_000)));
    out.arg(`player:${make.shortId()}`);
  });
}

function writeBoard(out: CommandWriter, make: TextMaker, index: number): void {
  const key = `board:${index}`;
  const itemCount = make.numbers.between(150, 1_200);
  writeScores(out, make, key, itemCount);
}

/** A stream of a hundred to two thousand entries, two groups, and entries that were read but not acknowledged. */
function writeEvents(out: CommandWriter, make: TextMaker, index: number): void {
  const key = `events:${index}`;
  const entryCount = make.numbers.between(100, 2_000);
  const ids = Array.from(
    { length: entryCount },
    (_, entry) => `${eventEpochMs + index * 1_000 + entry * 37}-${entry % 3}`,
  );
  for (const id of ids) {
    out.command(
      "XADD",
      key,
      id,
      "type",
      make.word(),
      "user",
      String(make.numbers.below(1_000_000)),
      "trace",
      make.hex(8),
    );
  }
  for (const group of ["mailer", "billing"]) {
    out.command("XGROUP", "CREATE", key, group, "0");
    for (const consumer of ["worker-1", "worker-2"]) {
      out.command("XREADGROUP", "GROUP", group, consumer, "COUNT", "60", "STREAMS", key, ">");
    }
    out.command("XACK", key, group, ...ids.slice(0, 40));
  }
}

function writeHugeHash(out: CommandWriter, make: TextMaker, _index: number, scale: number): void {
  writeItems(
    out,
    { command: "HSET", key: "huge:hash", itemCount: hugeItems(scale), argsPerItem: 2 },
    (item) => {
      out.arg(`field:${item}`);
      out.arg(`${make.word()} ${make.shortId()}`);
    },
  );
}

function writeHugeZset(out: CommandWriter, make: TextMaker, _index: number, scale: number): void {
  writeScores(out, make, "huge:zset", hugeItems(scale));
}

/** Large enough in the smallest corpus to be no longer packed. */
function hugeItems(scale: number): number {
  return Math.max(1_000, Math.round(hugeItemCount * Math.min(1, scale)));
}

/** Members with scores of which half are integers. */
function writeScores(out: CommandWriter, make: TextMaker, key: string, itemCount: number): void {
  writeItems(out, { command: "ZADD", key, itemCount, argsPerItem: 2 }, (item) => {
    const score = make.numbers.below(1_000_000_000);
    out.arg(String(item % 2 === 0 ? score : score / 1_000));
    out.arg(`member:${item}:${make.numbers.below(1_000)}`);
  });
}

/** One value by as many commands as it takes; `writeItem` writes the arguments of one element. */
function writeItems(
  out: CommandWriter,
  value: {
    readonly command: string;
    readonly key: string;
    readonly itemCount: number;
    readonly argsPerItem: number;
  },
  writeItem: (item: number) => void,
): void {
  for (let item = 0; item < value.itemCount; ) {
    const stop = Math.min(value.itemCount, item + itemsPerCommand);
    out.begin(2 + (stop - item) * value.argsPerItem);
    out.arg(value.command);
    out.arg(value.key);
    for (; item < stop; item++) writeItem(item);
  }
}
