/**
 * Runs of commands say what key after key says: the same commands, byte for byte, with the strings of an MSET as if each had been set by
 * itself. They come in another order, because strings are gathered.
 */
import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { ByteWriter } from "@holdfast/bytes";
import {
  type CommandLane,
  type CommandTarget,
  commandTarget,
  decodeRdbBytes,
  EventCommands,
  type FileOrigin,
  makeCommandLane,
  RdbDecoder,
  type RdbEvent,
  RdbFormatError,
} from "@holdfast/rdb";
import {
  chunkings,
  fixturePath,
  listFixtures,
  readHexFixture,
  seededRandom,
  testSeed,
} from "@holdfast/testkit";
import { describe, expect, it } from "vitest";

const seed = testSeed();
const allCutsBytesMax = 400;
const bytesMax = 60_000;
const changesPerFile = 5;
const fixtures = [
  ...listFixtures("rdb", ".rdb").map(({ name, path }) => ({ name, bytes: readFileSync(path) })),
  ...["rdb/hex", "rdb/broken"].flatMap((folder) =>
    listFixtures(folder, ".hex").map(({ name, path }) => ({ name, bytes: readHexFixture(path) })),
  ),
].filter(({ bytes }) => bytes.length < bytesMax);

interface Setting {
  readonly target: CommandTarget;
  readonly isReplacing: boolean;
  readonly leftPrefix?: Uint8Array;
  readonly takesDb?: (db: number) => boolean;
  readonly fromOffset?: number;
}

describe.each([
  ["redis-6.0", true],
  ["redis-7.0", false],
  ["valkey-9.1", true],
] as const)("for %s, replacing %s", (name, isReplacing) => {
  const setting = { target: commandTarget(name)!, isReplacing };

  it("the commands of any file are the same with a lane as without, however it is cut", () => {
    for (const { name, bytes } of fixtures) {
      const cuts =
        bytes.length <= allCutsBytesMax ? chunkings(bytes, seededRandom(seed)) : [{ chunks: [bytes] }];
      for (const { chunks } of cuts)
        expect(differences(written(chunks, setting, true), written(chunks, setting, false)), name).toEqual(
          [],
        );
    }
  });

  it("damage is found at the same place", () => {
    const random = seededRandom(seed);
    for (const { name, bytes } of fixtures.filter((file) => file.bytes.length < allCutsBytesMax)) {
      for (let change = 0; change < changesPerFile; change += 1) {
        const damaged = bytes.slice();
        damaged[random.below(bytes.length)] = random.below(256);
        const [withLane, without] = [true, false].map((hasLane) => written([damaged], setting, hasLane));
        expect(differences(withLane, without), `${name}, seed ${seed}`).toEqual([]);
      }
    }
  });
});

describe("a lane that writes commands", () => {
  const types = readFileSync(fixturePath("rdb", "redis-7.0-types.rdb"));
  const target = commandTarget("redis-7.0")!;

  it("writes most of a real dump, strings together", () => {
    const { keyCount, inRuns, names } = written([types], { target, isReplacing: true }, true);
    expect(inRuns).toBeGreaterThan(keyCount * 0.9);
    expect(names).toContain("MSET");
    expect(written([types], { target, isReplacing: false }, true).names).not.toContain("MSET");
  });

  it("leaves names under its prefix, databases that are not taken, and what lies before its start", () => {
    const all = { target, isReplacing: true };
    const some = Buffer.from("leaderboard:");
    const keys = [...decodeRdbBytes(types, { level: "skip" })].flatMap((event) =>
      event.kind === "key" ? [event] : [],
    );
    const own = keys.filter(({ key }) => Buffer.compare(key.subarray(0, some.length), some) === 0).length;
    expect(own).toBeGreaterThan(0);
    const middle = keys[keys.length >> 1].recordOffset;
    const whole = written([types], all, true);
    const inRuns = (setting: Partial<Setting>) => written([types], { ...all, ...setting }, true).inRuns;
    expect(inRuns({ leftPrefix: some })).toBe(whole.inRuns - own);
    expect(inRuns({ takesDb: () => false })).toBe(0);
    expect(inRuns({ fromOffset: middle })).toBeLessThan(whole.inRuns);
    for (const setting of [{ leftPrefix: some }, { takesDb: () => false }, { fromOffset: middle }])
      expect(differences(written([types], { ...all, ...setting }, true), whole)).toEqual([]);
  });

  it("puts as many runs, and as many sets of strings, as one is bounded", () => {
    const strings = Array.from({ length: 20_000 }, (_, index) => `key:${index}`);
    const rdb = Buffer.concat([
      Buffer.from("REDIS0010"),
      ...strings.map((key) =>
        Buffer.concat([Buffer.from([0, key.length]), Buffer.from(key), Buffer.from([0xc0, 7])]),
      ),
      Buffer.concat([Buffer.from([0, 1, 0x6c, 0x80, 0, 3, 0, 0]), Buffer.alloc(3 << 16, "x")]),
      Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 0]),
    ]);
    const setting = { target, isReplacing: true };
    const { runs, commands, inRuns } = written([rdb], setting, true);
    expect(inRuns).toBe(strings.length + 1);
    expect(Math.max(...runs.map(({ bytes }) => bytes))).toBeLessThan((256 << 10) + (3 << 16) + 1024);
    expect(runs.length).toBeGreaterThan(1);
    expect(commands.length).toBe(strings.length + 1);
    const pairs = Math.max(...runs.map(({ keyCount, commandCount }) => keyCount / commandCount));
    expect(pairs).toBeLessThanOrEqual(64);
    expect(pairs).toBeGreaterThan(32);
  });
});

interface Written {
  readonly commands: readonly string[];
  readonly names: ReadonlySet<string>;
  readonly keyCount: number;
  readonly inRuns: number;
  readonly runs: readonly {
    readonly bytes: number;
    readonly keyCount: number;
    readonly commandCount: number;
  }[];
  readonly losses: readonly string[];
  readonly error: readonly unknown[] | undefined;
}

function written(chunks: Iterable<Uint8Array>, setting: Setting, hasLane: boolean): Written {
  const { target, isReplacing } = setting;
  let origin = { dialect: "redis" as "redis" | "valkey", version: 1 };
  const whole = Buffer.concat([...chunks]);
  const head = /^(REDIS|VALKEY)(\d{3,4})/.exec(whole.toString("latin1", 0, 9));
  if (head !== null)
    origin = { dialect: head[1] === "VALKEY" ? "valkey" : "redis", version: Number(head[2]) };
  const text = new ByteWriter();
  const losses: string[] = [];
  const writer = new EventCommands({
    sink: {
      byte: (value) => text.u8(value),
      bytes: (source, start = 0, end = source.length) => text.bytes(source.subarray(start, end)),
      ascii: (ascii) => text.ascii(ascii),
      integer: (value) => text.ascii(String(value)),
    },
    form: "either",
    target: () => target,
    origin: () => origin,
    isReplacing,
    selects: false,
    leaveOut: ({ kind, count = 1 }) => losses.push(`${kind} ${count}`),
  });
  const lane = hasLane ? laneFor(setting, origin) : undefined;
  const decoder = new RdbDecoder({
    level: "items",
    select: (key) => writer.levelOf(key),
    lane,
    poison: hasLane,
  });
  const commands: string[] = [];
  const names = new Set<string>();
  const runs: { bytes: number; keyCount: number; commandCount: number }[] = [];
  const take = (event: RdbEvent) => {
    if (event.kind === "commands") {
      const { bytes, keyCount, commandCount } = event;
      runs.push({ bytes: bytes.length, keyCount, commandCount });
      text.bytes(bytes);
    } else writer.take(event);
    const found = wordsOf(Buffer.from(text.take()));
    if (event.kind === "commands") {
      expect(found.length).toBe(event.commandCount);
      expect(found.flatMap(singly).length).toBe(event.keyCount);
    }
    for (const [name] of found) names.add(name);
    commands.push(...found.flatMap(singly).map((words) => `${decoder.db} ${words.join(" ")}`));
  };
  let error: readonly unknown[] | undefined;
  try {
    for (const chunk of chunks) {
      decoder.push(chunk);
      for (let event = decoder.next(); event !== undefined; event = decoder.next()) take(event);
    }
    decoder.end();
    for (let event = decoder.next(); event !== undefined; event = decoder.next()) take(event);
  } catch (thrown) {
    if (!(thrown instanceof RdbFormatError)) throw thrown;
    error = [thrown.code, thrown.offset, thrown.db, thrown.message];
  }
  const inRuns = runs.reduce((sum, { keyCount }) => sum + keyCount, 0);
  return { commands, names, keyCount: decoder.keyCount, inRuns, runs, losses, error };
}

/** A lane has much memory, so each serves many decoders. */
const lanes = new Map<string, CommandLane>();

function laneFor(setting: Setting, origin: FileOrigin): CommandLane {
  const { target, isReplacing, leftPrefix = Buffer.of(), takesDb = () => true, fromOffset = 0 } = setting;
  const make = () => {
    const lane = makeCommandLane({ target, origin, isReplacing, leftPrefix, takesDb, fromOffset });
    if (lane === undefined) throw new Error("there is no WebAssembly here");
    return lane;
  };
  if (setting.leftPrefix ?? setting.takesDb ?? setting.fromOffset) return make();
  const name = [target.name, isReplacing, origin.dialect, origin.version].join(" ");
  const lane = lanes.get(name) ?? make();
  lanes.set(name, lane);
  return lane;
}

/** What one says and the other does not, so far as it can be shown. Damage ends a file: what of it came before depends on the cuts. */
function differences(one: Written, other: Written): unknown[] {
  if (one.error !== undefined || other.error !== undefined)
    return isDeepStrictEqual(one.error, other.error) ? [] : [one.error, other.error];
  const [ours, theirs] = [one, other].map(({ keyCount, losses, commands }) =>
    [`${keyCount} keys`, ...losses, ...commands].toSorted(),
  );
  const at = ours.findIndex((word, index) => word !== theirs[index]);
  if (at < 0 && ours.length === theirs.length) return [];
  return [ours.at(at)?.slice(0, 200), theirs.at(at)?.slice(0, 200)];
}

/** Independent of our decoders: sizes are believed, and must add up. */
function wordsOf(bytes: Buffer): string[][] {
  const text = bytes.toString("latin1");
  let at = 0;
  const numberBehind = (mark: string) => {
    const end = text.indexOf("\r\n", at);
    if (text[at] !== mark) throw new Error(`${mark} expected at ${at}`);
    const value = Number(text.slice(at + 1, end));
    at = end + 2;
    return value;
  };
  const commands: string[][] = [];
  while (at < text.length) {
    const words = Array.from({ length: numberBehind("*") }, () => {
      const size = numberBehind("$");
      const word = text.slice(at, at + size);
      if (text.slice(at + size, at + size + 2) !== "\r\n")
        throw new Error(`a line end expected at ${at + size}`);
      at += size + 2;
      return word;
    });
    commands.push(words);
  }
  return commands;
}

function singly(words: string[]): string[][] {
  if (words[0] !== "MSET") return [words];
  const sets: string[][] = [];
  for (let word = 1; word + 1 < words.length; word += 2) sets.push(["SET", words[word], words[word + 1]]);
  return sets;
}
