import { type FileSystem, StrictMemoryFiles } from "@holdfast/platform";
import { describe, expect, test } from "vitest";
import { type AofLocation, locateAof } from "./locate-aof.ts";
import { requireFiles } from "./open-directory.ts";

const MANIFEST = "file a.1.base.rdb seq 1 type b\nfile a.1.incr.aof seq 1 type i\n";

/** A disk with these files; directories come from their paths. */
async function disk(contents: Readonly<Record<string, string>>): Promise<FileSystem> {
  const files = new StrictMemoryFiles();
  for (const [path, text] of Object.entries(contents)) {
    if (path.includes("/")) await files.makeDirectory(path.slice(0, path.lastIndexOf("/")));
    await (await files.open(path, "create")).append(Buffer.from(text));
  }
  return files;
}

const multiPart = (prefix = "d/", fileName = "a") => ({
  [`${prefix}${fileName}.manifest`]: MANIFEST.replaceAll("a.1", `${fileName}.1`),
  [`${prefix}${fileName}.1.base.rdb`]: "REDIS",
  [`${prefix}${fileName}.1.incr.aof`]: "*1",
});

/** Where it is, in a word. */
function described(location: AofLocation): string {
  return location.kind === "file" ? `file ${location.path}` : `directory ${location.directory.path}`;
}

describe("a path is", () => {
  test.each([
    ["the directory that holds the manifest", "d", "directory d"],
    ["the manifest in it", "d/a.manifest", "directory d"],
    ["one of its files", "d/a.1.incr.aof", "file d/a.1.incr.aof"],
  ])("%s", async (_what, path, expected) => {
    expect(described(await locateAof(await disk(multiPart()), path))).toBe(expected);
  });

  test("a data directory, with the names of the configuration", async () => {
    const files = await disk(multiPart("data/logs/", "x"));
    expect(described(await locateAof(files, "data", { fileName: "x", directoryName: "logs" }))).toBe(
      "directory data/logs",
    );
  });

  test("a data directory with an old file, also when its directory was made but the file not moved", async () => {
    const old = { "data/appendonly.aof": "*1" };
    expect(described(await locateAof(await disk(old), "data"))).toBe("file data/appendonly.aof");
    const begun = {
      ...old,
      "data/appendonlydir/appendonly.aof.manifest": "file appendonly.aof seq 1 type b\n",
    };
    expect(described(await locateAof(await disk(begun), "data"))).toBe("file data/appendonly.aof");
    const done = { ...begun, "data/appendonlydir/appendonly.aof": "*1" };
    expect(described(await locateAof(await disk(done), "data"))).toBe("directory data/appendonlydir");
  });

  test.each([
    ["commands", "*1\r\n$4\r\nPING\r\n"],
    ["commands behind annotations", "#TS:1\r\n*1\r\n"],
    ["annotations alone", "#TS:1\r\n"],
    ["commands of which a line begins with file", "*2\r\n$3\r\nGET\r\n$5\r\nfile1\r\n"],
    ["an RDB", "REDIS0011"],
    ["an RDB of Valkey", "VALKEY080"],
    ["nothing at all", ""],
    ["what nobody knows", "file of mine\n"],
  ])("a single file: %s", async (_what, text) => {
    expect(await locateAof(await disk({ f: text }), "f")).toEqual({
      kind: "file",
      path: "f",
      sizeBytes: text.length,
    });
  });

  test("a manifest under any name, if all of it reads as one", async () => {
    const files = await disk({ ...multiPart(), "d/saved": `# note\n${MANIFEST.replaceAll("file", "FILE")}` });
    const location = await locateAof(files, "d/saved");
    expect(location).toMatchObject({ kind: "directory", directory: { path: "d", manifestPath: "d/saved" } });
  });
});

describe("a path is refused", () => {
  test.each([
    ["when nothing is there", "nowhere", "AOF_NOT_FOUND", {}],
    ["when its directory has nothing of the kind", "d", "AOF_NOT_FOUND", { "d/dump.rdb": "" }],
    [
      "when its directory has files that no manifest lists",
      "d",
      "AOF_MANIFEST_MISSING",
      { "d/appendonly.aof.1.incr.aof": "*1" },
    ],
    [
      "when its directory has several manifests",
      "d",
      "AOF_MANY_MANIFESTS",
      { ...multiPart(), ...multiPart("d/", "b") },
    ],
    ["when the manifest is empty", "d", "AOF_MANIFEST_EMPTY", { "d/a.manifest": "" }],
    [
      "when what is called a manifest is none",
      "d/a.manifest",
      "AOF_MANIFEST_BAD_LINE",
      { "d/a.manifest": "*1\r\n" },
    ],
    ["when its name belongs to a directory", "d", "AOF_NOT_A_FILE", { "d/a.manifest/x": "" }],
  ])("%s", async (_why, path, code, contents) => {
    await expect(locateAof(await disk(contents), path)).rejects.toMatchObject({ code });
  });

  test("unless it is said which manifest", async () => {
    const files = await disk({ ...multiPart(), ...multiPart("d/", "b") });
    expect(await locateAof(files, "d", { fileName: "b" })).toMatchObject({ directory: { fileName: "b" } });
  });
});

describe("a directory", () => {
  async function directoryOf(contents: Readonly<Record<string, string>>) {
    const location = await locateAof(await disk(contents), "d");
    if (location.kind !== "directory") throw new Error("no directory");
    return location.directory;
  }

  test("knows sizes, and what is not in the manifest", async () => {
    const more = {
      "d/a.7.incr.aof": "left",
      "d/temp-a.manifest": "x",
      "d/.a.2.base.rdb.0.tmp": "half",
      "d/notes": "mine",
    };
    const directory = await directoryOf({ ...multiPart(), ...more });
    expect([...directory.sizes]).toEqual([
      ["a.1.base.rdb", 5],
      ["a.1.incr.aof", 2],
    ]);
    expect(directory.strays).toEqual([
      { name: ".a.2.base.rdb.0.tmp", part: { kind: "temporary" }, sizeBytes: 4 },
      { name: "a.7.incr.aof", part: { kind: "incr", sequence: 7 }, sizeBytes: 4 },
      { name: "temp-a.manifest", part: { kind: "temporary" }, sizeBytes: 1 },
    ]);
    expect(() => requireFiles(directory)).not.toThrow();
  });

  test("may have lost a file, which matters to those who load it", async () => {
    const directory = await directoryOf({ "d/a.manifest": MANIFEST, "d/a.1.base.rdb": "" });
    expect(() => requireFiles(directory)).toThrow(
      /^aof: the manifest lists a\.1\.incr\.aof, .* \(d\/a\.1\.incr\.aof\)$/,
    );
  });

  test("need not have its history", async () => {
    const manifest = `${MANIFEST}file a.0.incr.aof seq 9 type h\n`;
    const directory = await directoryOf({ ...multiPart(), "d/a.manifest": manifest });
    expect(() => requireFiles(directory)).not.toThrow();
  });
});
