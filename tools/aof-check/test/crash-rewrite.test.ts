/**
 * A rewrite into a new directory is crashed at every changing call. What is left is never taken for the data without being all of it: without a
 * manifest servers, and we, refuse the files; with one the directory is whole.
 */
import { AofError, checkAof, locateAof } from "@holdfast/aof";
import { Keyspace } from "@holdfast/keyspace";
import { exploreCrashes, type FileSystem } from "@holdfast/platform";
import { commandTarget, rdbTarget } from "@holdfast/rdb";
import { describe, expect, test } from "vitest";
import { writeDirectory } from "../src/rewrite/write-directory.ts";

const PATH = "out/appendonlydir";
const KEYS = 40;

function keyspaceWithKeys(): Keyspace {
  const keyspace = new Keyspace({ nowMs: () => 0 });
  for (let index = 0; index < KEYS; index++)
    keyspace.apply([`SET`, `key:${index}`, "x".repeat(300)].map((word) => Buffer.from(word)));
  return keyspace;
}

async function write(files: FileSystem, form: "rdb" | "commands"): Promise<void> {
  const snapshot = keyspaceWithKeys().freeze();
  await writeDirectory(files, {
    path: PATH,
    fileName: "appendonly.aof",
    snapshot,
    target: rdbTarget("redis-7.0")!,
    commandTarget: form === "rdb" ? undefined : commandTarget("redis-7.0"),
    onLoss: (loss) => expect(loss).toBeUndefined(),
    beforeNaming: () => {},
    signal: new AbortController().signal,
  });
  snapshot.release();
}

/** Whether there is a manifest; then everything has to be there. */
async function isWhole(files: FileSystem): Promise<boolean> {
  try {
    await locateAof(files, PATH);
  } catch (error) {
    if (!(error instanceof AofError)) throw error;
    return false;
  }
  const report = await checkAof(files, PATH);
  expect(report.verdict).toBe("sound");
  const [base] = report.files;
  expect(base.rdb?.keyCount ?? base.commands).toBeGreaterThanOrEqual(KEYS);
  return true;
}

describe.each(["rdb", "commands"] as const)("a rewrite in the form of %s", (form) => {
  test("is whole, or has no manifest, after every crash", async () => {
    let unfinished = 0;
    const { calls } = await exploreCrashes<string>({
      arrange: (files) => files.makeDirectory("out"),
      act: async (files, promise) => {
        await write(files, form);
        promise("written");
      },
      check: async (files, promised) => {
        const whole = await isWhole(files);
        if (promised.length > 0) expect(whole).toBe(true);
        if (!whole) unfinished++;
      },
      seeds: [1, 2, 3, 4],
    });
    expect(calls).toBeGreaterThan(10);
    expect(unfinished).toBeGreaterThan(calls);
  });
});
