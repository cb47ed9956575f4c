/**
 * How fast is a log replayed into a keyspace? A process of our own, against the time that a server says it took to load the same log.
 *
 * Both state the time from before the first byte is read to behind the last command, without the start and the end of their process.
 */
import { join } from "node:path";
import { startServer } from "@holdfast/servers";
import fs from "fs-extra";
import { type LogCorpus, openLog } from "../corpus/log-corpus.ts";
import { BenchError } from "../errors.ts";
import { compareJobs, type Job } from "../measure/compare.ts";
import { highWaterMark, runProcess } from "../measure/run-process.ts";
import { defaultCorpusFolder } from "../paths.ts";
import type { Bench, Comparison, Question } from "./question.ts";

const commandCount = 2_000_000;
const title = "How fast are 2 million commands replayed into a keyspace?";
const loadTimeoutMs = 180_000;
const incrName = "appendonly.aof.1.incr.aof";

/** What the measured process runs; its arguments: the log, how many commands it has, and where to write how long they took. */
const program = `
import { writeFileSync } from "node:fs";
import { locateAof, readAof } from ${JSON.stringify(import.meta.resolve("@holdfast/aof"))};
import { Keyspace } from ${JSON.stringify(import.meta.resolve("@holdfast/keyspace"))};
import { nodePlatform } from ${JSON.stringify(import.meta.resolve("@holdfast/platform"))};
const { files } = nodePlatform();
const [, path, commandCount, statement] = process.argv;
const startMs = performance.now();
const keyspace = new Keyspace({ nowMs: () => 0 });
for await (const event of readAof(files, await locateAof(files, path), { mode: "strict" })) {
  if (event.kind === "commands") keyspace.applyRows(event);
}
writeFileSync(statement, String(performance.now() - startMs));
const { applied, unchanged } = keyspace.statistics.total();
if (applied + unchanged !== Number(commandCount)) throw new Error("not all commands were applied");
`;

export const replayQuestion: Question = { name: "replay", title, isDefault: false, answer: compareReplays };

async function compareReplays({ corpus, official, runCount, onStep }: Bench): Promise<Comparison> {
  onStep("log, two million commands of all types");
  const log = await openLog({ kind: "mixed", seed: corpus.seed, commandCount, folder: defaultCorpusFolder });
  const folder = join(defaultCorpusFolder, "replay");
  try {
    const measured = await compareJobs(replayJob(log, folder), loadJob(official, log, folder), {
      runCount,
      onRun: onStep,
    });
    return {
      kind: "comparison",
      name: "replay",
      title,
      inputBytes: log.sizeBytes,
      ...measured,
      ratio: measured.official.medianMs / measured.ours.medianMs,
      targets: { atLeast: 1, aim: 2 },
    };
  } finally {
    await fs.remove(folder);
  }
}

function replayJob(log: LogCorpus, folder: string): Job {
  const statement = join(folder, "replay-ms");
  const argv = [
    process.execPath,
    ...["--input-type=module", "--eval", program, "--"],
    ...[log.path, String(log.commandCount), statement],
  ];
  const run = async () => {
    await fs.ensureDir(folder);
    const { peakBytes } = await runProcess(argv, "discard");
    return { wallMs: Number(await fs.readFile(statement, "utf8")), peakBytes };
  };
  return { title: "replay into a Keyspace", warmUp: async () => void (await run()), run };
}

/** A start of the server on nothing but the log, over and over. */
function loadJob(official: Bench["official"], log: LogCorpus, folder: string): Job {
  const run = async () => {
    await linkLog(folder, log);
    const server = await startServer(official, {
      directory: folder,
      args: ["--appendonly", "yes"],
      timeoutMs: loadTimeoutMs,
    });
    try {
      return { wallMs: statedLoadMs(server.log()), peakBytes: highWaterMark(server.pid) };
    } finally {
      await server.stop();
    }
  };
  return {
    title: `load of ${official.family}-server ${official.version}`,
    warmUp: async () => void (await run()),
    run,
  };
}

async function linkLog(folder: string, log: LogCorpus): Promise<void> {
  const directory = join(folder, "appendonlydir");
  await fs.emptyDir(directory);
  await fs.link(log.path, join(directory, incrName));
  await fs.writeFile(join(directory, "appendonly.aof.manifest"), `file ${incrName} seq 1 type i\n`);
}

/** "DB loaded from incr file appendonly.aof.1.incr.aof: 7.233 seconds" */
function statedLoadMs(serverLog: string): number {
  const seconds = /DB loaded from incr file .*: ([\d.]+) seconds/.exec(serverLog)?.[1];
  if (seconds === undefined)
    throw new BenchError(
      "BENCH_COMMAND_FAILED",
      `the server does not say how long it loaded:\n  ${serverLog}`,
    );
  return 1000 * Number(seconds);
}
