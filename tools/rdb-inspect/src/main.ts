/**
 * The process: builds the doors once, reads arguments and environment, turns signals into an abort, and
 * exits with the command's code. The only file that touches `process`.
 */
import { readFileSync } from "node:fs";
import { nodePlatform } from "@holdfast/platform";
import type { Host } from "./host.ts";
import { writerOf } from "./output/outputs.ts";
import { startNodeWorker } from "./parallel/node-worker.ts";
import { Interrupted } from "./problems.ts";
import { runProgram } from "./program.ts";

const { files, clock } = nodePlatform();
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  // The second one of the same kind ends the process at once: the handler is gone by then.
  process.once(signal, () => stop.abort(new Interrupted(signal)));
}
process.stderr.on("error", () => {});

const host: Host = {
  files,
  clock,
  stdin: process.stdin,
  workers: { start: startNodeWorker },
  writeOut: writerOf(process.stdout),
  writeErr: (text) => {
    if (text !== "") process.stderr.write(text);
  },
  stdoutScreen: screenOf(process.stdout),
  stderrScreen: screenOf(process.stderr),
  colors: { noColor: process.env.NO_COLOR, forceColor: process.env.FORCE_COLOR },
  signal: stop.signal,
};

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  version: string;
};
process.exitCode = await runProgram(process.argv.slice(2), host, version);
// Standard input may still be open, for example a pipe whose writer never ends.
process.stdin.destroy();

function screenOf(stream: NodeJS.WriteStream): Host["stdoutScreen"] {
  return { isTerminal: stream.isTTY === true, columns: stream.isTTY === true ? stream.columns : undefined };
}
