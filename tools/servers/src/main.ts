/**
 * `pnpm servers`: fetches real servers into `.servers/` and lists what is there.
 *
 * Exit codes: 0 all named servers are here, 1 at least one is not, 2 wrong usage.
 */
import { isServerId, recipeOf, type ServerId, serverIds } from "./catalogue.ts";
import { ServerError } from "./errors.ts";
import { ServerFetcher } from "./fetch-server.ts";
import { defaultServersFolder, findServer } from "./installation.ts";

const usage = `usage: pnpm servers list            which servers are here
       pnpm servers fetch [ID…]    bring them here, all by default

servers: ${serverIds.join("  ")}
`;

process.exitCode = await main(process.argv.slice(2));

async function main([command, ...names]: string[]): Promise<number> {
  const unknown = names.find((name) => !isServerId(name));
  if (unknown !== undefined) return complain(`there is no server "${unknown}"`);
  const ids = names.length > 0 ? names.filter(isServerId) : serverIds;
  if (command === "fetch") return fetchAll(ids);
  if (command === "list") return list(ids);
  if (command === "help" || command === "--help" || command === "-h") {
    process.stdout.write(usage);
    return 0;
  }
  return complain(command === undefined ? "say what to do" : `there is no command "${command}"`);
}

async function list(ids: readonly ServerId[]): Promise<number> {
  let missingCount = 0;
  for (const id of ids) {
    const installation = await findServer(id);
    if (installation === undefined) missingCount += 1;
    const where = installation?.command("server").at(-1);
    const line =
      installation === undefined
        ? "not here: pnpm servers fetch"
        : `${installation.version.padEnd(9)}${where}`;
    process.stdout.write(`${id.padEnd(12)}${line}\n`);
  }
  return missingCount === 0 ? 0 : 1;
}

async function fetchAll(ids: readonly ServerId[]): Promise<number> {
  let current = "";
  const fetcher = new ServerFetcher(defaultServersFolder, (step) => showStep(current, step));
  let missingCount = 0;
  for (const id of ids) {
    current = id;
    const startMs = performance.now();
    try {
      const { installation, isNew, suite, packageCount } = await fetcher.fetch(recipeOf(id));
      const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
      const how = isNew ? `fetched from ${suite}, ${packageCount} packages, ${seconds} s` : "already here";
      showResult(id, `${installation.version.padEnd(9)}${how}`);
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      const onPath = await findServer(id);
      if (onPath === undefined) missingCount += 1;
      showResult(id, onPath === undefined ? `cannot be had: ${error.message}` : `${onPath.version} on PATH`);
    }
  }
  if (missingCount === 0) await fetcher.tidyUp();
  return missingCount === 0 ? 0 : 1;
}

/** What is being done: one line that the next one replaces, on a terminal only. */
function showStep(id: string, step: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${id.padEnd(12)}${step} …`);
}

function showResult(id: string, text: string): void {
  process.stderr.write(`${process.stderr.isTTY ? "\r\u001b[K" : ""}${id.padEnd(12)}${text}\n`);
}

function complain(message: string): number {
  process.stderr.write(`servers: ${message}\n\n${usage}`);
  return 2;
}
