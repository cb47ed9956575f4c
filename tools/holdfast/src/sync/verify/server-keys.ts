/**
 * The keys of a server, or of the primaries of a cluster, as a verification looks at them: by SCAN, DUMP and PTTL.
 *
 * DEBUG is not needed. Of each side so many values as are asked for at once are in memory.
 */
import { slotOfKey } from "@holdfast/bytes";
import type { Clock } from "@holdfast/platform";
import type { ServerAnswer, ServerClient } from "../../servers/connect-client.ts";
import { ServerProblem } from "../../servers/server-problem.ts";
import { parseInfo } from "../target/target-facts.ts";
import { type Libraries, librariesOf } from "./functions.ts";
import type { KeyContent } from "./key-content.ts";

/** Names asked for in one SCAN. */
const SCAN_COUNT = "256";

export class ServerKeys {
  readonly #clients: readonly ServerClient[];
  readonly #nodeOfSlot: (slot: number) => number;
  readonly #clock: Clock;
  /** Selected, by client. */
  readonly #dbs: number[];

  constructor(clients: readonly ServerClient[], nodeOfSlot: (slot: number) => number, clock: Clock) {
    this.#clients = clients;
    this.#nodeOfSlot = nodeOfSlot;
    this.#clock = clock;
    this.#dbs = clients.map(() => 0);
  }

  /** Databases that hold something, rising. */
  async dbs(): Promise<number[]> {
    const found = new Set<number>();
    for (const client of this.#clients)
      for (const name of parseInfo(await client.ask("INFO", "keyspace")).keys())
        if (/^db\d+$/.test(name)) found.add(Number(name.slice(2)));
    return [...found].sort((a, b) => a - b);
  }

  /** All names of a database, in portions; a name may come more than once, as SCAN has it. */
  async *names(db: number): AsyncGenerator<readonly Uint8Array[], void, void> {
    for (const [node, client] of this.#clients.entries()) {
      let cursor = "0";
      do {
        await this.#select(node, db);
        const answer = (await client.ask("SCAN", cursor, "COUNT", SCAN_COUNT)) as readonly ServerAnswer[];
        cursor = String(answer[0]);
        yield answer[1] as readonly Buffer[];
      } while (cursor !== "0");
    }
  }

  /** Undefined for a key that is not there. */
  async contents(db: number, names: readonly Uint8Array[]): Promise<(KeyContent | undefined)[]> {
    for (const node of this.#clients.keys()) await this.#select(node, db);
    return Promise.all(names.map((name) => this.#content(name)));
  }

  async exist(db: number, names: readonly Uint8Array[]): Promise<boolean[]> {
    for (const node of this.#clients.keys()) await this.#select(node, db);
    return Promise.all(names.map(async (name) => (await this.#clientOf(name).ask("EXISTS", name)) === 1));
  }

  /** Of each node. A server that knows no functions has none. */
  async functions(): Promise<Libraries[]> {
    return Promise.all(
      this.#clients.map(async (client) => {
        try {
          return librariesOf(await client.ask("FUNCTION", "LIST", "WITHCODE"));
        } catch (error) {
          if (error instanceof ServerProblem && error.code === "SERVER_UNKNOWN_COMMAND") return new Map();
          throw error;
        }
      }),
    );
  }

  async #content(name: Uint8Array): Promise<KeyContent | undefined> {
    const client = this.#clientOf(name);
    const [payload, ttl] = await Promise.all([client.ask("DUMP", name), client.ask("PTTL", name)]);
    if (!Buffer.isBuffer(payload)) return undefined;
    const ttlMs = Number(ttl);
    const expireAtMs = ttlMs < 0 ? undefined : this.#clock.nowMs() + ttlMs;
    return { payload, words: undefined, expireAtMs };
  }

  #clientOf(name: Uint8Array): ServerClient {
    return this.#clients.length === 1 ? this.#clients[0] : this.#clients[this.#nodeOfSlot(slotOfKey(name))];
  }

  async #select(node: number, db: number): Promise<void> {
    if (this.#dbs[node] === db) return;
    await this.#clients[node].ask("SELECT", String(db));
    this.#dbs[node] = db;
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }
}
