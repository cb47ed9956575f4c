/**
 * The shape of a comparison: one sub-command of rdb-inspect against redis-check-rdb on the corpus.
 *
 * redis-check-rdb is the one official program that reads a whole RDB file and no more. Ours is started as a user
 * starts it, through its committed entry file, with the Node that runs the benchmark.
 */
import { compare } from "../measure/compare.ts";
import { inspectProgram } from "../paths.ts";
import type { Bench, Question, SpeedTargets } from "./question.ts";

export interface AgainstCheckRdb {
  readonly name: string;
  readonly title: string;
  /** The sub-command and its options; the file comes last. */
  readonly args: readonly string[];
  /** What it prints at the least. */
  readonly prints: "something" | "a line a key";
  readonly targets: SpeedTargets;
}

const memory = { atLeastBytes: 200e6, aimBytes: 120e6 } as const;

export function againstCheckRdb(spec: AgainstCheckRdb): Question {
  const { name, title, args, prints, targets } = spec;
  const answer = async ({ corpus, official, runCount, onStep }: Bench) => {
    const measured = await compare(
      {
        title: `rdb-inspect ${args.join(" ")}`,
        argv: [process.execPath, inspectProgram, ...args, corpus.path],
        linesAtLeast: prints === "something" ? 1 : corpus.keyCount,
      },
      {
        title: `${official.family}-check-rdb ${official.version}`,
        argv: [...official.command("check-rdb"), corpus.path],
        linesAtLeast: 1,
      },
      { runCount, onRun: onStep },
    );
    const ratio = measured.official.medianMs / measured.ours.medianMs;
    const inputBytes = corpus.sizeBytes;
    return { kind: "comparison", name, title, inputBytes, ...measured, ratio, targets, memory } as const;
  };
  return { name, title, isDefault: true, answer };
}
