/** A stream in files is the commands of the files, whatever stands between them and wherever it is read from. */
import { type FileSystem, StrictMemoryFiles } from "@holdfast/platform";
import { encodeCommand } from "@holdfast/resp";
import { type SeededRandom, seededRandom, testSeed } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import { judgePsync } from "../judge-psync.ts";
import { newHistory, parseReplicationId } from "../replication-id.ts";
import { PING } from "../stream-feed.ts";
import { StoredBacklog } from "./stored-backlog.ts";
import { type StoredPart, StoredStream } from "./stored-stream.ts";

interface Log {
  readonly file: Uint8Array;
  readonly commands: Uint8Array;
}

/** Commands of all sizes with annotations among them, and the same without. */
function randomLog(random: SeededRandom, records: number): Log {
  const file: Uint8Array[] = [];
  const commands: Uint8Array[] = [];
  for (let index = 0; index < records; index++) {
    const kind = random.below(10);
    if (kind < 3) file.push(Buffer.from(`#TS:${1_700_000_000 + index}\r\n`));
    else {
      const size = kind === 9 ? random.below(20_000) : random.below(60);
      const command = encodeCommand(["SET", `k${index}`, random.bytes(size)]);
      file.push(command);
      commands.push(command);
    }
  }
  return { file: Buffer.concat(file), commands: Buffer.concat(commands) };
}

async function filesOf(contents: Readonly<Record<string, Uint8Array>>): Promise<FileSystem> {
  const files = new StrictMemoryFiles();
  for (const [name, bytes] of Object.entries(contents)) {
    const file = await files.open(name, "create");
    await file.append(bytes);
    await file.close();
  }
  return files;
}

async function readFrom(stream: StoredStream | StoredBacklog, from: number, pieceMax: () => number) {
  const pieces: Uint8Array[] = [];
  for (let offset = from; offset < stream.endOffset; offset += pieces[pieces.length - 1].length) {
    const max = pieceMax();
    const piece = await stream.read(offset, max);
    expect(piece!.length).toBeGreaterThan(0);
    expect(piece!.length).toBeLessThanOrEqual(max);
    pieces.push(piece!);
  }
  return Buffer.concat(pieces);
}

describe("a stream in files", () => {
  test("is what is left without annotations, from every place on and in pieces of every size", async () => {
    const random = seededRandom(testSeed());
    const [first, second] = [randomLog(random, 400), randomLog(random, 300)];
    const between = encodeCommand(["SELECT", "0"]);
    const files = await filesOf({
      base: Buffer.concat([Buffer.from("REDIS…"), first.file]),
      incr: second.file,
    });
    const start = Buffer.byteLength("REDIS…");
    const parts: StoredPart[] = [
      { kind: "file", path: "base", start, end: start + first.file.length, hasAnnotations: true },
      { kind: "bytes", bytes: between },
      { kind: "file", path: "incr", start: 0, end: second.file.length, hasAnnotations: true },
      { kind: "file", path: "incr", start: 0, end: 0, hasAnnotations: false },
    ];
    const expected = Buffer.concat([first.commands, between, second.commands]);
    for (const stretchBytes of [1, 500, 50_000, 1 << 20]) {
      const stream = await StoredStream.open(files, parts, { startOffset: 1000, stretchBytes });
      expect(stream.endOffset).toBe(1000 + expected.length);
      for (let round = 0; round < 5; round++) {
        const from = random.below(expected.length);
        const sizeMax = random.pick([1 << 20, 5000]);
        const read = await readFrom(stream, 1000 + from, () => 1 + random.below(sizeMax));
        expect(read.equals(expected.subarray(from))).toBe(true);
      }
      expect(await stream.read(stream.endOffset, 10)).toBeUndefined();
      expect(await stream.read(999, 10)).toBeUndefined();
      await stream.close();
    }
  });

  test("is read as it stands where there are no annotations, also by many at once", async () => {
    const random = seededRandom(testSeed());
    const { file, commands } = randomLog(random, 50);
    const files = await filesOf({ plain: commands, noted: file });
    const part = { kind: "file", start: 0 } as const;
    const stream = await StoredStream.open(
      files,
      [
        { ...part, path: "plain", end: commands.length, hasAnnotations: false },
        { ...part, path: "noted", end: file.length, hasAnnotations: true },
      ],
      { stretchBytes: 200 },
    );
    const expected = Buffer.concat([commands, commands]);
    const readers = Array.from({ length: 20 }, (_, index) => index * Math.floor(expected.length / 20));
    const read = await Promise.all(readers.map((from) => readFrom(stream, from, () => 999)));
    for (const [index, bytes] of read.entries())
      expect(bytes.equals(expected.subarray(readers[index])), `reader ${index}`).toBe(true);
    await stream.close();
  });

  test("still has what was opened when the file is replaced, and says so when it is cut", async () => {
    const { file, commands } = randomLog(seededRandom(testSeed()), 200);
    const files = await filesOf({ log: file, next: Buffer.from("other") });
    const parts: StoredPart[] = [
      { kind: "file", path: "log", start: 0, end: file.length, hasAnnotations: true },
    ];
    const stream = await StoredStream.open(files, parts, { stretchBytes: 500 });
    const writer = await files.open("log", "append");
    await files.rename("next", "log");
    expect((await readFrom(stream, 0, () => 4096)).equals(commands)).toBe(true);
    await writer.truncate(100);
    await expect(readFrom(stream, 0, () => 4096)).rejects.toMatchObject({ code: "RESYNC_SOURCE_CHANGED" });
    await expect(StoredStream.open(files, parts)).rejects.toMatchObject({ code: "RESYNC_SOURCE_CHANGED" });
    await stream.close();
    await writer.close();
  });

  test("of bytes that are no commands is not opened, nor of a file that is not there", async () => {
    const files = await filesOf({ log: Buffer.from("*1\r\n$4\r\nPING\r\nnonsense\r\n") });
    const part = { kind: "file", start: 0, end: 24, hasAnnotations: true } as const;
    await expect(StoredStream.open(files, [{ ...part, path: "log" }])).rejects.toMatchObject({ offset: 14 });
    await expect(StoredStream.open(files, [{ ...part, path: "nothing" }])).rejects.toMatchObject({
      code: "ENOENT",
    });
  });
});

describe("a backlog of files", () => {
  const replid = parseReplicationId("a".repeat(40))!;
  const commands = encodeCommand(["SET", "k", "v"]);

  async function backlogOf(): Promise<StoredBacklog> {
    return new StoredBacklog(
      await StoredStream.open(await filesOf({}), [{ kind: "bytes", bytes: commands }]),
    );
  }

  test("grows by pings, which can be read from any place", async () => {
    const backlog = await backlogOf();
    for (let ping = 0; ping < 3; ping++) backlog.append(PING);
    const expected = Buffer.concat([commands, PING, PING, PING]);
    expect(backlog.dataEndOffset).toBe(commands.length);
    for (let from = 0; from < expected.length; from++)
      expect((await readFrom(backlog, from, () => 9)).equals(expected.subarray(from)), `from ${from}`).toBe(
        true,
      );
    expect(await backlog.read(expected.length, 9)).toBeUndefined();
    expect(() => backlog.append(commands)).toThrow("pings only");
  });

  test.each([
    [0, true],
    [PING.length, true],
    [1000 * PING.length, true],
    [PING.length + 1, false],
    [1, false],
    [Number.MAX_SAFE_INTEGER - commands.length, false],
  ])("lets a replica go on %i bytes behind the data: %o", async (beyond, mayGoOn) => {
    const backlog = await backlogOf();
    const offset = commands.length + beyond;
    backlog.reach(offset);
    const verdict = judgePsync({ replid, offset }, newHistory(replid), backlog);
    expect(verdict.kind).toBe(mayGoOn ? "continue" : "full-resync");
    expect(backlog.endOffset).toBe(mayGoOn ? offset : commands.length);
  });
});
