/**
 * Takes orders for sections and answers with reports: what a worker thread does, and what the main
 * thread does itself while its workers are busy.
 */
import { strict as assert } from "node:assert";
import type { RecordLane } from "@holdfast/rdb";
import type { Pass } from "../pass.ts";
import { passKinds } from "../passes/kinds.ts";
import { type Order, type Report, sendFailure } from "./messages.ts";
import { SectionRunner } from "./section-runner.ts";

export class SectionServer {
  readonly #report: (report: Report) => void;
  #pass: Pass<unknown> | undefined;
  #lane: RecordLane | undefined;
  #runner: SectionRunner | undefined;
  #section = 0;
  #isOrderFree = false;
  /** The piece that the decoder may still look back into. */
  #held: Uint8Array | undefined;

  constructor(report: (report: Report) => void) {
    this.#report = report;
  }

  take(order: Order): void {
    switch (order.kind) {
      case "open":
        this.#open(order);
        break;
      case "piece":
        this.#add(order.bytes, order.rdbBytes);
        break;
      case "close":
        this.#close(order.isLast);
        break;
      case "conclude":
        this.#report({ kind: "conclusion", result: this.#pass?.finish() });
    }
  }

  #open(order: Extract<Order, { kind: "open" }>): void {
    const kind = passKinds.get(order.pass);
    assert(kind !== undefined, `pass ${order.pass} does not exist`);
    const { section, isOrderFree } = order;
    // One pass kind a server: sections come one after the other, so one lane serves them all.
    this.#lane ??= kind.makeLane?.(order.settings);
    if (!isOrderFree || this.#pass === undefined) this.#pass = kind.create(order.settings, this.#lane);
    this.#section = section;
    this.#isOrderFree = isOrderFree;
    this.#runner = new SectionRunner(this.#pass, order, this.#lane, (bytes) =>
      this.#report({ kind: "output", section, bytes }),
    );
  }

  #add(bytes: Uint8Array, rdbBytes: number): void {
    assert(this.#runner !== undefined, "a piece arrived for a section that was not opened");
    this.#runner.add(bytes, rdbBytes);
    this.#giveBack();
    this.#held = bytes;
  }

  #close(isLast: boolean): void {
    assert(this.#runner !== undefined && this.#pass !== undefined, "a section is closed that was not opened");
    const { failure, ...end } = this.#runner.finish(isLast);
    const result = this.#isOrderFree ? undefined : this.#concluded(this.#pass);
    const sent = failure === undefined ? undefined : sendFailure(failure);
    this.#runner = undefined;
    this.#report({ kind: "end", section: this.#section, end: { ...end, result, failure: sent } });
    this.#giveBack();
  }

  /** The result of a pass, and what it still wrote while it finished. */
  #concluded(pass: Pass<unknown>): unknown {
    const result = pass.finish();
    const bytes = pass.takeOutput();
    if (bytes !== undefined) this.#report({ kind: "output", section: this.#section, bytes });
    return result;
  }

  #giveBack(): void {
    if (this.#held !== undefined) this.#report({ kind: "spent", bytes: this.#held });
    this.#held = undefined;
  }
}
