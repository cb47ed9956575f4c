/**
 * How soon is a real replica up, from a file and from a real primary that has the same data in memory?
 *
 *   ours       holdfast serve FILE: started, checks all of the file, listens; then REPLICAOF
 *   official   a server that has loaded the file, and saves to disk first (repl-diskless-sync no); REPLICAOF
 *
 * The time ends when the replica has loaded everything and its link is up, so its own work is in both.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { type RunningServer, type ServerInstallation, startServer } from "@holdfast/servers";
import fs from "fs-extra";
import type { Corpus } from "../corpus/corpus.ts";
import { BenchError } from "../errors.ts";
import { compareJobs, type Job } from "../measure/compare.ts";
import { highWaterMark } from "../measure/run-process.ts";
import { TimedReplica } from "../measure/timed-replica.ts";
import { defaultCorpusFolder, holdfastProgram } from "../paths.ts";
import type { Bench, Comparison, Question } from "./question.ts";

const title = "How soon is a real replica up, from a file and from a primary that must first save?";
const loadTimeoutMs = 180_000;

export const serveQuestion: Question = { name: "serve", title, isDefault: false, answer: compareReplicas };

async function compareReplicas({ corpus, official, runCount, onStep }: Bench): Promise<Comparison> {
  await fs.ensureDir(defaultCorpusFolder);
  const folder = await fs.mkdtemp(join(defaultCorpusFolder, "serving-"));
  try {
    const measured = await withPrimary(official, corpus, join(folder, "primary"), (primary) =>
      TimedReplica.with(official, join(folder, "replica"), (replica) =>
        compareJobs(servingJob(replica, corpus), savingJob(replica, primary, corpus), {
          runCount,
          onRun: onStep,
        }),
      ),
    );
    return {
      kind: "comparison",
      name: "serve",
      title,
      inputBytes: corpus.sizeBytes,
      ...measured,
      ratio: measured.official.medianMs / measured.ours.medianMs,
      targets: { atLeast: 1 },
      memory: { atLeastBytes: 150e6 },
    };
  } finally {
    await fs.remove(folder);
  }
}

async function withPrimary<Answer>(
  installation: ServerInstallation,
  corpus: Corpus,
  directory: string,
  use: (primary: RunningServer) => Promise<Answer>,
): Promise<Answer> {
  await fs.ensureDir(directory);
  await fs.link(corpus.path, join(directory, "corpus.rdb"));
  const server = await startServer(installation, {
    directory,
    // Saving goes to a name of its own, so the corpus stays as it is.
    args: ["--dbfilename", "corpus.rdb", "--repl-diskless-sync", "no"],
    port: "free",
    timeoutMs: loadTimeoutMs,
  });
  try {
    return await use(server);
  } finally {
    await server.stop();
  }
}

function servingJob(replica: TimedReplica, { path, keyCount }: Corpus): Job {
  const run = async () => {
    let serving: ChildProcess | undefined;
    try {
      const start = async () => {
        const argv = [holdfastProgram, "serve", path, "--listen", "127.0.0.1:0", "--progress", "none"];
        serving = spawn(process.execPath, argv, { stdio: ["ignore", "ignore", "pipe"] });
        return portOf(serving);
      };
      const wallMs = await replica.timeUntilUp(start, keyCount);
      return { wallMs, peakBytes: highWaterMark(serving?.pid) };
    } finally {
      await endOf(serving);
    }
  };
  return { title: "holdfast serve", warmUp: async () => void (await run()), run };
}

function savingJob(replica: TimedReplica, primary: RunningServer, { keyCount }: Corpus): Job {
  const run = async () => {
    const wallMs = await replica.timeUntilUp(async () => primary.port!, keyCount);
    return { wallMs, peakBytes: highWaterMark(primary.pid) };
  };
  const { family, version } = primary.installation;
  return { title: `${family}-server ${version}`, warmUp: async () => void (await run()), run };
}

/** Resolves when it says where it listens. */
function portOf(serving: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = "";
    serving.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      const port = /listening on [\d.]+:(\d+)/.exec(said)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
    serving.once("close", () => reject(new BenchError("BENCH_COMMAND_FAILED", `holdfast serve: ${said}`)));
  });
}

async function endOf(serving: ChildProcess | undefined): Promise<void> {
  if (serving === undefined || serving.exitCode !== null) return;
  const ended = new Promise((resolve) => serving.once("close", resolve));
  serving.kill("SIGTERM");
  await ended;
}
