/** The process: builds the host once and exits with the command's code. */
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { exitWith, processArguments, processHost } from "@holdfast/command-line";
import { runProgram } from "./program.ts";

const { host } = processHost();
const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  version: string;
};
// Not awaited at the top: the bundle is CommonJS.
exitWith(runProgram(processArguments(), { ...host, temporaryDirectory: tmpdir() }, version));
