/** The entry of a worker thread: orders in, reports out. All the work is in section-server.ts. */
import { strict as assert } from "node:assert";
import { parentPort } from "node:worker_threads";
import { type File, nodePlatform, readChunks } from "@holdfast/platform";
import type { Order } from "./messages.ts";
import { SectionServer } from "./section-server.ts";

const port = parentPort;
assert(port !== null, "worker.ts runs only as a worker thread");

const { files } = nodePlatform();
const open = new Map<string, Promise<File>>();

const server = new SectionServer(
  async ({ path, totalBytes }) => {
    const opening = open.get(path) ?? files.open(path, "read");
    open.set(path, opening);
    const file = await opening;
    const sizeBytes = await file.size();
    assert(sizeBytes >= totalBytes, `${path} has become shorter: ${sizeBytes} bytes, it had ${totalBytes}`);
    return {
      name: path,
      totalBytes,
      chunks: (start, end, into) => readChunks(file, { start, end: end ?? totalBytes, reuse: true, into }),
    };
  },
  (report) => port.postMessage(report, report.kind === "output" ? [report.bytes.buffer as ArrayBuffer] : []),
);
port.on("message", (order: Order) => server.take(order));
