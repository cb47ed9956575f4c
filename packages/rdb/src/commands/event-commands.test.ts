/** What is written, by example; that servers make the same data of it is tested with them, where exports and bases are made. */
import { readFileSync } from "node:fs";
import { ByteWriter } from "@holdfast/bytes";
import { fixturePath } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import { decodeRdbBytes } from "../streams.ts";
import { commandTarget, commandTargetOfFile } from "./command-target.ts";
import { EventCommands, type EventCommandsOptions } from "./event-commands.ts";
import { isLoss, type LeftOutKind } from "./left-out.ts";

interface Outcome {
  /** Words of each command, as latin-1. */
  readonly commands: readonly string[];
  readonly leftOut: ReadonlySet<LeftOutKind>;
  /** How often take() said that something whole was written. */
  readonly wholes: number;
}

function commandsOf(
  fixture: string,
  targetName: string,
  options: Partial<EventCommandsOptions> = {},
): Outcome {
  const bytes = readFileSync(fixturePath("rdb", `${fixture}.rdb`));
  const writer = new ByteWriter();
  const leftOut = new Set<LeftOutKind>();
  let wholes = 0;
  const commands = new EventCommands({
    sink: {
      byte: (value) => writer.u8(value),
      bytes: (source, start = 0, end = source.length) => writer.bytes(source.subarray(start, end)),
      ascii: (text) => writer.ascii(text),
      integer: (value) => writer.ascii(String(value)),
    },
    form: "commands",
    target: () => commandTarget(targetName)!,
    origin: () => ({ dialect: "redis", version: 12 }),
    isReplacing: false,
    leaveOut: ({ kind }) => leftOut.add(kind),
    ...options,
  });
  const select = (head: { row: Parameters<EventCommands["levelOf"]>[0]["row"] }) => commands.levelOf(head);
  for (const event of decodeRdbBytes(bytes, { level: "items", select })) if (commands.take(event)) wholes++;
  return { commands: parse(Buffer.from(writer.take()).toString("latin1")), leftOut, wholes };
}

/** Independent of our decoder: sizes are believed, and must add up. */
function parse(text: string): string[] {
  const commands: string[] = [];
  let at = 0;
  const number = (mark: string) => {
    const end = text.indexOf("\r\n", at);
    expect(text[at]).toBe(mark);
    const value = Number(text.slice(at + 1, end));
    at = end + 2;
    return value;
  };
  while (at < text.length) {
    const words = Array.from({ length: number("*") }, () => {
      const size = number("$");
      const word = text.slice(at, at + size);
      at += size + 2;
      return word;
    });
    commands.push(words.join(" "));
  }
  return commands;
}

describe("commands of a dump", () => {
  test("select a db where it changes, and make every key", () => {
    const { commands, leftOut } = commandsOf("redis-7.0-dbs", "redis-7.0");
    const selects = commands.filter((command) => command.startsWith("SELECT"));
    expect(selects.length).toBeGreaterThan(1);
    expect(new Set(selects).size).toBe(selects.length);
    expect(commands[0]).toBe(selects[0]);
    expect([...leftOut]).toEqual([]);
  });

  test("say when a key or function is whole", () => {
    const bytes = readFileSync(fixturePath("rdb", "redis-7.0-types.rdb"));
    // Functions are records of their own.
    const records = [...decodeRdbBytes(bytes)].filter(({ kind }) => kind === "key" || kind === "function");
    expect(commandsOf("redis-7.0-types", "redis-7.0").wholes).toBe(records.length);
  });

  test("replace what is there when they are told to", () => {
    const { commands, wholes } = commandsOf("redis-7.0-dbs", "redis-7.0", { isReplacing: true });
    const removals = commands.filter((command) => command.startsWith("DEL "));
    expect(removals).toHaveLength(wholes);
    expect(removals.length).toBeGreaterThan(0);
  });

  test("are RESTORE and nothing else in that form", () => {
    const { commands } = commandsOf("redis-7.0-dbs", "redis-7.0", { form: "restore" });
    expect(new Set(commands.map((command) => command.split(" ")[0]))).toEqual(new Set(["SELECT", "RESTORE"]));
  });

  test("are RESTORE where the target takes what is stored, and commands where it does not", () => {
    const form = "either" as const;
    const origin = () => ({ dialect: "redis" as const, version: 10 });
    const namesFor = (target: string) => {
      const { commands } = commandsOf("redis-7.0-types", target, { form, origin, selects: false });
      return new Set(commands.map((command) => command.split(" ")[0]));
    };
    expect(namesFor("redis-8.0")).toEqual(new Set(["FUNCTION", "RESTORE"]));
    const { commands } = commandsOf("redis-7.0-types", "redis-8.0", { form, origin, isReplacing: true });
    const names = new Set(commands.map((command) => command.split(" ")[0]));
    expect(names).toEqual(new Set(["SELECT", "FUNCTION", "RESTORE", "SET"]));
    const older = namesFor("redis-6.0");
    for (const name of ["RESTORE", "HSET", "RPUSH", "ZADD", "XADD"]) expect(older).toContain(name);
    expect(older).not.toContain("SELECT");
  });

  test.each([
    ["redis-8.6-streams", "redis-7.0", ["idempotency-record", "consumer-time"]],
    ["redis-7.0-functions", "redis-6.2", ["function"]],
    ["redis-7.0-lru", "redis-7.0", ["idle-time"]],
    ["redis-7.0-lfu", "redis-7.0", ["frequency"]],
  ] as const)("of %s leave out what %s does not have", (fixture, target, kinds) => {
    expect([...commandsOf(fixture, target).leftOut]).toEqual(expect.arrayContaining([...kinds]));
  });
});

test("a loss is everything but a hint", () => {
  expect((["idle-time", "frequency", "consumer-time"] as const).some(isLoss)).toBe(false);
  expect((["function", "form", "deleted-pending-entry"] as const).every(isLoss)).toBe(true);
});

test("a target is the newest of its series, or the one that wrote a file", () => {
  expect(commandTarget("redis-8")?.name).toBe("redis-8.10");
  expect(commandTarget("redis-9")).toBeUndefined();
  expect(commandTargetOfFile("redis", "7.0.15", 10).name).toBe("redis-7.0");
  expect(commandTargetOfFile("redis", "7.3.99", 11).name).toBe("redis-7.2");
  expect(commandTargetOfFile("redis", undefined, 3).name).toBe("redis-6.0");
  expect(commandTargetOfFile("valkey", "9.2.0", 80).name).toBe("valkey-9.1");
});
