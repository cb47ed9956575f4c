/** The machine in general words: enough to judge a number, nothing that names its owner. */
import { availableParallelism, cpus, platform, totalmem } from "node:os";

export interface Machine {
  readonly cpu: string;
  readonly coreCount: number;
  readonly memoryBytes: number;
  readonly platform: string;
  readonly nodeVersion: string;
}

export function thisMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() || "unknown processor",
    coreCount: availableParallelism(),
    memoryBytes: totalmem(),
    platform: platform(),
    nodeVersion: process.version,
  };
}

/** One line: `2 cores (Some CPU @ 2.0 GHz), 16 GB, linux, Node v20.20.0`. */
export function describeMachine(machine: Machine): string {
  const { coreCount, cpu, memoryBytes, nodeVersion } = machine;
  const cores = `${coreCount} ${coreCount === 1 ? "core" : "cores"}`;
  return `${cores} (${cpu}), ${Math.round(memoryBytes / 1e9)} GB, ${machine.platform}, Node ${nodeVersion}`;
}
