/** The entry of a worker thread: orders in, reports out. All the work is in section-server.ts. */
import { strict as assert } from "node:assert";
import { parentPort } from "node:worker_threads";
import type { Order } from "./messages.ts";
import { SectionServer } from "./section-server.ts";

const port = parentPort;
assert(port !== null, "worker.ts runs only as a worker thread");

const server = new SectionServer((report) => {
  const moves = report.kind === "output" || report.kind === "spent";
  port.postMessage(report, moves ? [report.bytes.buffer as ArrayBuffer] : []);
});
port.on("message", (order: Order) => server.take(order));
