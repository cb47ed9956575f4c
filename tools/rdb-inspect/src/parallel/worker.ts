/** The entry of a worker thread: orders in, reports out. All the work is in section-runner.ts. */
import { strict as assert } from "node:assert";
import { parentPort } from "node:worker_threads";
import type { PassResult } from "../pass.ts";
import { passKinds } from "../passes/kinds.ts";
import { type Order, type Report, sendFailure } from "./messages.ts";
import { SectionRunner } from "./section-runner.ts";

const port = parentPort;
assert(port !== null, "worker.ts runs only as a worker thread");

let runner: SectionRunner<unknown, PassResult> | undefined;
let section = 0;
/** The piece that the decoder may still look back into. */
let held: ArrayBuffer | undefined;

port.on("message", (order: Order) => {
  if (order.kind === "open") open(order);
  else if (order.kind === "piece") add(order.bytes, order.rdbBytes);
  else close(order.isLast);
});

function open(order: Extract<Order, { kind: "open" }>): void {
  const kind = passKinds.get(order.pass);
  assert(kind !== undefined, `pass ${order.pass} does not exist`);
  section = order.section;
  const own = section;
  runner = new SectionRunner(kind, order.settings, order, (bytes) => report({ kind: "output", section: own, bytes }, bytes.buffer));
}

function add(bytes: Uint8Array, rdbBytes: number): void {
  runner?.add(bytes, rdbBytes);
  giveBack();
  held = bytes.buffer as ArrayBuffer;
}

function close(isLast: boolean): void {
  assert(runner !== undefined, "a section is closed that was not opened");
  const { failure, ...rest } = runner.finish(isLast);
  runner = undefined;
  report({ kind: "result", section, result: { ...rest, failure: failure === undefined ? undefined : sendFailure(failure) } });
  giveBack();
}

function giveBack(): void {
  if (held !== undefined) report({ kind: "spent", buffer: held }, held);
  held = undefined;
}

function report(message: Report, moved?: ArrayBufferLike): void {
  port?.postMessage(message, moved === undefined ? [] : [moved as ArrayBuffer]);
}
