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
  /** A second program that starts when the first has ended; the times add up, the larger memory counts. */
  readonly thenArgv?: readonly string[];
  /** Lines that it prints at least when it does the whole job. */
  readonly linesAtLeast: number;
}

type Run = Pick<ProcessRun, "wallMs" | "peakBytes">;

export interface CompareOptions {
  readonly runCount: number;
  /** Told what is being run. */
  readonly onRun: (step: string) => void;
}

export interface Measured {
  readonly title: string;
  readonly wallMs: readonly number[];
  readonly medianMs: number;
  readonly minMs: number;
  /** The largest of all runs; undefined where the kernel does not tell. */
  readonly peakBytes: number | undefined;
}

/** Something to measure that is no program of its own, or one that has to be looked at in its own way. */
export interface Job {
  readonly title: string;
  /** The unmeasured run; throws when the work was not done as a whole. */
  warmUp(): Promise<void>;
  run(): Promise<Run>;
}

/** Measures both `runCount` times; throws BENCH_COMMAND_FAILED when one of them fails or says too little. */
export async function compare(
  ours: Contestant,
  official: Contestant,
  options: CompareOptions,
): Promise<{ ours: Measured; official: Measured }> {
  return compareJobs(programJob(ours), programJob(official), options);
}

/** The same for jobs. */
export async function compareJobs(
  ours: Job,
  official: Job,
  { runCount, onRun }: CompareOptions,
): Promise<{ ours: Measured; official: Measured }> {
  for (const job of [ours, official]) {
    onRun(`${job.title}, warm-up`);
    await job.warmUp();
  }
  const ourRuns: Run[] = [];
  const officialRuns: Run[] = [];
  for (let round = 1; round <= runCount; round++) {
    onRun(`${ours.title}, run ${round} of ${runCount}`);
    ourRuns.push(await ours.run());
    onRun(`${official.title}, run ${round} of ${runCount}`);
    officialRuns.push(await official.run());
  }
  return { ours: measured(ours, ourRuns), official: measured(official, officialRuns) };
}

function programJob(contestant: Contestant): Job {
  return { title: contestant.title, warmUp: () => warmUp(contestant), run: () => run(contestant, "discard") };
}

async function run({ argv, thenArgv }: Contestant, output: "discard" | "count"): Promise<ProcessRun> {
  const first = await runProcess(argv, output);
  if (thenArgv === undefined) return first;
  const second = await runProcess(thenArgv, output);
  const peaks = [first.peakBytes, second.peakBytes].flatMap((peak) => peak ?? []);
  return {
    wallMs: first.wallMs + second.wallMs,
    lineCount: first.lineCount + second.lineCount,
    peakBytes: peaks.length === 0 ? undefined : Math.max(...peaks),
  };
}

async function warmUp(contestant: Contestant): Promise<void> {
  const { argv, linesAtLeast } = contestant;
  const { lineCount } = await run(contestant, "count");
  if (lineCount >= linesAtLeast) return;
  const detail = `printed ${lineCount} lines, ${linesAtLeast} are the least for the whole job`;
  throw new BenchError("BENCH_COMMAND_FAILED", `${argv.join(" ")}\n  ${detail}`);
}

function measured({ title }: Job, runs: readonly Run[]): Measured {
  const wallMs = runs.map((run) => run.wallMs);
  const peaks = runs.flatMap((run) => run.peakBytes ?? []);
  return {
    title,
    wallMs,
    medianMs: median(wallMs),
    minMs: Math.min(...wallMs),
    peakBytes: peaks.length === 0 ? undefined : Math.max(...peaks),
  };
}
