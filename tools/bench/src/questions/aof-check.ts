/**
 * How fast is a log checked? aof-check as people run it, against redis-check-aof on the same file.
 *
 * Both find it sound. Ours also knows every command and its number of arguments, which redis-check-aof does not.
 */
import { checkAof } from "@holdfast/aof";
import { nodePlatform } from "@holdfast/platform";
import { openLog } from "../corpus/log-corpus.ts";
import { BenchError } from "../errors.ts";
import { compare } from "../measure/compare.ts";
import { aofCheckProgram, defaultCorpusFolder } from "../paths.ts";
import type { Bench, Comparison, Question } from "./question.ts";

const commandCount = 2_000_000;
const title = "How fast is a log of 2 million commands checked?";

export const aofCheckQuestion: Question = {
  name: "aof-check",
  title,
  isDefault: false,
  answer: compareChecks,
};

async function compareChecks({ corpus, official, runCount, onStep }: Bench): Promise<Comparison> {
  onStep("log, two million commands");
  const log = await openLog({ kind: "long", seed: corpus.seed, commandCount, folder: defaultCorpusFolder });
  const report = await checkAof(nodePlatform().files, log.path);
  if (report.verdict !== "sound" || report.files[0].commands !== commandCount) {
    throw new BenchError(
      "BENCH_COMMAND_FAILED",
      `the log is ${report.verdict}, or not the one that was made`,
    );
  }
  const measured = await compare(
    {
      title: "aof-check FILE",
      argv: [process.execPath, aofCheckProgram, log.path],
      linesAtLeast: 1,
    },
    {
      title: `${official.family}-check-aof ${official.version}`,
      argv: [...official.command("check-aof"), log.path],
      linesAtLeast: 1,
    },
    { runCount, onRun: onStep },
  );
  const ratio = measured.official.medianMs / measured.ours.medianMs;
  const targets = { atLeast: 4, aim: 10 };
  return {
    kind: "comparison",
    name: "aof-check",
    title,
    inputBytes: log.sizeBytes,
    ...measured,
    ratio,
    targets,
    memory: { atLeastBytes: 120e6, aimBytes: 80e6 },
  };
}
