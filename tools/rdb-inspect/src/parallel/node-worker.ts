/** worker.ts in a thread of Node's own. */
import { Worker } from "node:worker_threads";
import type { Report } from "./messages.ts";
import type { SectionWorker } from "./run-sections.ts";

/** Heap of a worker's young objects, in MiB: events die young, and a larger one only costs memory. */
const youngGenerationMb = 8;

export function startNodeWorker(): SectionWorker {
  const worker = new Worker(new URL("./worker.js", import.meta.url), {
    resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb },
  });
  return {
    post: (order) => worker.postMessage(order),
    listen: (onReport, onFailure) => {
      worker.on("message", (report: Report) => onReport(report));
      worker.on("error", onFailure);
    },
    stop: async () => {
      await worker.terminate();
    },
  };
}
