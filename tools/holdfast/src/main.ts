/** The process: builds the host once and exits with the command's code. */
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { exitWith, processArguments, processHost } from "@holdfast/command-line";
import { runProgram } from "./program.ts";

const args = processArguments();
// Takes the arguments, and a password in a URL among them, out of `ps`.
process.title = "holdfast";
const { host, platform } = processHost();
const {
  REDISCLI_AUTH: redis,
  VALKEYCLI_AUTH: valkey,
  HOLDFAST_LISTEN_AUTH: listen,
  HOLDFAST_TARGET_AUTH: target,
  HOLDFAST_SENTINEL_AUTH: sentinel,
} = process.env;
const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  version: string;
};
const { network, random } = platform;
// Not awaited at the top: the bundle is CommonJS.
exitWith(
  runProgram(
    args,
    {
      ...{ ...host, network, random, temporaryDirectory: tmpdir() },
      passwords: { redis, valkey, listen, target, sentinel },
    },
    version,
  ),
);
