/** What is in a server, as ordinary commands answer it: for comparing servers of any version and family. */
import type { ServerClient } from "@holdfast/testkit";

/** Everything in a server, by db and name in hex, as ordinary commands answer it. */
export async function contentOf({ client }: { readonly client: ServerClient }): Promise<Map<string, string>> {
  const content = new Map<string, string>();
  const keyspace = String(await client.sendCommand(["INFO", "keyspace"]));
  for (const [, db] of keyspace.matchAll(/db(\d+):/g)) {
    await client.sendCommand(["SELECT", db]);
    for (const key of (await client.sendCommand(["KEYS", "*"])) as unknown as Buffer[])
      if (!key.toString("latin1").startsWith("holdfast:checkpoint"))
        content.set(`${db}/${key.toString("hex")}`, await contentOfKey(client, key));
  }
  return content;
}

const readers: Readonly<Record<string, (key: Buffer) => (string | Buffer)[]>> = {
  string: (key) => ["GET", key],
  list: (key) => ["LRANGE", key, "0", "-1"],
  set: (key) => ["SMEMBERS", key],
  zset: (key) => ["ZRANGE", key, "0", "-1", "WITHSCORES"],
  hash: (key) => ["HGETALL", key],
  stream: (key) => ["XRANGE", key, "-", "+"],
};

async function contentOfKey(client: ServerClient, key: Buffer): Promise<string> {
  const type = String(await client.sendCommand(["TYPE", key]));
  const read = readers[type];
  const value = read === undefined ? "" : await client.sendCommand(read(key));
  const flat = (each: unknown): string[] =>
    Array.isArray(each) ? each.flatMap(flat) : [Buffer.isBuffer(each) ? each.toString("hex") : String(each)];
  // Servers write the same score in more or fewer digits, by their age.
  const words = flat(value).map((word, index) =>
    type === "zset" && index % 2 === 1 ? String(Number(Buffer.from(word, "hex").toString())) : word,
  );
  const expires = Number(await client.sendCommand(["PTTL", key])) >= 0;
  return JSON.stringify([type, expires, type === "set" || type === "hash" ? words.sort() : words]);
}
