/** Random commands of every family on six servers: what their logs say is what is in them. */
import { describeWithServer, type SeededRandom, seededRandom, testSeed } from "@holdfast/testkit";
import { expect, it } from "vitest";
import { type CommandMaker, expectSameAsServer, type ServerId, servers } from "./differential.ts";
import { hashExpiryMakers, hashMakers } from "./families/hashes.ts";
import { keyMakers } from "./families/keys.ts";
import { listMakers } from "./families/lists.ts";
import { setMakers } from "./families/sets.ts";
import { stringMakers } from "./families/strings.ts";
import { zsetMakers } from "./families/zsets.ts";

const families: Readonly<Record<string, readonly CommandMaker[]>> = {
  keys: keyMakers,
  strings: stringMakers,
  lists: listMakers,
  sets: setMakers,
  "sorted sets": zsetMakers,
  hashes: hashMakers,
  "hashes with fields that expire": hashExpiryMakers,
};

/**
 * Valkey passes over a field whose time is up and logs the command with it all the same: HDEL of two fields, one of them past, leaves the
 * past one there and takes it away at the next load; HPEXPIREAT gives it a new life. What a log says is what a server makes of it.
 */
const loggedOtherwise = (id: ServerId, family: string) =>
  id.startsWith("valkey") && families[family] === hashExpiryMakers;

/** Enough that each maker is drawn some twenty-five times. */
const commandsPerMaker = 25;

function draw(random: SeededRandom, makers: readonly CommandMaker[]): ReturnType<CommandMaker>[] {
  return Array.from({ length: makers.length * commandsPerMaker }, () => random.pick(makers)(random));
}

describeWithServer(servers, "the log of random commands", (id) => {
  const seed = testSeed();

  for (const [name, makers] of Object.entries(families)) {
    it(`makes the keys that the server has: ${name}`, async () => {
      const { acceptedCount, keyspace } = await expectSameAsServer(id, draw(seededRandom(seed), makers), {
        serverReloads: loggedOtherwise(id, name),
      });
      expect(acceptedCount).toBeGreaterThan(commandsPerMaker);
      expect(keyspace.keyCount).toBeGreaterThan(0);
    });
  }
});
