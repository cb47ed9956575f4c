/**
 * What a question is and what an answer looks like.
 *
 * There are two kinds. A comparison sets one of our commands against the official tool on the same file, whole
 * processes, and has two numbers to reach. A profile times parts of the work inside this process; it has nothing
 * to reach and is for whoever makes those parts faster.
 */
import type { ServerInstallation } from "@holdfast/servers";
import type { Corpus } from "../corpus/corpus.ts";
import type { Measured } from "../measure/compare.ts";

/** What a question may use. */
export interface Bench {
  readonly corpus: Corpus;
  readonly official: ServerInstallation;
  /** Measured runs of each; one more comes before them and does not count. */
  readonly runCount: number;
  /** Told in a few words what is being done. */
  readonly onStep: (step: string) => void;
}

export interface Question {
  /** The word for the command line. */
  readonly name: string;
  readonly title: string;
  /** True when it is asked without being named. */
  readonly isDefault: boolean;
  answer(bench: Bench): Promise<Answer>;
}

export type Answer = Comparison | Profile;

/** How often the official tool's time ours must fit into. */
export interface SpeedTargets {
  readonly atLeast: number;
  /** Undefined: there is no more to reach. */
  readonly aim?: number;
}

/** Bytes that ours may hold at most. */
export interface MemoryTargets {
  readonly atLeastBytes: number;
  readonly aimBytes?: number;
}

export interface Comparison {
  readonly kind: "comparison";
  readonly name: string;
  readonly title: string;
  readonly inputBytes: number;
  readonly ours: Measured;
  readonly official: Measured;
  /** Median of the official tool divided by ours: 2 means twice as fast. */
  readonly ratio: number;
  readonly targets: SpeedTargets;
  /** Undefined: both hold all the data, and there is no number to reach. */
  readonly memory?: MemoryTargets;
}

export interface Profile {
  readonly kind: "profile";
  readonly name: string;
  readonly title: string;
  readonly lines: readonly ProfileLine[];
}

export interface ProfileLine {
  readonly what: string;
  readonly medianMs: number;
  /** Bytes of one run: what was read, or what was made when unpacking. */
  readonly sizeBytes: number;
  /** Elements of one run, where there are such. */
  readonly itemCount: number | undefined;
}
