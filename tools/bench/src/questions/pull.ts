/**
 * A backup over replication: `holdfast pull`, which checks structure and checksum as the bytes pass, against `redis-cli --rdb`, which checks nothing.
 *
 * Both wait for the same server, which forks and writes; what is left to compare is what they add to that.
 */
import { join } from "node:path";
import type { RunningServer } from "@holdfast/servers";
import fs from "fs-extra";
import { compareJobs, type Job } from "../measure/compare.ts";
import { runProcess } from "../measure/run-process.ts";
import { withCorpusServer } from "../measure/saving-server.ts";
import { defaultCorpusFolder, holdfastProgram } from "../paths.ts";
import { requireWhole } from "./against-save.ts";
import type { Bench, Comparison, Question } from "./question.ts";

export const pullQuestion: Question = {
  name: "pull",
  title: "How fast is a server pulled to a file?",
  isDefault: false,
  answer,
};

async function answer({ corpus, official, runCount, onStep }: Bench): Promise<Comparison> {
  await fs.ensureDir(defaultCorpusFolder);
  const folder = await fs.mkdtemp(join(defaultCorpusFolder, "pulling-"));
  const output = join(folder, "pulled.rdb");
  try {
    const measured = await withCorpusServer(official, { corpus, folder, onStep }, (server) => {
      const check = () => requireWhole(output, corpus);
      const ours = jobOf("holdfast pull", pullOf(server, output), check);
      const theirs = jobOf("redis-cli --rdb", cliOf(server, output), check);
      return compareJobs(ours, theirs, { runCount, onRun: onStep });
    });
    const ratio = measured.official.medianMs / measured.ours.medianMs;
    const { name, title } = pullQuestion;
    return {
      kind: "comparison",
      ...{ name, title, inputBytes: corpus.sizeBytes, ...measured, ratio },
      targets: { atLeast: 1 },
      memory: { atLeastBytes: 250e6 },
    };
  } finally {
    await fs.remove(folder);
  }
}

function jobOf(title: string, argv: readonly string[], check: () => void): Job {
  return {
    title,
    warmUp: async () => {
      await runProcess(argv, "discard");
      check();
    },
    run: () => runProcess(argv, "discard"),
  };
}

function pullOf({ socketPath }: RunningServer, output: string): readonly string[] {
  return [
    process.execPath,
    holdfastProgram,
    "pull",
    `unix://${socketPath}`,
    ...["-o", output, "--force", "--progress", "none"],
  ];
}

function cliOf({ installation, socketPath }: RunningServer, output: string): readonly string[] {
  return [...installation.command("cli"), "-s", socketPath, "--rdb", output];
}
