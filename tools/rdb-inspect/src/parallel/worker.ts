/** The entry of a worker thread: orders in, reports out. All the work is in section-runner.ts. */
import { strict as assert } from "node:assert";
import { parentPort } from "node:worker_threads";
import type { Pass } from "../pass.ts";
import { passKinds } from "../passes/kinds.ts";
import { type Order, type Report, sendFailure } from "./messages.ts";
import { SectionRunner } from "./section-runner.ts";

const port = parentPort;
assert(port !== null, "worker.ts runs only as a worker thread");

/** What a worker is busy with. */
const state: {
  pass: Pass<unknown> | undefined;
  runner: SectionRunner | undefined;
  section: number;
  isOrderFree: boolean;
  /** Memory of the piece that the decoder may still look back into. */
  held: ArrayBuffer | undefined;
} = { pass: undefined, runner: undefined, section: 0, isOrderFree: false, held: undefined };

port.on("message", (order: Order) => {
  switch (order.kind) {
    case "open":
      return open(order);
    case "piece":
      return add(order.bytes, order.rdbBytes);
    case "close":
      return close(order.isLast);
    case "conclude":
      return report({ kind: "conclusion", result: state.pass?.finish() });
  }
});

function open(order: Extract<Order, { kind: "open" }>): void {
  const kind = passKinds.get(order.pass);
  assert(kind !== undefined, `pass ${order.pass} does not exist`);
  const { section, isOrderFree } = order;
  if (!isOrderFree || state.pass === undefined) state.pass = kind.create(order.settings);
  state.section = section;
  state.isOrderFree = isOrderFree;
  state.runner = new SectionRunner(state.pass, order, (bytes) => report({ kind: "output", section, bytes }, bytes.buffer));
}

function add(bytes: Uint8Array, rdbBytes: number): void {
  state.runner?.add(bytes, rdbBytes);
  giveBack();
  state.held = bytes.buffer as ArrayBuffer;
}

function close(isLast: boolean): void {
  const { runner, pass, section } = state;
  assert(runner !== undefined && pass !== undefined, "a section is closed that was not opened");
  const { failure, ...end } = runner.finish(isLast);
  const result = state.isOrderFree ? undefined : concluded(pass, section);
  state.runner = undefined;
  const sent = failure === undefined ? undefined : sendFailure(failure);
  report({ kind: "end", section, end: { ...end, result, failure: sent } });
  giveBack();
}

/** The result of a pass, and what it still wrote while it finished. */
function concluded(pass: Pass<unknown>, section: number): unknown {
  const result = pass.finish();
  const bytes = pass.takeOutput();
  if (bytes !== undefined) report({ kind: "output", section, bytes }, bytes.buffer);
  return result;
}

function giveBack(): void {
  if (state.held !== undefined) report({ kind: "spent", buffer: state.held }, state.held);
  state.held = undefined;
}

function report(message: Report, moved?: ArrayBufferLike): void {
  port?.postMessage(message, moved === undefined ? [] : [moved as ArrayBuffer]);
}
