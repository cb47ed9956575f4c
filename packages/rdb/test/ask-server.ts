/**
 * Random keys of every type on a real server, and what the server answers about them: as lines of text, in
 * an order that does not depend on how a server stores things. `entryLines` says the same of decoded entries.
 */
import type { RdbEntry } from "@holdfast/rdb";
import type { SeededRandom, ServerClient } from "@holdfast/testkit";
import { idText } from "./describe-file.ts";

type Reply = Buffer | string | number | null | Reply[];

export interface ServerFacts {
  readonly hasFieldExpiry: boolean;
}

export async function run(client: ServerClient, ...args: (string | number | Uint8Array)[]): Promise<Reply> {
  const words = args.map((arg) => (typeof arg === "object" ? Buffer.from(arg) : String(arg)));
  return (await client.sendCommand(words)) as unknown as Reply;
}

/** Writes one key of each type and size; returns their names. */
export async function writeKeys(
  client: ServerClient,
  random: SeededRandom,
  facts: ServerFacts,
): Promise<Buffer[]> {
  const keys: Buffer[] = [];
  for (const size of [1, 7, 120, 700]) {
    for (const type of ["string", "list", "set", "integers", "hash", "zset", "stream"]) {
      const key = Buffer.concat([Buffer.from(`${type}:${size}:`), random.bytes(4)]);
      await writeKey(client, key, type, size, random);
      if (type === "hash" && facts.hasFieldExpiry && random.below(2) === 0) await expireFields(client, key);
      if (random.below(3) === 0)
        await run(client, "PEXPIREAT", key, 4_000_000_000_000 + random.below(1_000_000));
      keys.push(key);
    }
  }
  return keys;
}

async function writeKey(
  client: ServerClient,
  key: Buffer,
  type: string,
  size: number,
  random: SeededRandom,
): Promise<void> {
  const texts = Array.from({ length: size }, () => textOf(random));
  switch (type) {
    case "string":
      await run(client, "SET", key, random.pick([textOf(random), random.bytes(size * 40)]));
      break;
    case "list":
      await run(client, "RPUSH", key, ...texts);
      break;
    case "set":
      await run(client, "SADD", key, ...texts);
      break;
    case "integers":
      await run(client, "SADD", key, ...texts.map(() => random.below(2 ** 32) - 2 ** 31));
      break;
    case "hash":
      await run(client, "HSET", key, ...texts.flatMap((text) => [text, textOf(random)]));
      break;
    case "zset":
      await run(client, "ZADD", key, ...texts.flatMap((text) => [scoreOf(random), text]));
      break;
    default:
      await writeStream(client, key, texts, random);
  }
}

async function writeStream(
  client: ServerClient,
  key: Buffer,
  texts: Uint8Array[],
  random: SeededRandom,
): Promise<void> {
  for (const [index, text] of texts.entries()) {
    const field = random.below(5) === 0 ? textOf(random) : "field";
    await run(client, "XADD", key, `${1_700_000_000_000 + index}-${index}`, field, text);
    if (random.below(10) === 0) await run(client, "XDEL", key, `${1_700_000_000_000 + index}-${index}`);
  }
  await run(client, "XGROUP", "CREATE", key, "group", 0);
  await run(client, "XREADGROUP", "GROUP", "group", "consumer", "COUNT", 5, "STREAMS", key, ">");
}

async function expireFields(client: ServerClient, key: Buffer): Promise<void> {
  const fields = ((await run(client, "HKEYS", key)) as Buffer[]).slice(0, 3);
  await run(client, "HPEXPIREAT", key, 4_100_000_000_000, "FIELDS", fields.length, ...fields);
}

function textOf(random: SeededRandom): Uint8Array {
  const kind = random.below(4);
  if (kind === 0) return Buffer.from(String(random.below(2 ** 32) - 2 ** 31));
  if (kind === 1) return new Uint8Array(1 + random.below(90)).fill(0x61 + random.below(26));
  return random.bytes(1 + random.below(random.pick([12, 12, 100])));
}

function scoreOf(random: SeededRandom): string {
  return random.pick([String(random.below(1e6)), String(random.fraction()), "-inf", "1e100", "0"]);
}

/** What the server answers about a key. */
export async function serverLines(client: ServerClient, key: Buffer, facts: ServerFacts): Promise<string[]> {
  const type = String(await run(client, "TYPE", key));
  switch (type) {
    case "string":
      return [latin1(await run(client, "GET", key))];
    case "list":
      return ((await run(client, "LRANGE", key, 0, -1)) as Buffer[]).map(latin1);
    case "set":
      return ((await run(client, "SMEMBERS", key)) as Buffer[]).map(latin1).sort();
    case "hash":
      return (await fieldLines(client, key, facts)).sort();
    case "zset": {
      const pairs = inPairs(await run(client, "ZRANGE", key, 0, -1, "WITHSCORES"));
      return pairs.map(([member, score]) => `${member}=${numberOf(score)}`).sort();
    }
    default:
      return streamLines(client, key);
  }
}

async function fieldLines(client: ServerClient, key: Buffer, facts: ServerFacts): Promise<string[]> {
  const flat = (await run(client, "HGETALL", key)) as Buffer[];
  const fields = flat.filter((_, index) => index % 2 === 0);
  const expiries = facts.hasFieldExpiry
    ? ((await run(client, "HPEXPIRETIME", key, "FIELDS", fields.length, ...fields)) as number[])
    : fields.map(() => -1);
  return inPairs(flat).map(
    ([field, value], index) => `${field}=${value} ${expiries[index] < 0 ? undefined : expiries[index]}`,
  );
}

async function streamLines(client: ServerClient, key: Buffer): Promise<string[]> {
  const entries = (await run(client, "XRANGE", key, "-", "+")) as [Buffer, Buffer[]][];
  const pending = (await run(client, "XPENDING", key, "group", "-", "+", 100)) as [
    Buffer,
    Buffer,
    number,
    number,
  ][];
  return [
    ...entries.map(([id, fields]) => `${id} ${fields.map(latin1).join("=")}`),
    ...pending.map(([id, consumer, , count]) => `pending ${id} ${consumer} ${count}`),
  ];
}

/** The same of a decoded entry. */
export function entryLines({ value, type }: Pick<RdbEntry, "value" | "type">): string[] {
  switch (value.of) {
    case "string":
      return [latin1(value.bytes)];
    case "elements":
      return type === "set" ? value.elements.map(latin1).sort() : value.elements.map(latin1);
    case "fields":
      return value.fields
        .map(({ field, value: text, expireAtMs }) => `${latin1(field)}=${latin1(text)} ${expireAtMs}`)
        .sort();
    case "scored":
      return value.members.map(({ member, score }) => `${latin1(member)}=${score}`).sort();
    case "stream":
      return [
        ...value.parts.flatMap((part) =>
          part.kind === "entry" ? [`${idText(part.id)} ${part.fields.map(latin1).join("=")}`] : [],
        ),
        ...value.parts.flatMap((part) =>
          part.kind === "pending" ? [`pending ${idText(part.id)} consumer ${part.deliveryCount}`] : [],
        ),
      ];
    default:
      throw new Error(`no key of this kind was written: ${value.of}`);
  }
}

function inPairs(reply: Reply): [string, string][] {
  const flat = (reply as Buffer[]).map(latin1);
  return flat.flatMap((name, index): [string, string][] =>
    index % 2 === 0 ? [[name, flat[index + 1]]] : [],
  );
}

function numberOf(score: string): number {
  return Number(score.replace("inf", "Infinity"));
}

function latin1(bytes: Reply | Uint8Array): string {
  return Buffer.from(bytes as Uint8Array).toString("latin1");
}
