/** The table of commands holds every one that changes data in any release from Redis 6.0 to 8.6 and Valkey 8 to 9.1. */
import { describeWithServer, withServer } from "@holdfast/testkit";
import { expect, it } from "vitest";
import { Keyspace } from "../src/index.ts";
import { ask, servers } from "./differential.ts";

/** Kept or unchanged, by intent: scripts and cluster state; what moves keys between servers, and is logged as DEL. */
const notApplied = ["cluster", "migrate", "eval", "evalsha", "fcall", "script", "pfselftest"];

function isKnown(name: string): boolean {
  const keyspace = new Keyspace({ nowMs: () => 0 });
  const outcome = keyspace.apply([name, "a", "b", "c", "d", "e", "f"].map((word) => Buffer.from(word)));
  return outcome.kind !== "kept";
}

describeWithServer(servers, "every command that the server calls a write", (id) => {
  it("is applied here, in either case of its letters", () =>
    withServer(id, {}, async ({ client }) => {
      const commands = (await ask(client, "COMMAND")) as [Buffer, number, string[]][];
      const writes = commands
        .filter(([, , flags]) => flags.some((flag) => ["write", "may_replicate"].includes(String(flag))))
        .map(([name]) => String(name).toLowerCase());
      expect(writes.length).toBeGreaterThan(80);
      const foreign = writes.filter((name) => /^v(add|rem|setattr)$/.test(name));
      const wanted = writes.filter((name) => !notApplied.includes(name) && !foreign.includes(name));
      expect(wanted.filter((name) => !isKnown(name))).toEqual([]);
      expect(wanted.filter((name) => !isKnown(name.toUpperCase()))).toEqual([]);
    }));
});

describeWithServer(servers, "every command that the server calls a read", (id) => {
  it("is nothing to keep", () =>
    withServer(id, {}, async ({ client }) => {
      const commands = (await ask(client, "COMMAND")) as [Buffer, number, string[]][];
      const reads = commands.filter(([, , flags]) => flags.map(String).includes("readonly"));
      expect(reads.length).toBeGreaterThan(60);
      expect(reads.map(([name]) => String(name)).filter((name) => !isKnown(name))).toEqual([]);
    }));
});
