/**
 * A real process that writes a log is killed with SIGKILL, again and again, at moments that nobody chose. What it had said was settled is there every
 * time, the rest is a beginning of what it wrote, and the next process goes on from it.
 *
 * Starting processes is most of the work: the script is bundled first, as commands are, and several run at once.
 */
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { nodePlatform } from "@holdfast/platform";
import { seededRandom, testSeed } from "@holdfast/testkit";
import { rolldown } from "rolldown";
import { expect, onTestFinished, test } from "vitest";
import { openAof } from "../src/index.ts";
import { commandsOf, soundLength } from "./directory-content.ts";

const { files, clock } = nodePlatform();
const KILLS = 200;
/** Then with a new directory, or reading them would take most of the time. */
const KILLS_PER_DIRECTORY = 8;
const AT_ONCE = 4;
/** What a process says until it is killed, at most. */
const WORDS_MAX = 40;
const POLICIES = ["always", "everysec", "no"] as const;

async function bundleScript(directory: string): Promise<string> {
  const input = fileURLToPath(new URL("write-loop.mjs", import.meta.url));
  const bundle = await rolldown({ input, platform: "node", logLevel: "warn" });
  await bundle.write({ dir: directory, format: "cjs" });
  await bundle.close();
  return join(directory, "write-loop.js");
}

/** Runs the process, kills it after it has said so many words, and returns its last one. */
function runAndKill(script: string, args: readonly string[], afterWords: number): Promise<number> {
  const child = spawn(process.execPath, [script, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    if (said.split("\n").length > afterWords) child.kill("SIGKILL");
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (_code, signal) => {
      if (signal !== "SIGKILL") reject(new Error(`ended by itself: ${errors}`));
      // The last line may have been cut by the kill.
      else resolve(Number(said.slice(0, said.lastIndexOf("\n")).split("\n").at(-1)));
    });
  });
}

/** How many commands the directory holds; each has to be there once, in order. */
async function countIn(directory: string): Promise<number> {
  const numbers = (await commandsOf(files, join(directory, "appendonlydir"))).map((command) =>
    Number(command.split(" ")[2]),
  );
  expect(numbers).toEqual(numbers.map((_, index) => index));
  return numbers.length;
}

/** One log under this policy, killed so many times. Returns how many kills there were, and how many incrs there are at the end. */
async function killAgainAndAgain(
  script: string,
  directory: string,
  round: number,
): Promise<{ kills: number; increments: number }> {
  const fsync = POLICIES[round % POLICIES.length];
  const random = seededRandom(testSeed() + round);
  let count = 0;
  let increments = 0;
  await mkdir(directory);
  for (let kill = 0; kill < KILLS_PER_DIRECTORY; kill++) {
    const afterWords = 1 + random.below(WORDS_MAX);
    const settled = await runAndKill(script, [directory, fsync, String(count)], afterWords);
    const place = { dataDirectory: directory };
    const opened = await openAof({ files, clock, place, fsync, soundLength, onBadTail: "cut-truncated" });
    await opened.writer.close();
    count = await countIn(directory);
    expect(count).toBeGreaterThanOrEqual(settled);
    increments = opened.keeper.manifest.increments.length;
  }
  return { kills: KILLS_PER_DIRECTORY, increments };
}

test(`a log outlives ${KILLS} kills of the process that writes it`, async () => {
  const root = await mkdtemp(join(tmpdir(), "holdfast-aof-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const script = await bundleScript(root);
  let rounds = 0;
  let kills = 0;
  let increments = 0;
  const lane = async () => {
    while (rounds < KILLS / KILLS_PER_DIRECTORY) {
      const round = rounds++;
      const done = await killAgainAndAgain(script, join(root, String(round)), round);
      kills += done.kills;
      increments = Math.max(increments, done.increments);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  expect(kills).toBe(KILLS);
  expect(increments).toBeGreaterThan(1);
});
