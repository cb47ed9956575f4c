/**
 * Does sections one after the other and reports: what a worker thread does, and what the main thread does with its
 * own sections.
 *
 * Output that nobody has written yet is bounded: beyond that the section waits.
 */
import { strict as assert } from "node:assert";
import type { RecordLane } from "@holdfast/rdb";
import type { Pass } from "../pass.ts";
import { passKinds } from "../passes/kinds.ts";
import { type Order, type Report, sendFailure } from "./messages.ts";
import { runSection, type SectionSource } from "./section-runner.ts";

type SectionOrder = Extract<Order, { kind: "section" }>;

/** Bytes of output on their way. */
const unwrittenMax = 24 << 20;

export class SectionServer {
  readonly #open: (order: SectionOrder) => Promise<SectionSource>;
  readonly #report: (report: Report) => void;
  #pass: Pass<unknown> | undefined;
  #lane: RecordLane | undefined;
  /** The sections ordered so far, each behind the one before. */
  #work: Promise<void> = Promise.resolve();
  #unwrittenBytes = 0;
  #wake: (() => void) | undefined;

  constructor(open: (order: SectionOrder) => Promise<SectionSource>, report: (report: Report) => void) {
    this.#open = open;
    this.#report = report;
  }

  take(order: Order): void {
    if (order.kind === "written") {
      this.#unwrittenBytes -= order.sizeBytes;
      this.#wake?.();
      return;
    }
    this.#work = this.#work.then(() => (order.kind === "section" ? this.#run(order) : this.#conclude()));
    this.#work.catch((error: unknown) => this.#report({ kind: "crash", message: String(error) }));
  }

  async #run(order: SectionOrder): Promise<void> {
    const kind = passKinds.get(order.pass);
    assert(kind !== undefined, `pass ${order.pass} does not exist`);
    // One pass kind a server: sections come one after the other, so one lane serves them all.
    this.#lane ??= kind.makeLane?.(order.settings);
    if (!order.isOrderFree || this.#pass === undefined) this.#pass = kind.create(order.settings, this.#lane);
    const pass = this.#pass;
    const { index } = order;
    const emit = (output: Uint8Array) => this.#emit(index, output);
    const { failure, ...end } = await runSection(
      order.section,
      await this.#open(order),
      pass,
      this.#lane,
      emit,
    );
    const result = order.isOrderFree ? undefined : await this.#finish(pass, emit);
    const sent = failure === undefined ? undefined : sendFailure(failure);
    this.#report({ kind: "end", index, end: { ...end, result, failure: sent } });
  }

  /** The result of a pass, and what it still writes while it finishes. */
  async #finish(pass: Pass<unknown>, emit: (output: Uint8Array) => Promise<void>): Promise<unknown> {
    const result = pass.finish();
    for (let output = pass.takeOutput(); output !== undefined; output = pass.takeOutput()) await emit(output);
    return result;
  }

  async #conclude(): Promise<void> {
    this.#report({ kind: "conclusion", result: this.#pass?.finish() });
  }

  async #emit(index: number, output: Uint8Array): Promise<void> {
    this.#unwrittenBytes += output.length;
    this.#report({ kind: "output", index, bytes: output.slice() });
    while (this.#unwrittenBytes > unwrittenMax) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
