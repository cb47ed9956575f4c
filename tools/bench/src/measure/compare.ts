/**
 * Two programs on the same job, run in turn (A B A B …), so that whatever else the machine does meets both.
 *
 * One unmeasured run of each comes first. It fills the page cache, and its output is looked at: a program that
 * says less than it must has not done the work, however fast it was.
 */
import { BenchError } from "../errors.ts";
import { type ProcessRun, runProcess } from "./run-process.ts";
import { median } from "./statistics.ts";

export interface Contestant {
  /** For the table: `rdb-inspect check`. */
  readonly title: string;
  readonly argv: readonly string[];
  /** Lines that it prints at least when it does the whole job. */
  readonly linesAtLeast: number;
}

export interface Measured {
  readonly title: string;
  readonly wallMs: readonly number[];
  readonly medianMs: number;
  readonly minMs: number;
  /** The largest of all runs; undefined where the kernel does not tell. */
  readonly peakBytes: number | undefined;
}

/** Measures both `runCount` times; throws BENCH_COMMAND_FAILED when one of them fails or says too little. */
export async function compare(
  ours: Contestant,
  official: Contestant,
  options: { readonly runCount: number; readonly onRun: (step: string) => void },
): Promise<{ ours: Measured; official: Measured }> {
  const { runCount, onRun } = options;
  for (const contestant of [ours, official]) {
    onRun(`${contestant.title}, warm-up`);
    await warmUp(contestant);
  }
  const ourRuns: ProcessRun[] = [];
  const officialRuns: ProcessRun[] = [];
  for (let round = 1; round <= runCount; round++) {
    onRun(`${ours.title}, run ${round} of ${runCount}`);
    ourRuns.push(await runProcess(ours.argv, "discard"));
    onRun(`${official.title}, run ${round} of ${runCount}`);
    officialRuns.push(await runProcess(official.argv, "discard"));
  }
  return { ours: measured(ours, ourRuns), official: measured(official, officialRuns) };
}

async function warmUp({ argv, linesAtLeast }: Contestant): Promise<void> {
  const { lineCount } = await runProcess(argv, "count");
  if (lineCount >= linesAtLeast) return;
  const detail = `printed ${lineCount} lines, ${linesAtLeast} are the least for the whole job`;
  throw new BenchError("BENCH_COMMAND_FAILED", `${argv.join(" ")}\n  ${detail}`);
}

function measured(contestant: Contestant, runs: readonly ProcessRun[]): Measured {
  const wallMs = runs.map((run) => run.wallMs);
  const peaks = runs.flatMap((run) => run.peakBytes ?? []);
  return {
    title: contestant.title,
    wallMs,
    medianMs: median(wallMs),
    minMs: Math.min(...wallMs),
    peakBytes: peaks.length === 0 ? undefined : Math.max(...peaks),
  };
}
