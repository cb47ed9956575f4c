/** Streams with groups, consumers and pending entries: what a log says of them, on six servers. */
import { describeWithServer, seededRandom, testSeed, withServer } from "@holdfast/testkit";
import { expect, it } from "vitest";
import { StreamValue } from "../src/values/stream.ts";
import {
  ask,
  claimRulesOf,
  expectSameAsServer,
  replay,
  rewrite,
  servers,
  type Word,
} from "./differential.ts";
import { drawStreamCommands } from "./families/streams.ts";

describeWithServer(servers, "the log of random stream commands", (id) => {
  const draw = (count: number): Word[][] =>
    drawStreamCommands(seededRandom(testSeed()), count).map((words) =>
      words.map((word) => Buffer.from(word, "latin1")),
    );

  it("makes the streams that the server has when it loads the log", async () => {
    const { acceptedCount, logged } = await expectSameAsServer(id, draw(1800), { serverReloads: true });
    expect(acceptedCount).toBeGreaterThan(700);
    const names = ["XADD", "XCLAIM", "XGROUP", "XDEL"];
    expect([...logged]).toEqual(expect.arrayContaining(names));
  });

  it("makes the streams of a base in the form of commands", async () => {
    // A base of commands leaves out idempotency ids whose entry is gone, and then Redis 8.6 does not load what it logged: its own test below.
    const commands = draw(700).filter((words) => !words.some((word) => String(word) === "IDMP"));
    const { logged } = await expectSameAsServer(id, commands, { serverReloads: true, base: "commands" });
    expect([...logged]).toEqual(expect.arrayContaining(["XADD", "XCLAIM", "XSETID", "XGROUP"]));
  });
});

describeWithServer(["redis-8.6"], "idempotency ids in a base of commands", (id) => {
  const fields = ["f", "v"];
  const producing = (iid: string) => ["XADD", "s", "IDMP", "p", iid, "*", ...fields];

  it("are known again after a rewrite", async () => {
    const commands = [producing("a"), producing("b"), ["XADD", "s", "*", ...fields], producing("a")];
    const { logged, keyspace } = await expectSameAsServer(id, commands, {
      serverReloads: true,
      base: "commands",
      rewriteAt: 3,
    });
    expect([...logged]).toContain("XIDMPRECORD");
    expect(keyspace.databases.at(0).find("s", StreamValue)!.length).toBe(3);
  });

  it("are not all there after a rewrite: the server loads another stream than it had, and we do not", async () => {
    // The base does not name the id of an entry that is gone, and loading the log adds an entry for the duplicate that had added none.
    const args = ["--appendonly", "yes", "--enable-debug-command", "yes", "--aof-use-rdb-preamble", "no"];
    await withServer(id, { args }, async ({ server, client }) => {
      await ask(client, ...producing("a"));
      await ask(client, "XTRIM", "s", "MAXLEN", "0");
      await rewrite(client);
      await ask(client, ...producing("a"));
      expect(await ask(client, "XLEN", "s")).toBe(0);
      await ask(client, "DEBUG", "LOADAOF");
      expect(await ask(client, "XLEN", "s")).toBe(1);
      const { keyspace } = await replay(server.directory, claimRulesOf(id));
      expect(keyspace.databases.at(0).find("s", StreamValue)!.length).toBe(0);
    });
  });
});
