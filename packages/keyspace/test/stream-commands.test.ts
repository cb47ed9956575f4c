/** Stream commands one by one: what they do to entries, groups and what is pending. Random ones are held against servers beside this file. */
import { describeWithServer, withServer } from "@holdfast/testkit";
import { beforeEach, expect, it, test } from "vitest";
import { type ClaimRules, Keyspace } from "../src/index.ts";
import { idText, parseEntryId } from "../src/streams/entry-id.ts";
import { StreamValue } from "../src/values/stream.ts";
import { ask } from "./differential.ts";

let keyspace: Keyspace;
beforeEach(() => {
  keyspace = new Keyspace({ nowMs: () => 1_000_000 });
});

const words = (line: string) => line.split(" ").map((word) => Buffer.from(word, "latin1"));
const apply = (line: string) => keyspace.apply(words(line));
/** What becomes of commands: their kinds, or the refusal. */
const kinds = (...lines: string[]) =>
  lines.map((line) => {
    const outcome = apply(line);
    return outcome.kind === "refused" ? outcome.text : outcome.kind;
  });
const stream = (key = "s") => keyspace.databases.at(0).find(key, StreamValue)!;
const ids = (key = "s") => [...stream(key).rows()].map(({ id }) => idText(id));
/** id, consumer, times delivered. */
const pending = (name = "g") => {
  const group = stream().group(name)!;
  const names = new Map(group.consumers().map((consumer) => [consumer.number, consumer.name]));
  return [...group.pendingEntries()].map(
    ({ id, consumer, deliveryCount }) => `${idText(id)} ${names.get(consumer)} ${deliveryCount}`,
  );
};

test("XADD takes ids that grow, and no others", () => {
  expect(kinds("XADD s 5-1 f v", "xadd s 5-* f v", "XADD s 7 f v g w")).toEqual([
    "applied",
    "applied",
    "applied",
  ]);
  expect(ids()).toEqual(["5-1", "5-2", "7-0"]);
  const small = "ERR The ID specified in XADD is equal or smaller than the target stream top item";
  expect(kinds("XADD s 7-0 f v", "XADD s 6 f v", "XADD s 3-* f v")).toEqual([small, small, "applied"]);
  expect(kinds("XADD t 0-0 f v")).toEqual(["ERR The ID specified in XADD must be greater than 0-0"]);
  expect(kinds("XADD s x f v", "XADD s 9-1 f", "XADD s 9-1 f v g")).toEqual([
    "ERR Invalid stream ID specified as stream command argument",
    "ERR wrong number of arguments for 'xadd' command",
    "ERR wrong number of arguments for 'xadd' command",
  ]);
  expect(kinds("XADD none NOMKSTREAM 1-1 f v")).toEqual(["unchanged"]);
  expect(keyspace.databases.at(0).has("none")).toBe(false);
});

test("an id that only a clock can give is not made up: the command is kept", () => {
  expect(kinds("XADD s * f v")).toEqual(["kept"]);
  expect(keyspace.kept.map(({ name, reason }) => [name, reason])).toEqual([["XADD", "random"]]);
});

test("an XADD that a server recognised as a duplicate adds nothing, whatever is known of it here", () => {
  expect(kinds("XADD s IDMP p i 5-1 f v", "XADD s IDMP p i * f v", "XADD s IDMP p other * f v")).toEqual([
    "applied",
    "applied",
    "applied",
  ]);
  expect(ids()).toEqual(["5-1"]);
  expect([stream().idempotency!.added, stream().idempotency!.duplicates]).toEqual([1n, 2n]);
  expect(kinds("XADD none IDMPAUTO p * f v")).toEqual(["unchanged"]);
});

test("a producer's oldest idempotency ids go, and new settings forget all", () => {
  const known = () =>
    stream()
      .idempotency!.producers()
      .map(([producer, found]) => [producer, [...found.keys()]]);
  kinds("XADD s IDMP p a 1 f v", "XCFGSET s IDMP-MAXSIZE 2 IDMP-DURATION 9");
  expect(known()).toEqual([]);
  kinds("XADD s IDMP p a 2 f v", "XADD s IDMP p b 3 f v", "XADD s IDMP p c 4 f v", "XIDMPRECORD s q d 4-0");
  expect(known()).toEqual([
    ["p", ["b", "c"]],
    ["q", ["d"]],
  ]);
  expect(
    kinds("XCFGSET s IDMP-MAXSIZE 2", "XCFGSET s IDMP-MAXSIZE 0", "XCFGSET none IDMP-MAXSIZE 2"),
  ).toEqual(["unchanged", "ERR value is out of range", "ERR no such key"]);
});

test("a trim goes as far as its threshold, with a LIMIT that clients may not give", () => {
  for (let ms = 1; ms <= 9; ms++) apply(`XADD s ${ms} f v`);
  expect(
    kinds("XTRIM s MINID = 3 LIMIT 1", "XTRIM s MINID 3", "XTRIM s MAXLEN ~ 1", "XTRIM none MAXLEN 1"),
  ).toEqual(["applied", "unchanged", "unchanged", "unchanged"]);
  expect(ids()[0]).toBe("3-0");
  expect(kinds("XADD s MAXLEN = 2 LIMIT 7 10 f v", "XTRIM s MAXLEN -1", "XTRIM s MAXLEN")).toEqual([
    "applied",
    "ERR The MAXLEN argument must be >= 0.",
    "ERR wrong number of arguments for 'xtrim' command",
  ]);
  expect(ids()).toEqual(["9-0", "10-0"]);
  expect([stream().entriesAdded, idText(stream().maxDeletedId)]).toEqual([10n, "0-0"]);
  kinds("XDEL s 9-0 77", "XADD s MAXLEN 0 11 f v");
  expect([stream().length, idText(stream().maxDeletedId), idText(stream().lastId)]).toEqual([
    0,
    "9-0",
    "11-0",
  ]);
});

test("a claim delivers what is there and takes off what is not", () => {
  kinds("XADD s 1 f v", "XADD s 2 f v", "XGROUP CREATE s g 0");
  const logged = (id: string, last = "0-0") =>
    `XCLAIM s g c 0 ${id} TIME 500 RETRYCOUNT 3 FORCE JUSTID LASTID ${last}`;
  expect(kinds(logged("1-0"), logged("2-0", "2-0"))).toEqual(["applied", "applied"]);
  expect([pending(), idText(stream().group("g")!.lastDeliveredId)]).toEqual([["1-0 c 3", "2-0 c 3"], "2-0"]);
  expect(kinds("XDEL s 1-0", logged("1-0"), logged("1-0"))).toEqual(["applied", "applied", "unchanged"]);
  expect(pending()).toEqual(["2-0 c 3"]);
  const { seenAtMs, activeAtMs } = stream().group("g")!.consumer("c")!;
  expect([seenAtMs, activeAtMs]).toEqual([500, 500]);
  expect(kinds("XCLAIM s none c 0 1-0", "XCLAIM none g c 0 1-0", "XCLAIM s g c 0 2-0 FORCED")).toEqual([
    "NOGROUP No such key 's' or consumer group 'none'",
    "NOGROUP No such key 'none' or consumer group 'g'",
    "ERR syntax error",
  ]);
});

test("a claim that gets nothing makes the consumer or not, and an entry that is gone changes its owner or not: by whose rules", () => {
  const after = (claimRules: ClaimRules) => {
    keyspace = new Keyspace({ nowMs: () => 1_000_000, claimRules });
    kinds("XADD s 1 f v", "XADD s 2 f v", "XGROUP CREATE s g 0");
    kinds(
      "XCLAIM s g c 0 1 2 FORCE",
      "XDEL s 1",
      "XCLAIM s g d 0 1",
      "XCLAIM s g e 0 9",
      "XCLAIM s g f 5000 2",
    );
    return [
      pending(),
      stream()
        .group("g")!
        .consumers()
        .map(({ name }) => name),
    ];
  };
  expect(after("redis-6")).toEqual([
    ["1-0 d 3", "2-0 c 2"],
    ["c", "d"],
  ]);
  expect(after("redis-7.0")).toEqual([["2-0 c 2"], ["c"]]);
  expect(after("redis-7.2")).toEqual([["2-0 c 2"], ["c", "d", "e", "f"]]);
});

test("XACKDEL deletes what the group had pending, as far as other groups let it", () => {
  kinds("XADD s 1 f v", "XADD s 2 f v", "XADD s 3 f v", "XGROUP CREATE s g 0", "XGROUP CREATE s other 1");
  for (const id of ["1-0", "2-0"]) apply(`XCLAIM s g c 0 ${id} TIME 5 RETRYCOUNT 1 FORCE JUSTID LASTID 2-0`);
  expect(kinds("XACKDEL s g ACKED IDS 3 1-0 2-0 3-0", "XACKDEL s g IDS 1 3-0")).toEqual([
    "applied",
    "unchanged",
  ]);
  expect([ids(), pending()]).toEqual([["2-0", "3-0"], []]);
  expect(
    kinds("XDELEX s ACKED IDS 1 2-0", "XDELEX s IDS 2 2-0 3-0", "XDELEX s IDS 2 1-0", "XDELEX s IDS 0"),
  ).toEqual([
    "unchanged",
    "applied",
    "ERR syntax error",
    "ERR wrong number of arguments for 'xdelex' command",
  ]);
});

test("groups and consumers come, move and go", () => {
  const needsKey = kinds("XGROUP CREATE s g $")[0];
  expect(needsKey).toMatch(/^ERR The XGROUP subcommand requires the key to exist/);
  expect(
    kinds(
      "XGROUP CREATE s g $ MKSTREAM",
      "XGROUP CREATE s g $",
      "XADD s 4 f v",
      "XGROUP SETID s g $ ENTRIESREAD 1",
    ),
  ).toEqual(["applied", "BUSYGROUP Consumer Group name already exists", "applied", "applied"]);
  expect([idText(stream().group("g")!.lastDeliveredId), stream().group("g")!.entriesRead]).toEqual([
    "4-0",
    1n,
  ]);
  expect(
    kinds(
      "XGROUP CREATECONSUMER s g c",
      "XGROUP CREATECONSUMER s g c",
      "XGROUP DELCONSUMER s g c",
      "XGROUP DESTROY s g",
    ),
  ).toEqual(["applied", "unchanged", "applied", "applied"]);
  expect(kinds("XGROUP DESTROY s g", "XGROUP SETID s g 0", "XGROUP MOVE s g", "XGROUP CREATE s g")).toEqual([
    "unchanged",
    "NOGROUP No such key 's' or consumer group 'g'",
    "ERR unknown subcommand 'MOVE'. Try XGROUP HELP.",
    "ERR wrong number of arguments for 'xgroup|create' command",
  ]);
});

test("XSETID sets the counters, and not below the last entry", () => {
  expect(
    kinds("XADD s 5 f v", "XSETID s 9-9 ENTRIESADDED 40 MAXDELETEDID 3-3", "XSETID s 4-0", "XSETID none 1-1"),
  ).toEqual([
    "applied",
    "applied",
    "ERR The ID specified in XSETID is smaller than the target stream top item",
    "ERR no such key",
  ]);
  expect([idText(stream().lastId), stream().entriesAdded, idText(stream().maxDeletedId)]).toEqual([
    "9-9",
    40n,
    "3-3",
  ]);
});

test("a frozen stream does not see what comes after it", () => {
  kinds(
    "XADD s 1 f v",
    "XGROUP CREATE s g 0",
    "XCLAIM s g c 0 1-0 TIME 5 RETRYCOUNT 1 FORCE JUSTID LASTID 1-0",
  );
  const snapshot = keyspace.freeze();
  const parts = () =>
    [...snapshot.events({ dialect: "redis", version: 13 })].flatMap((event) =>
      event.kind === "key" && event.items.of === "stream" ? event.items.parts.map(({ kind }) => kind) : [],
    );
  kinds("XADD s 2 f v", "XACK s g 1-0", "XGROUP DESTROY s g", "XDEL s 1-0");
  expect(parts()).toEqual(["entry", "meta", "group", "pending", "consumer", "owned"]);
  snapshot.release();
  expect(ids()).toEqual(["2-0"]);
});

/** No server logs them; whoever meets one in a log gets what the server got. */
describeWithServer(["redis-7.0", "redis-8.6", "valkey-9.1"], "reading and claiming as clients do", (id) => {
  it("leaves the groups that the server has", async () => {
    const lines = [
      "XGROUP CREATE s g 0 MKSTREAM",
      ...Array.from({ length: 30 }, (_, index) => `XADD s ${index + 1} f v`),
      "XREADGROUP GROUP g c COUNT 7 STREAMS s >",
      "XREADGROUP GROUP g d COUNT 5 NOACK STREAMS s >",
      "XREADGROUP GROUP g d COUNT 9 BLOCK 1 STREAMS s >",
      "XDEL s 2 15",
      "XAUTOCLAIM s g d 0 0 COUNT 3",
      "XAUTOCLAIM s g e 0 (4 COUNT 2 JUSTID",
      "XCLAIM s g e 0 14 15 999 IDLE 5",
      "XREADGROUP GROUP g c STREAMS s >",
    ];
    for (const line of lines) apply(line);
    await withServer(id, {}, async ({ client }) => {
      for (const line of lines) await ask(client, ...line.split(" "));
      const answer = (await ask(client, "XPENDING", "s", "g", "-", "+", 100)) as [
        Buffer,
        Buffer,
        number,
        number,
      ][];
      expect(pending()).toEqual(answer.map(([entry, consumer, , count]) => `${entry} ${consumer} ${count}`));
      const [[, , , , , , , lastId]] = (await ask(client, "XINFO", "GROUPS", "s")) as Buffer[][];
      expect(stream().group("g")!.lastDeliveredId).toBe(parseEntryId(lastId));
    });
  });
});
