/**
 * Keeps two processes from writing to one directory: whoever holds its name, a socket of the machine that nobody connects to, may. The system
 * takes the name back when the process ends, whatever way, so there is no lock file that outlives a crash.
 *
 * Linux keeps such names (they begin with a zero byte) apart by network namespace: a container with its own does not see those of others.
 */
import { resolve } from "node:path";
import { Crc64 } from "@holdfast/bytes";
import { exitCode, Problem } from "@holdfast/command-line";
import { ConnectionError, type Network } from "@holdfast/platform";

/** Resolves with what gives the directory back. Throws Problem 30 when another process has it. */
export async function lockDirectory(network: Network, directory: string): Promise<() => Promise<void>> {
  const name = new Crc64().update(Buffer.from(resolve(directory))).value.toString(16);
  try {
    const listener = await network.listen({ address: { path: `\0holdfast-${name}` } }, (connection) =>
      connection.destroy(),
    );
    return () => listener.close();
  } catch (cause) {
    if (!(cause instanceof ConnectionError) || cause.code !== "EADDRINUSE") throw cause;
    throw new Problem(exitCode.targetExists, `another holdfast is writing to ${directory}`, {
      nextStep: "stop that one first, or give this one a directory of its own",
      cause,
    });
  }
}
