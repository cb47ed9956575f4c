/**
 * Commands whose result a log does not hold but has to be computed: bits, HyperLogLogs, searches, sorting, libraries in a payload. What the log says is what the
 * server has when it loads it: a BITFIELD that fails makes a string longer, and no server since 7.0 logs that.
 */
import { describeWithServer, seededRandom, testSeed, withServer } from "@holdfast/testkit";
import { expect, it } from "vitest";
import { ask, type CommandMaker, expectSameAsServer, servers } from "./differential.ts";
import { bitMakers } from "./families/bits.ts";
import { functionMakers } from "./families/functions.ts";
import { geoMakers } from "./families/geo.ts";
import { hyperLogLogMakers } from "./families/hyperloglog.ts";
import { sortMakers } from "./families/sort.ts";

interface Family {
  readonly makers: readonly CommandMaker[];
  /** What has to be in the log, or the test means nothing. */
  readonly logged: readonly string[];
}

const families: Readonly<Record<string, Family>> = {
  bits: { makers: bitMakers, logged: ["SETBIT", "BITFIELD", "BITOP"] },
  hyperloglog: { makers: hyperLogLogMakers, logged: ["PFADD", "PFMERGE", "PFCOUNT"] },
  geo: { makers: geoMakers, logged: ["ZADD", "GEORADIUS", "GEORADIUSBYMEMBER"] },
  sort: { makers: sortMakers, logged: ["SORT"] },
};

const commandsPerMaker = 30;

async function expectSameOfFamily(id: (typeof servers)[number], { makers, logged }: Family): Promise<void> {
  const random = seededRandom(testSeed());
  const commands = Array.from({ length: makers.length * commandsPerMaker }, () =>
    random.pick(makers)(random),
  );
  const replayed = await expectSameAsServer(id, commands, { serverReloads: true });
  expect(replayed.acceptedCount).toBeGreaterThan(commandsPerMaker);
  expect([...replayed.logged]).toEqual(expect.arrayContaining([...logged]));
}

describeWithServer(servers, "the log of random commands with computed results", (id) => {
  for (const [name, family] of Object.entries(families))
    it(`makes the keys that the server has: ${name}`, () => expectSameOfFamily(id, family));
});

const withFunctions = servers.filter((id) => id !== "redis-6.0");

describeWithServer(withFunctions, "the log of functions", (id) => {
  it("makes the libraries that the server has", () =>
    expectSameOfFamily(id as (typeof servers)[number], { makers: functionMakers, logged: ["FUNCTION"] }));

  it("makes libraries of a payload of FUNCTION DUMP", async () => {
    const library = (name: string) =>
      `#!lua name=${name}\nredis.register_function('f_${name}', function() return ${"1 + ".repeat(900)}1 end)`;
    const payload = await withServer(id, {}, async ({ client }) => {
      await ask(client, "FUNCTION", "LOAD", library("one"));
      await ask(client, "FUNCTION", "LOAD", library("two"));
      return (await ask(client, "FUNCTION", "DUMP")) as Buffer;
    });
    const restored = await expectSameAsServer(id as (typeof servers)[number], [
      ["FUNCTION", "LOAD", library("three")],
      ["FUNCTION", "RESTORE", payload],
      ["FUNCTION", "RESTORE", payload],
      ["FUNCTION", "DELETE", "one"],
    ]);
    expect(restored.acceptedCount).toBe(3);
    expect([...restored.keyspace.libraries.names()].sort()).toEqual(["three", "two"]);
  });
});
