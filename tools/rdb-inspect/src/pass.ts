/**
 * A pass: one walk over the events of a file that ends in a result. Every sub-command is one.
 *
 * A pass is a plain synchronous object and does no I/O, so that it runs over a whole file or, in a worker
 * thread, over a section of it; the results of sections are merged in file order.
 */

import type { RdbDecoderOptions, RdbEvent, RecordLane } from "@holdfast/rdb";
import type { FileFacts } from "./file-facts.ts";

export interface Pass<Result> {
  /** What the decoder has to hand over: how deep values are read, and which keys at all. */
  readonly decoder: Pick<RdbDecoderOptions, "level" | "select" | "trace">;
  /** Takes the next event; borrowed bytes are copied if they are kept. */
  consume(event: RdbEvent): void;
  /**
   * Text made so far, in file order; undefined when there is no more. Borrowed until the next event: who sends it
   * elsewhere copies it. To be called until there is none.
   */
  takeOutput(): Uint8Array | undefined;
  /** Bytes that takeOutput() has not handed over yet: a driver empties a pass that holds much. */
  readonly pendingBytes: number;
  /** The result, as data that can be sent between threads. Called once, also after damage. */
  finish(): Result;
}

/** What every result has. */
export interface PassResult {
  readonly file: FileFacts;
}

/** How a pass is made. */
export interface PassKind<Settings, Result> {
  readonly name: string;
  /** `lane`: what makeLane() gave. */
  create(settings: Settings, lane?: RecordLane): Pass<Result>;
  /**
   * A lane whose `keys` events the pass takes; it serves the passes of this kind one after the other. Undefined, like the
   * lane of a platform without WebAssembly, for one that wants every key as an event of its own.
   */
  makeLane?(settings: Settings): RecordLane | undefined;
}

/** A pass that can also run over sections; its settings are plain data too. */
export interface SectionedPassKind<Settings, Result extends PassResult> extends PassKind<Settings, Result> {
  /** `second` comes behind `first` in the file. */
  merge(first: Result, second: Result): Result;
  /**
   * How to run it over sections side by side; undefined when these settings do not allow it (a limit
   * that ends the output early, say).
   */
  sections(settings: Settings): SectionPlan<Settings> | undefined;
}

export interface SectionPlan<Settings> {
  /**
   * The pass writes nothing and its result does not depend on the order of the keys: then one pass serves
   * all sections of a worker, and only one result a worker is merged.
   */
  readonly isOrderFree: boolean;
  /** Settings for a section that does not see the start of the file, which says these facts. */
  readonly settingsFor: (facts: FileFacts) => Settings;
}
