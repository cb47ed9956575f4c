/**
 * Sizers for values of many parts, written as a generator that asks for one number of the trace at a time.
 *
 * A generator yields how many numbers it does not need, and is given the one behind them:
 * `const count = yield 0` is the next number, `yield 2000` skips two thousand first.
 */
import type { TypeRow } from "@holdfast/rdb";
import type { ValueSizer } from "./value-sizer.ts";

/** Yields numbers to skip, gets a number of the trace, returns bytes. */
export type Steps = Generator<number, number, number>;

/** Returns what the generator has found out so far when the trace ends early. */
export interface Tally {
  bytes: number;
}

export class StepwiseSizer implements ValueSizer {
  readonly #start: (row: TypeRow, tally: Tally) => Steps;
  #tally: Tally = { bytes: 0 };
  #steps: Steps | undefined;
  #skip = 0;
  #result: number | undefined;

  /** `start` adds to the tally as it goes; what it returns at the end replaces the tally. */
  constructor(start: (row: TypeRow, tally: Tally) => Steps) {
    this.#start = start;
  }

  begin(row: TypeRow): void {
    this.#tally = { bytes: 0 };
    this.#steps = this.#start(row, this.#tally);
    this.#result = undefined;
    this.#advance(this.#steps.next());
  }

  add(trace: Float64Array, start: number, end: number): void {
    let index = start;
    while (this.#steps !== undefined) {
      const behind = index + this.#skip;
      if (behind >= end) {
        this.#skip = behind - end;
        return;
      }
      index = behind + 1;
      this.#advance(this.#steps.next(trace[behind]));
    }
  }

  #advance(step: IteratorResult<number, number>): void {
    if (step.done === true) {
      this.#result = step.value;
      this.#steps = undefined;
    } else {
      this.#skip = step.value;
    }
  }

  finish(): number {
    return this.#result ?? this.#tally.bytes;
  }
}
