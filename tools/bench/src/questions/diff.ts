/**
 * Two files compared: the corpus and the same data as Redis 6.0 stores it, where packed hashes, sorted sets and lists are
 * ziplists. The official side reads each of the two files once, one after the other.
 *
 * The copy lies beside the corpus and is made when there is none, or an older one. It lacks the counters of stream groups, which
 * Redis 6.0 does not have, so groups are left out of the comparison: then the files are equal, and diff says so.
 */
import fs from "fs-extra";
import type { Corpus } from "../corpus/corpus.ts";
import { compare } from "../measure/compare.ts";
import { runProcess } from "../measure/run-process.ts";
import { inspectProgram } from "../paths.ts";
import type { Bench, Question } from "./question.ts";

const name = "diff";
const title = "How fast are two dumps of different encodings compared?";
const copyTarget = "redis-6.0";

export const diffQuestion: Question = {
  name,
  title,
  isDefault: true,
  answer: async ({ corpus, official, runCount, onStep }: Bench) => {
    const copyPath = await openCopy(corpus, onStep);
    const checkRdb = official.command("check-rdb");
    const measured = await compare(
      {
        title: "rdb-inspect diff",
        argv: [process.execPath, inspectProgram, "diff", "--ignore", "groups", corpus.path, copyPath],
        linesAtLeast: 1,
      },
      {
        title: `two runs of ${official.family}-check-rdb ${official.version}`,
        argv: [...checkRdb, corpus.path],
        thenArgv: [...checkRdb, copyPath],
        linesAtLeast: 1,
      },
      { runCount, onRun: onStep },
    );
    const ratio = measured.official.medianMs / measured.ours.medianMs;
    const inputBytes = corpus.sizeBytes + (await fs.stat(copyPath)).size;
    const targets = { atLeast: 1, aim: 2 };
    const memory = { atLeastBytes: 250e6 };
    return { kind: "comparison", name, title, inputBytes, ...measured, ratio, targets, memory };
  },
};

async function openCopy(corpus: Corpus, onStep: (step: string) => void): Promise<string> {
  const path = corpus.path.replace(/\.rdb$/, `-as-${copyTarget}.rdb`);
  const isThere =
    (await fs.pathExists(path)) && (await fs.stat(path)).mtimeMs >= (await fs.stat(corpus.path)).mtimeMs;
  if (isThere) return path;
  onStep(`converting the corpus for ${copyTarget}`);
  const args = ["--target", copyTarget, "--allow-loss", "--max-losses", "0", "--force", "-o", path];
  await runProcess([process.execPath, inspectProgram, "convert", corpus.path, ...args], "discard");
  return path;
}
