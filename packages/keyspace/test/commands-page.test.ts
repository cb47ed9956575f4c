/** COMMANDS.md: every write command of six servers, and what a keyspace makes of it in a log. */
import { join } from "node:path";
import { describeWithServer, type SeededRandom, seededRandom, withServer } from "@holdfast/testkit";
import { expect, it } from "vitest";
import { Keyspace } from "../src/index.ts";
import { ask, type CommandMaker, type ServerId, servers } from "./differential.ts";
import { bitMakers } from "./families/bits.ts";
import { functionMakers } from "./families/functions.ts";
import { geoMakers } from "./families/geo.ts";
import { hashMakers } from "./families/hashes.ts";
import { hyperLogLogMakers } from "./families/hyperloglog.ts";
import { sortMakers } from "./families/sort.ts";
import { drawStreamCommands } from "./families/streams.ts";
import { allMakers } from "./random-commands.ts";

const page = join(import.meta.dirname, "../COMMANDS.md");

const introduction = `# Commands

Every command that one of six servers calls a write, and those that it may replicate, with what a keyspace makes of it. A test makes this page from
live servers: \`npx vitest run packages/keyspace/test/commands-page.test.ts -u\`.

- **replayed**: tests send it to that server with random options and data, and what the keyspace has after the server's log is what the server has,
  by digest and key by key. The log may hold another command in its place: \`SPOP\` comes as \`SREM\`.
- **applied**: understood in a log, with tests of its own; no random command of the tests has its name.
- **kept**: it cannot be applied; the keyspace holds it in order, by name and with this reason. Scripts are in logs of servers before 7.0 only.
- empty: the server does not have it.
`;

/** Sent by tests of their own: payloads of every type (commands-servers.test.ts). */
const sentElsewhere = ["restore"];
const draws = 60;

describeWithAll([...servers], () => {
  it("of six servers are in COMMANDS.md, none of them unknown", async () => {
    const columns = await Promise.all(servers.map(writesOf));
    const names = [...new Set(columns.flatMap((column) => [...column]))].sort();
    expect(names.length).toBeGreaterThan(120);
    const sent = drawnNames();
    const rows = names.map((name) => {
      const outcome = outcomeOf(name, sent);
      return [
        name.toUpperCase().replace("|", " "),
        ...columns.map((column) => (column.has(name) ? outcome : "")),
      ];
    });
    expect(
      rows.filter((cells) => cells.some((cell) => cell.includes("unknown"))).map(([name]) => name),
    ).toEqual([]);
    const table = [["command", ...servers], ["---", ...servers.map(() => "---")], ...rows];
    const text = table.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
    await expect(`${introduction}\n${text}\n`).toMatchFileSnapshot(page);
  });
});

/** Only when all of them are here. */
function describeWithAll([first, ...others]: ServerId[], body: () => void): void {
  describeWithServer(first, "write commands on all servers", () =>
    others.length === 0 ? body() : describeWithAll(others, body),
  );
}

type CommandInfo = readonly [name: Buffer, arity: number, flags: readonly unknown[], ...rest: unknown[]];

/** Names in small letters; those that have subcommands are there by these, as "xgroup|create". */
async function writesOf(id: ServerId): Promise<Set<string>> {
  return withServer(id, {}, async ({ client }) => {
    const commands = (await ask(client, "COMMAND")) as CommandInfo[];
    const all = commands.flatMap((command) => {
      const inner = (command[9] ?? []) as CommandInfo[];
      return inner.length > 0 ? inner : [command];
    });
    const writes = all.filter(([, , flags]) =>
      flags.some((flag) => ["write", "may_replicate"].includes(String(flag))),
    );
    return new Set(writes.map(([name]) => String(name).toLowerCase()));
  });
}

function outcomeOf(name: string, sent: ReadonlySet<string>): string {
  if (sent.has(name)) return "replayed";
  const keyspace = new Keyspace({ nowMs: () => 0 });
  const words = [...name.split("|"), "a", "b", "c", "d", "e", "f"];
  const outcome = keyspace.apply(words.map((word) => Buffer.from(word)));
  return outcome.kind === "kept" ? `kept: ${outcome.reason}` : "applied";
}

/** What the makers of the differential tests make, by name alone and with its second word. */
function drawnNames(): Set<string> {
  const random = seededRandom(1);
  const makers = [
    ...[...allMakers, ...hashMakers, ...bitMakers, ...hyperLogLogMakers],
    ...[...geoMakers, ...sortMakers, ...functionMakers],
  ];
  const drawn = [...makers.flatMap((make) => drawMany(make, random)), ...drawStreamCommands(random, 3000)];
  const names = new Set(sentElsewhere);
  for (const [first, second] of drawn) {
    names.add(String(first).toLowerCase());
    names.add(`${first}|${second}`.toLowerCase());
  }
  return names;
}

function drawMany(make: CommandMaker, random: SeededRandom): ReturnType<CommandMaker>[] {
  return Array.from({ length: draws }, () => make(random));
}
