import { exploreCrashes, type FileSystem, StrictMemoryFiles, VirtualClock } from "@holdfast/platform";
import { encodeCommand } from "@holdfast/resp";
import { describe, expect, test } from "vitest";
import { commandsOf, soundLength } from "../test/directory-content.ts";
import { type OpenAofOptions, openAof } from "./open-aof.ts";
import { readManifest } from "./open-directory.ts";
import { readStart } from "./read-whole.ts";

const DIRECTORY = "data/appendonlydir";
const MANIFEST = `${DIRECTORY}/appendonly.aof.manifest`;
const INCR = `${DIRECTORY}/appendonly.aof.4.incr.aof`;

const set = (value: string) => Buffer.from(encodeCommand(["SET", "k", value]));
const sound = Buffer.concat([set("1"), set("2")]);
const torn = set("3").subarray(0, 20);
const damaged = Buffer.concat([Buffer.alloc(9), set("4")]);
const transaction = Buffer.concat([encodeCommand(["MULTI"]), set("5")]);

const listed = "file b seq 1 type b\nfile appendonly.aof.4.incr.aof seq 4 type i\n";

/** Not more than the disk of a server that was stopped. */
function disk(contents: Readonly<Record<string, Uint8Array | string>>): Promise<StrictMemoryFiles> {
  return fill(new StrictMemoryFiles(), contents);
}

async function fill<Files extends FileSystem>(
  files: Files,
  contents: Readonly<Record<string, Uint8Array | string>>,
): Promise<Files> {
  await files.makeDirectory(DIRECTORY);
  for (const [path, bytes] of Object.entries(contents)) {
    await (await files.open(path, "create")).append(Buffer.from(bytes as Uint8Array));
  }
  return files;
}

function directoryWith(incr: Uint8Array, more: Readonly<Record<string, Uint8Array | string>> = {}) {
  return disk({ [MANIFEST]: listed, [`${DIRECTORY}/b`]: "", [INCR]: incr, ...more });
}

function open(
  files: FileSystem,
  onBadTail: OpenAofOptions["onBadTail"],
  settings: Partial<OpenAofOptions> = {},
) {
  const place = { dataDirectory: "data" };
  return openAof({
    files,
    clock: new VirtualClock(),
    place,
    fsync: "always",
    soundLength,
    onBadTail,
    ...settings,
  });
}

async function bytesOf(files: FileSystem, path: string): Promise<Buffer> {
  return Buffer.from(await readStart(files, path, 1 << 20));
}

describe("a last file that ends inside a command or transaction", () => {
  test.each([
    ["command", torn],
    ["transaction", transaction],
  ])("(a %s) is cut there, and what was cut is kept beside it", async (_what, tail) => {
    const files = await directoryWith(Buffer.concat([sound, tail]));
    const { writer, report } = await open(files, "cut-truncated");
    const cut = {
      name: "appendonly.aof.4.incr.aof",
      problem: "truncated",
      soundBytes: sound.length,
      cutBytes: tail.length,
      keptAs: `${INCR}.cut-${sound.length}`,
    };
    expect(report).toEqual({ isNew: false, isUpgraded: false, cut, removed: [], strays: [] });
    expect(await bytesOf(files, cut.keptAs)).toEqual(tail);
    expect(writer.sizeBytes).toBe(sound.length);
    writer.append(0, ["SET", "k", "9"]);
    await writer.close();
    expect(await commandsOf(files, DIRECTORY)).toEqual(["0 SET k 1", "0 SET k 2", "0 SET k 9"]);
  });

  test("is refused when nothing may be lost, with where, how much and what to do", async () => {
    const files = await directoryWith(Buffer.concat([sound, torn]));
    const message = new RegExp(
      `sound up to offset ${sound.length}, ${torn.length} bytes behind that are not\\. Check the file, and cut it`,
    );
    await expect(open(files, "refuse")).rejects.toMatchObject({ code: "AOF_TAIL_TRUNCATED", path: INCR });
    await expect(open(files, "refuse")).rejects.toThrow(message);
    expect(await bytesOf(files, INCR)).toEqual(Buffer.concat([sound, torn]));
  });

  test("keeps every end, even those cut at one place", async () => {
    const files = await directoryWith(Buffer.concat([sound, torn]), {
      [`${INCR}.cut-${sound.length}`]: "before",
    });
    const { writer, report } = await open(files, "cut-truncated");
    await writer.close();
    expect(report.cut?.keptAs).toBe(`${INCR}.cut-${sound.length}.1`);
    expect((await bytesOf(files, `${INCR}.cut-${sound.length}`)).toString()).toBe("before");
  });
});

describe("a damaged last file", () => {
  test.each(["refuse", "cut-truncated"] as const)(
    "is refused, also when truncated ones may be cut (%s)",
    async (onBadTail) => {
      const files = await directoryWith(Buffer.concat([sound, damaged]));
      await expect(open(files, onBadTail)).rejects.toMatchObject({ code: "AOF_TAIL_DAMAGED", path: INCR });
      expect(await bytesOf(files, INCR)).toEqual(Buffer.concat([sound, damaged]));
    },
  );

  test("is cut where damage begins, when that is asked for", async () => {
    const files = await directoryWith(Buffer.concat([sound, damaged]));
    const { writer, report } = await open(files, "cut-damaged");
    await writer.close();
    expect(report.cut).toMatchObject({
      problem: "damaged",
      soundBytes: sound.length,
      cutBytes: damaged.length,
    });
    expect(await bytesOf(files, report.cut!.keptAs)).toEqual(damaged);
  });
});

test("a cut loses nothing at any crash: the end stands in the file or in its copy", async () => {
  const whole = Buffer.concat([sound, damaged]);
  const explored = await exploreCrashes({
    arrange: async (files) => {
      await fill(files, { [MANIFEST]: listed, [`${DIRECTORY}/b`]: "", [INCR]: whole });
    },
    act: async (files) => {
      await (await open(files, "cut-damaged")).writer.close();
    },
    check: async (files) => {
      const found = await bytesOf(files, INCR);
      expect(found.subarray(0, sound.length)).toEqual(sound);
      if (found.length < whole.length) {
        expect(await bytesOf(files, `${INCR}.cut-${sound.length}`)).toEqual(damaged);
      }
      await (await open(files, "cut-damaged")).writer.close();
      expect(await commandsOf(files, DIRECTORY)).toEqual(["0 SET k 1", "0 SET k 2"]);
      expect(await bytesOf(files, `${INCR}.cut-${sound.length}`)).toEqual(damaged);
    },
    seeds: [1, 2, 3, 4, 5, 6, 7, 8],
  });
  expect(explored.calls).toBe(11);
});

describe("opening", () => {
  test("removes what was on its way to a name and history, drops its lines, and names the rest", async () => {
    const files = await directoryWith(sound, {
      [`${DIRECTORY}/.appendonly.aof.2.base.rdb.0.tmp`]: "half a base",
      [`${DIRECTORY}/temp-appendonly.aof.manifest`]: "half a manifest",
      [`${DIRECTORY}/appendonly.aof.5.incr.aof`]: "",
      [`${DIRECTORY}/appendonly.aof.1.base.rdb`]: "REDIS",
      [`${DIRECTORY}/old`]: "x",
      [`${DIRECTORY}/notes`]: "mine",
    });
    const manifest = await files.open(MANIFEST, "append");
    await manifest.append(Buffer.from("file old seq 1 type h\nfile gone seq 2 type h\n"));
    const { writer, report, keeper } = await open(files, "refuse");
    await writer.close();
    expect([...report.removed].sort()).toEqual([
      ".appendonly.aof.2.base.rdb.0.tmp",
      "appendonly.aof.5.incr.aof",
      "old",
      "temp-appendonly.aof.manifest",
    ]);
    expect(report.strays.map(({ name }) => name)).toEqual(["appendonly.aof.1.base.rdb"]);
    expect(await readManifest(files, MANIFEST)).toEqual(keeper.manifest);
    expect(keeper.manifest.history).toEqual([]);
    expect(await files.list(DIRECTORY)).toContain("notes");
  });

  test("leaves history alone when it is told to", async () => {
    const files = await disk({
      [MANIFEST]: `${listed}file old seq 1 type h\n`,
      [`${DIRECTORY}/b`]: "",
      [INCR]: "",
      [`${DIRECTORY}/old`]: "x",
    });
    const { writer, report, keeper } = await open(files, "refuse", { keepHistory: true });
    await writer.close();
    expect([report.removed, keeper.manifest.history.length]).toEqual([[], 1]);
    expect(await files.list(DIRECTORY)).toContain("old");
  });

  test("never removes what is loaded, whatever the manifest calls history", async () => {
    const files = await disk({
      [MANIFEST]: `${listed}file b seq 1 type h\nfile appendonly.aof.manifest seq 2 type h\n`,
      [`${DIRECTORY}/b`]: sound,
      [INCR]: sound,
    });
    const { writer, report } = await open(files, "refuse");
    await writer.close();
    expect(report.removed).toEqual([]);
    expect(await commandsOf(files, DIRECTORY)).toHaveLength(4);
  });

  test("drops the replication offset at which the last incr ended, for it goes on", async () => {
    const text = "file appendonly.aof.4.incr.aof seq 4 type i startoffset 10 endoffset 99\n";
    const files = await disk({ [MANIFEST]: text, [INCR]: sound });
    const { writer, keeper } = await open(files, "refuse");
    await writer.close();
    expect(keeper.manifest.increments).toEqual([
      { name: "appendonly.aof.4.incr.aof", sequence: 4, role: "incr", startOffset: 10 },
    ]);
    expect(await readManifest(files, MANIFEST)).toEqual(keeper.manifest);
  });

  test("a base without an incr begins one, above every sequence that stands there", async () => {
    const files = await disk({
      [MANIFEST]: "file b seq 1 type b\n",
      [`${DIRECTORY}/b`]: sound,
      [`${DIRECTORY}/appendonly.aof.7.incr.aof`]: set("old"),
    });
    const { writer, report } = await open(files, "refuse");
    await writer.settled(writer.append(0, ["SET", "k", "3"]));
    await writer.close();
    expect(report.strays.map(({ name }) => name)).toEqual(["appendonly.aof.7.incr.aof"]);
    expect(await files.list(DIRECTORY)).toContain("appendonly.aof.8.incr.aof");
    expect(await commandsOf(files, DIRECTORY)).toEqual(["0 SET k 1", "0 SET k 2", "0 SET k 3"]);
  });

  test("is refused when a listed file is missing", async () => {
    const files = await disk({ [MANIFEST]: listed, [INCR]: sound });
    await expect(open(files, "cut-damaged")).rejects.toMatchObject({ code: "AOF_FILE_MISSING" });
  });

  test("syncs what another process may have left unsynced, before anything is written behind it", async () => {
    const files = await directoryWith(set("1"));
    files.syncEverything();
    await (await files.open(INCR, "append")).append(set("2"));
    expect(await bytesOf(files.afterCrash("nothing"), INCR)).toEqual(set("1"));
    await open(files, "refuse", { fsync: "no" });
    expect(await bytesOf(files.afterCrash("nothing"), INCR)).toEqual(sound);
    files.failNextSync(INCR);
    await expect(open(files, "refuse", { fsync: "no" })).rejects.toMatchObject({ code: "EIO" });
  });
});
