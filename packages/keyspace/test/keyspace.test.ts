/** What becomes of a command: outcomes, refusals, what is kept, units and limits. */
import { CommandDecoder, encodeCommand } from "@holdfast/resp";
import { beforeEach, describe, expect, it, test } from "vitest";
import { Keyspace, type KeyspaceOptions, type Outcome } from "../src/index.ts";
import { entryLines } from "./entry-lines.ts";

let keyspace: Keyspace;
const nowMs = 1_700_000_000_000;

function make(options: Partial<KeyspaceOptions> = {}): Keyspace {
  return new Keyspace({ nowMs: () => nowMs, ...options });
}

beforeEach(() => {
  keyspace = make();
});

/** Applies a line of words. */
function apply(line: string, target = keyspace): Outcome {
  return target.apply(line.split(" ").map((word) => Buffer.from(word, "latin1")));
}

/** The kind of outcome, or the sentence of a refusal. */
function said(line: string): string {
  const outcome = apply(line);
  return outcome.kind === "refused" ? outcome.text : outcome.kind;
}

function lines(target = keyspace): string[] {
  return entryLines(target.freeze().events({ dialect: "redis", version: 12 }));
}

describe("a refused command", () => {
  test.each([
    ["LPUSH text a", "WRONGTYPE Operation against a key holding the wrong kind of value"],
    ["APPEND list x", "WRONGTYPE Operation against a key holding the wrong kind of value"],
    ["SUNIONSTORE new set text", "WRONGTYPE Operation against a key holding the wrong kind of value"],
    ["ZUNIONSTORE new 1 text", "WRONGTYPE Operation against a key holding the wrong kind of value"],
    ["LMOVE list text LEFT LEFT", "WRONGTYPE Operation against a key holding the wrong kind of value"],
    ["SET text", "ERR wrong number of arguments for 'set' command"],
    ["set text 1 2 3", "ERR syntax error"],
    ["SET text 1 KEEPTTL PX 5", "ERR syntax error"],
    ["SET text 1 PX 0", "ERR invalid expire time in 'set' command"],
    ["SET text 1 PX 01", "ERR value is not an integer or out of range"],
    ["INCR text", "ERR value is not an integer or out of range"],
    ["INCRBY number 9223372036854775807", "ERR increment or decrement would overflow"],
    ["DECRBY number -9223372036854775808", "ERR decrement would overflow"],
    ["HINCRBY hash field 1", "ERR hash value is not an integer"],
    ["INCRBYFLOAT number inf", "ERR value is not a valid float"],
    ["SETRANGE text -1 x", "ERR offset is out of range"],
    ["SETRANGE text 536870912 x", "ERR string exceeds maximum allowed size (proto-max-bulk-len)"],
    ["RENAME nothing new", "ERR no such key"],
    ["LSET list 9 x", "ERR index out of range"],
    ["SELECT 1x", "ERR value is not an integer or out of range"],
    ["SELECT -1", "ERR DB index is out of range"],
    ["MOVE text 0", "ERR source and destination objects are the same"],
    ["PEXPIREAT text 1 NX GT", "ERR NX and XX, GT or LT options at the same time are not compatible"],
    ["EXPIRE text 9223372036854775807", "ERR invalid expire time in 'expire' command"],
    ["RESTORE text 0 payload", "BUSYKEY Target key name already exists."],
    ["RESTORE new 0 payload", "ERR Bad data format"],
    ["RESTORE new 0 a.long.payload", "ERR DUMP payload version or checksum are wrong"],
    ["ZADD zset NX XX 1 m", "ERR XX and NX options at the same time are not compatible"],
    ["ZADD zset nan m", "ERR value is not a valid float"],
    ["ZINCRBY zset -inf top", "ERR resulting score is not a number (NaN)"],
    ["ZREMRANGEBYSCORE zset a b", "ERR min or max is not a float"],
    ["ZREMRANGEBYLEX zset a b", "ERR min or max not valid string range item"],
    ["HPEXPIREAT hash 1 FIELDS 2 field", "ERR The `numfields` parameter must match the number of arguments"],
    ["EXEC", "ERR EXEC without MULTI"],
    ["DISCARD", "ERR DISCARD without MULTI"],
  ])("%s: changes nothing, and is counted", (line, sentence) => {
    for (const setUp of [
      "SET text abc",
      "RPUSH list a b",
      "SADD set a",
      "ZADD zset 1 a inf top",
      "HSET hash field x",
      "SET number 1",
    ])
      apply(setUp);
    const before = lines();
    expect(said(line)).toBe(sentence);
    expect(lines()).toEqual(before);
    expect(keyspace.statistics.total().refused).toBe(1);
  });
});

describe("expiry", () => {
  it("is what the log says: a key whose time is over stays", () => {
    apply("SET a 1 PXAT 1000");
    apply("SET b 1");
    apply("PEXPIREAT b 1 LT");
    expect(said("APPEND a 2")).toBe("applied");
    expect(lines()).toEqual(["0 a string 1000 12", "0 b string 1 1"]);
    expect(said("SET a 3")).toBe("applied");
    expect(said("DEL b")).toBe("applied");
    expect(lines()).toEqual(["0 a string undefined 3"]);
  });

  it("counts distances from the time of arrival, and cuts what no double holds", () => {
    apply("SET a 1 EX 10");
    apply("SET b 1");
    apply("PEXPIREAT b 9223372036854775807");
    expect(lines()).toEqual([`0 a string ${nowMs + 10_000} 1`, "0 b string 9223372036854775000 1"]);
  });

  it("of a field goes with a new value, not with a count; the last field takes the key along", () => {
    apply("HSET h a 1 b 2");
    apply("HPEXPIREAT h 2000000000000 FIELDS 3 a b missing");
    apply("HINCRBY h a 5");
    apply("HSET h b 3");
    expect(lines()).toEqual(["0 h hash undefined a=6@2000000000000|b=3@undefined"]);
    apply("HDEL h a");
    expect(said("HDEL h b")).toBe("applied");
    expect(lines()).toEqual([]);
  });
});

describe("what cannot be applied", () => {
  it("is kept whole, in order, with database, name and reason", () => {
    apply("SELECT 3");
    expect(apply("json.set doc $ 1")).toEqual({ kind: "kept", reason: "unknown-command" });
    expect(apply("VADD vectors VALUES 2 1 2 element")).toEqual({ kind: "kept", reason: "foreign-data" });
    apply("SADD set a b c");
    expect(apply("SPOP set 2")).toEqual({ kind: "kept", reason: "random" });
    expect(apply("EVAL return 0")).toEqual({ kind: "kept", reason: "script" });
    expect(keyspace.kept.map(({ db, name, reason }) => [db, name, reason])).toEqual([
      [3, "JSON.SET", "unknown-command"],
      [3, "VADD", "foreign-data"],
      [3, "SPOP", "random"],
      [3, "EVAL", "script"],
    ]);
    expect(Buffer.concat(keyspace.kept[0].words).toString()).toBe("json.setdoc$1");
    expect(keyspace.statistics.total().kept).toBe(4);
  });

  it("is what chance has a say in: a whole set is taken without", () => {
    apply("SADD set a b");
    expect(said("SPOP set 2")).toBe("applied");
    expect(keyspace.keyCount).toBe(0);
  });

  it("meets a limit, with the command's name", () => {
    const small = make({ keptBytesMax: 1000 });
    apply("FT.CREATE index", small);
    apply("FT.CREATE index", small);
    expect(() => apply("FT.CREATE other", small)).toThrow(/FT\.CREATE.*KEYSPACE_KEPT_LIMIT/);
  });

  it("is counted by name up to a thousand names", () => {
    for (let index = 0; index < 1100; index++) apply(`MODULE.COMMAND${index} key`);
    const { byName } = keyspace.statistics;
    expect(byName.get("MODULE.COMMAND7")).toEqual({ applied: 0, unchanged: 0, refused: 0, kept: 1 });
    expect(byName.get("(other)")?.kept).toBe(100);
  });
});

describe("a unit", () => {
  it("waits for EXEC, and says what became of each command", () => {
    apply("MULTI");
    expect(said("SET a 1")).toBe("queued");
    expect(said("LPUSH a 1")).toBe("queued");
    expect(said("SELECT 1")).toBe("queued");
    expect(said("SET b 1")).toBe("queued");
    expect(said("MULTI")).toBe("ERR MULTI calls can not be nested");
    expect(keyspace.keyCount).toBe(0);
    expect(keyspace.isInUnit).toBe(true);
    const outcome = apply("exec");
    expect(outcome.kind === "unit" && outcome.outcomes.map(({ kind }) => kind)).toEqual([
      "applied",
      "refused",
      "unchanged",
      "applied",
    ]);
    expect(lines()).toEqual(["0 a string undefined 1", "1 b string undefined 1"]);
    expect([keyspace.isInUnit, keyspace.selectedDb]).toEqual([false, 1]);
  });

  it("that has no end can be dropped, and nothing of it happened", () => {
    apply("MULTI");
    apply("SET a 1");
    expect(keyspace.discardUnit()).toBe(1);
    expect(said("SET b 1")).toBe("applied");
    expect(lines()).toEqual(["0 b string undefined 1"]);
  });

  it("meets a limit", () => {
    const small = make({ unitBytesMax: 1000 });
    apply("MULTI", small);
    apply("SET a 1", small);
    apply("SET a 1", small);
    expect(() => apply("SET a 1", small)).toThrow(/KEYSPACE_UNIT_LIMIT/);
  });

  it("keeps nothing of a batch that is written over", () => {
    const decoder = new CommandDecoder({ poison: true });
    const whole = Buffer.concat([
      encodeCommand(["MULTI"]),
      encodeCommand(["SET", "a", "x".repeat(5000)]),
      encodeCommand(["EXEC"]),
    ]);
    for (let at = 0; at < whole.length; at += 700) {
      decoder.push(whole.subarray(at, at + 700).slice());
      for (let found = decoder.next(); found !== undefined; found = decoder.next())
        if (found.kind === "commands") keyspace.applyRows(found);
    }
    expect(lines()).toEqual([`0 a string undefined ${"x".repeat(5000)}`]);
  });
});

describe("databases", () => {
  it("are swapped under the feet of whoever has one selected", () => {
    apply("SET a 0");
    apply("SELECT 1");
    apply("SET a 1");
    apply("SWAPDB 0 1");
    apply("SET b 1");
    expect(lines()).toEqual(["0 a string undefined 1", "1 a string undefined 0", "1 b string undefined 1"]);
  });

  it("are as many as the owner says", () => {
    const small = make({ dbCount: 4 });
    expect(apply("SELECT 3", small).kind).toBe("unchanged");
    expect(apply("SELECT 4", small).kind).toBe("refused");
    expect(small.selectedDb).toBe(3);
    expect(said("SELECT 2000000000")).toBe("unchanged");
  });
});

it("removes the keys of cluster slots that moved away", () => {
  for (const key of ["{a}1", "{a}2", "{b}1"]) apply(`SET ${key} x`);
  expect(said("TRIMSLOTS RANGES 1 15495 15495")).toBe("applied");
  expect(lines()).toEqual(["0 {b}1 string undefined x"]);
  expect(said("SFLUSH 0 16383 SYNC")).toBe("applied");
  expect(keyspace.keyCount).toBe(0);
});

it("takes a condition on a digest to hold: the server has logged what it did", () => {
  apply("SET a old");
  expect(said("SET a new IFDEQ 0123456789abcdef")).toBe("applied");
  expect(said("SET missing new IFDEQ 0123456789abcdef")).toBe("unchanged");
  expect(said("SET a newer IFDNE 0123456789abcdef")).toBe("applied");
  expect(lines()).toEqual(["0 a string undefined newer"]);
});

it("changes a long string in place, and keeps bytes that are no text", () => {
  keyspace.apply([Buffer.from("SET"), Uint8Array.of(0, 255), new Uint8Array(5000).fill(254)]);
  keyspace.apply([Buffer.from("APPEND"), Uint8Array.of(0, 255), Uint8Array.of(0, 128, 159)]);
  expect(lines()).toEqual([`0 \x00\xff string undefined ${"\xfe".repeat(5000)}\x00\x80\x9f`]);
});

it("has nothing to do for reads and for commands of the stream", () => {
  for (const line of [
    "GET a",
    "ping",
    "REPLCONF GETACK *",
    "PUBLISH channel message",
    "PFCOUNT_IS_NOT a",
  ].slice(0, 4))
    expect(said(line)).toBe("unchanged");
});
