/** A kept directory on a disk that forgets what was not synced: what was promised is there, and whatever is there is whole. */
import { checkAof, readManifest } from "@holdfast/aof";
import { exploreCrashes, type FileSystem, StrictMemoryFiles, VirtualClock } from "@holdfast/platform";
import { encodeCommand } from "@holdfast/resp";
import { newHistory, parseReplicationId, type ReplicaState, shiftHistory } from "@holdfast/resync";
import { describe, expect, test } from "vitest";
import { KeptDirectory, type KeptOptions } from "./kept-directory.ts";

const A = parseReplicationId("a".repeat(40))!;
const B = parseReplicationId("b".repeat(40))!;
const C = parseReplicationId("c".repeat(40))!;

/** A stream of commands that says by itself whose it is and where in it one stands. */
class Stream {
  readonly bytes: Uint8Array;
  readonly borders: readonly number[];
  readonly from: number;
  readonly base: Uint8Array;

  constructor(name: string, from: number, version: string) {
    const commands = Array.from({ length: 60 }, (_, index) =>
      encodeCommand(["SET", `${name}:${index}`, "v".repeat((index * 37) % 200)]),
    );
    this.bytes = Buffer.concat(commands);
    this.from = from;
    let offset = from;
    this.borders = [from, ...commands.map((command) => (offset += command.length))];
    // An RDB without keys, and without a checksum.
    this.base = Buffer.concat([Buffer.from(`REDIS${version}\xff`, "latin1"), Buffer.alloc(8)]);
  }

  slice(from: number, end: number): Uint8Array {
    return this.bytes.subarray(from - this.from, end - this.from);
  }
}

const first = new Stream("first", 1000, "0010");
const second = new Stream("second", 70, "0011");

function open(files: FileSystem, options: Partial<KeptOptions> = {}) {
  const damage: string[] = [];
  const onDamage = (error: Error) => void damage.push(error.message);
  const clock = new VirtualClock();
  return KeptDirectory.open({
    ...{ files, clock, directory: "kept", keepBytes: 0, segmentBytes: 1500, onDamage },
    ...options,
  });
}

async function begin(kept: KeptDirectory, stream: Stream, state: ReplicaState): Promise<void> {
  const file = await kept.newBase();
  await file.append(stream.base.subarray(0, 5));
  await file.append(stream.base.subarray(5));
  await kept.replace(file, state);
}

/** The next so many commands. */
function grow(kept: KeptDirectory, stream: Stream, count: number, db?: number): void {
  const index = stream.borders.indexOf(kept.endOffset);
  kept.append(stream.slice(kept.endOffset, stream.borders[index + count]), db);
}

/** Base, and every byte since, as servers would read them: all listed files, without annotations and the SELECT of their heads. */
async function contentOf(files: FileSystem): Promise<{ readonly base: Uint8Array; readonly stream: string }> {
  const { base, increments } = (await readManifest(files, "kept/appendonly.aof.manifest"))!;
  const texts: string[] = [];
  for (const { name } of increments) texts.push((await contentOfFile(files, name)).toString("latin1"));
  const ours = /#[^\r]*\r\n|\*2\r\n\$6\r\nSELECT\r\n\$\d\r\n\d\r\n/g;
  return { base: await contentOfFile(files, base!.name), stream: texts.join("").replace(ours, "") };
}

async function contentOfFile(files: FileSystem, name: string): Promise<Buffer> {
  const file = await files.open(`kept/${name}`, "read");
  const bytes = Buffer.alloc(await file.size());
  await file.readAt(0, bytes);
  await file.close();
  return bytes;
}

async function expectSound(files: FileSystem): Promise<void> {
  const { verdict, problems } = await checkAof(files, "kept");
  expect({ verdict, problems: problems.filter(({ severity }) => severity !== "note") }).toEqual({
    verdict: "sound",
    problems: [],
  });
}

describe("a kept directory", () => {
  test("goes on where it was, with history and db", async () => {
    const files = new StrictMemoryFiles();
    const { kept } = await open(files);
    expect([kept.state, kept.base]).toEqual([undefined, undefined]);
    await begin(kept, first, { history: newHistory(A), offset: 1000, db: undefined });
    grow(kept, first, 20, 3);
    const history = shiftHistory(newHistory(A), B, kept.endOffset);
    await kept.changeHistory(history);
    grow(kept, first, 20, 2);
    const { state } = kept;
    await kept.close();
    const again = await open(files);
    expect(again.kept.state).toEqual({ ...state, history, db: 2 });
    expect(again.kept.base).toMatchObject({ offset: 1000, sizeBytes: first.base.length });
    await again.kept.close();
    await expectSound(files);
    const { base, stream } = await contentOf(files);
    expect(Buffer.compare(base, first.base)).toBe(0);
    expect(stream).toBe(Buffer.from(first.slice(1000, state!.offset)).toString("latin1"));
  });

  test("is refused when it is not ours, and left as it is", async () => {
    for (const name of ["precious.txt", "appendonly.aof.manifest"]) {
      const files = new StrictMemoryFiles();
      await files.makeDirectory("kept");
      const file = await files.open(`kept/${name}`, "create");
      await file.append(Buffer.from("file appendonly.aof.1.incr.aof seq 1 type i\n"));
      await file.close();
      await expect(open(files)).rejects.toMatchObject({ exitCode: 30 });
      expect(await files.list("kept")).toEqual([name]);
    }
  });

  test.each([
    ["appendonly.aof.1.base.rdb", 14],
    ["appendonly.aof.2.incr.aof", 14],
  ])("is refused when %s is missing", async (name, exitCode) => {
    const files = new StrictMemoryFiles();
    const { kept } = await open(files);
    await begin(kept, first, { history: newHistory(A), offset: 1000, db: 0 });
    for (let round = 0; round < 5; round++) {
      grow(kept, first, 12);
      await kept.sync();
    }
    await kept.close();
    await files.remove(`kept/${name}`);
    await expect(open(files)).rejects.toMatchObject({ exitCode, message: expect.stringContaining(name) });
  });

  test("with a damaged incr asks for everything, and keeps what there is until it has it", async () => {
    const files = new StrictMemoryFiles();
    const { kept } = await open(files);
    await begin(kept, first, { history: newHistory(A), offset: 1000, db: 0 });
    for (let round = 0; round < 5; round++) {
      grow(kept, first, 12);
      await kept.sync();
    }
    await kept.close();
    const file = await files.open("kept/appendonly.aof.2.incr.aof", "append");
    const bytes = new Uint8Array(await file.size());
    await file.readAt(0, bytes);
    bytes[20] ^= 1;
    await file.truncate(0);
    await file.append(bytes);
    await file.close();
    const again = await open(files);
    expect(again.kept.state).toBeUndefined();
    expect(again.unusable.map(({ reason }) => reason)).toContain("damaged-head");
    expect(await files.list("kept")).toContain("appendonly.aof.2.incr.aof");
    await begin(again.kept, second, { history: newHistory(C), offset: 70, db: 0 });
    grow(again.kept, second, 5);
    await again.kept.close();
    expect((await contentOf(files)).stream).toBe(
      Buffer.from(second.slice(70, second.borders[5])).toString("latin1"),
    );
  });
});

interface Promised {
  readonly replid: string;
  readonly offset: number;
  readonly db: number | undefined;
}

test("whenever the machine crashes, what was promised is there, once, and the next start goes on", async () => {
  const history = shiftHistory(newHistory(A), B, first.borders[20]);
  const { calls, disks } = await exploreCrashes<Promised>({
    act: async (files, promise) => {
      const { kept } = await open(files);
      const settle = async () => {
        await kept.sync();
        const { history, offset, db } = kept.state!;
        promise({ replid: history.replid, offset, db });
      };
      await begin(kept, first, { history: newHistory(A), offset: 1000, db: undefined });
      promise({ replid: A, offset: 1000, db: undefined });
      for (const db of [1, 2]) {
        grow(kept, first, 10, db);
        await settle();
      }
      await kept.changeHistory(history);
      for (const db of [3, 4]) {
        grow(kept, first, 10, db);
        await settle();
      }
      const given = await kept.newBase();
      await given.append(second.base);
      await kept.forget(given);
      await begin(kept, second, { history: newHistory(C), offset: 70, db: 5 });
      promise({ replid: C, offset: 70, db: 5 });
      grow(kept, second, 10, 6);
      await settle();
      await kept.close();
    },
    check: async (files, promised, crash) => {
      const { kept } = await open(files);
      const { state } = kept;
      const last = promised.at(-1);
      if (state === undefined) {
        expect(last).toBeUndefined();
        await begin(kept, first, { history: newHistory(A), offset: 1000, db: undefined });
      } else {
        const ids = [A, B, C];
        expect(ids.indexOf(state.history.replid)).toBeGreaterThanOrEqual(
          last === undefined ? 0 : ids.indexOf(last.replid as typeof A),
        );
        if (last?.replid === state.history.replid) {
          expect(state.offset).toBeGreaterThanOrEqual(last.offset);
          if (state.offset === last.offset) expect(state.db).toBe(last.db);
        }
      }
      const now = kept.state!;
      const stream = now.history.replid === C ? second : first;
      grow(kept, stream, 5, 7);
      const end = kept.endOffset;
      await kept.close();
      // The whole check takes long, and every disk holds the bytes that one would hope for anyway.
      if (crash.callsDone % 8 === 0 && crash.survived === 1) await expectSound(files);
      const content = await contentOf(files);
      expect(Buffer.compare(content.base, stream.base)).toBe(0);
      expect(content.stream).toBe(Buffer.from(stream.slice(stream.from, end)).toString("latin1"));
      const listed = (await files.list("kept")).filter((name) => /base|tmp/.test(name));
      expect(listed).toHaveLength(1);
    },
    seeds: [1, 2, 3],
  });
  expect(calls).toBeGreaterThan(50);
  expect(disks).toBe((calls + 1) * 5);
});

test("a later base takes its place in one step, whenever the machine crashes, and the stream goes on", async () => {
  const place = first.borders[7];
  await exploreCrashes<number>({
    arrange: async (files) => {
      const { kept } = await open(files);
      await begin(kept, first, { history: newHistory(A), offset: 1000, db: undefined });
      for (let round = 0; round < 4; round++) {
        grow(kept, first, 10, 2);
        await kept.sync();
      }
      await kept.close();
    },
    act: async (files, promise) => {
      const { kept } = await open(files);
      promise(kept.endOffset);
      const file = await kept.newBase();
      await file.append(second.base);
      await kept.advance(file, { history: newHistory(A), offset: place, db: 2 });
      expect(kept.base).toMatchObject({ offset: place, sizeBytes: second.base.length });
      grow(kept, first, 5, 3);
      await kept.sync();
      promise(kept.endOffset);
      await kept.close();
    },
    check: async (files, promised, crash) => {
      const { kept } = await open(files);
      expect(kept.endOffset).toBeGreaterThanOrEqual(promised.at(-1) ?? first.borders[40]);
      expect(kept.firstOffset).toBeLessThanOrEqual(kept.base!.offset);
      const isNew = kept.base!.offset === place;
      grow(kept, first, 3, 4);
      const end = kept.endOffset;
      await kept.close();
      if (crash.survived === "nothing") await expectSound(files);
      const content = await contentOf(files);
      expect(Buffer.compare(content.base, isNew ? second.base : first.base)).toBe(0);
      const stream = first.slice(isNew ? place : 1000, end);
      expect(content.stream).toBe(Buffer.from(stream).toString("latin1"));
      const copies = (await files.list("kept")).filter((name) => /from|base|tmp/.test(name));
      expect(copies).toHaveLength(isNew ? 2 : 1);
    },
    seeds: [1],
  });
});
