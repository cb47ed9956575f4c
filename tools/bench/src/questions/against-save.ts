/**
 * The shape of a comparison: one sub-command that writes the corpus anew against SAVE of the server that made it.
 *
 *   server   loaded from the corpus once, then SAVE again and again; timed from the command to its reply
 *   ours     a process each time, from its start to its exit, reading the corpus and writing a file beside the server's
 *
 * Both sync what they wrote before they are done. What ours wrote is read back once: every key is there and the checksum fits.
 */
import { join } from "node:path";
import fs from "fs-extra";
import type { Corpus } from "../corpus/corpus.ts";
import { eachEvent } from "../corpus/read-corpus.ts";
import { BenchError } from "../errors.ts";
import { compareJobs, type Job } from "../measure/compare.ts";
import { runProcess } from "../measure/run-process.ts";
import { withSavingServer } from "../measure/saving-server.ts";
import { defaultCorpusFolder, inspectProgram } from "../paths.ts";
import type { Bench, Question, SpeedTargets } from "./question.ts";

export interface AgainstSave {
  readonly name: string;
  readonly title: string;
  /** The sub-command and its options; input and output come last. */
  readonly args: readonly string[];
  readonly targets: SpeedTargets;
}

const memory = { atLeastBytes: 250e6 } as const;

export function againstSave(spec: AgainstSave): Question {
  const { name, title, args, targets } = spec;
  const answer = async ({ corpus, official, runCount, onStep }: Bench) => {
    await fs.ensureDir(defaultCorpusFolder);
    const folder = await fs.mkdtemp(join(defaultCorpusFolder, "writing-"));
    try {
      const measured = await withSavingServer(official, { corpus, folder, onStep }, (save) =>
        compareJobs(writingJob(args, corpus, join(folder, "written.rdb")), save, { runCount, onRun: onStep }),
      );
      const ratio = measured.official.medianMs / measured.ours.medianMs;
      const inputBytes = corpus.sizeBytes;
      return { kind: "comparison", name, title, inputBytes, ...measured, ratio, targets, memory } as const;
    } finally {
      await fs.remove(folder);
    }
  };
  return { name, title, isDefault: true, answer };
}

function writingJob(args: readonly string[], corpus: Corpus, path: string): Job {
  const argv = [process.execPath, inspectProgram, ...args, corpus.path, "-o", path, "--force"];
  return {
    title: `rdb-inspect ${args.join(" ")}`,
    warmUp: async () => {
      await runProcess(argv, "discard");
      requireWhole(path, corpus);
    },
    run: () => runProcess(argv, "discard"),
  };
}

/** The file holds as many keys as the corpus, and its checksum is right; otherwise BENCH_COMMAND_FAILED. */
export function requireWhole(path: string, { keyCount }: Pick<Corpus, "keyCount">): void {
  let found = 0;
  let checksum = "none";
  eachEvent(path, { level: "skip" }, (event) => {
    if (event.kind === "key") found++;
    if (event.kind === "end") checksum = event.checksum;
    return true;
  });
  if (found === keyCount && checksum === "ok") return;
  throw new BenchError(
    "BENCH_COMMAND_FAILED",
    `${path} holds ${found} keys with checksum "${checksum}"; ${keyCount} and "ok" were to be written`,
  );
}
