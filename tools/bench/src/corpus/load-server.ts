/**
 * Feeds a running server with commands whose replies nobody wants.
 *
 *   client > CLIENT REPLY OFF
 *   client > … a gigabyte of commands …
 *   client > CLIENT REPLY ON
 *   server > +OK                     everything before it has been executed
 *
 * With replies off nothing has to be read meanwhile. Refused commands are counted by the server in its error
 * statistics, which the caller asks for.
 */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { promisify } from "node:util";
import type { RunningServer } from "@holdfast/servers";
import { BenchError } from "../errors.ts";

const run = promisify(execFile);

/** Sends all pieces over the server's socket and returns when the server has executed them. */
export async function loadServer(server: RunningServer, pieces: Iterable<Uint8Array>): Promise<void> {
  const socket = createConnection(server.socketPath);
  await once(socket, "connect");
  try {
    const executed = untilConfirmed(socket);
    socket.write("CLIENT REPLY OFF\r\n");
    await Promise.race([sendAll(socket, pieces), executed]);
    socket.write("CLIENT REPLY ON\r\n");
    await executed;
  } finally {
    socket.destroy();
  }
}

/** What redis-cli prints for one command; throws BENCH_CORPUS_REFUSED when the server answers with an error. */
export async function askServer(server: RunningServer, ...command: readonly string[]): Promise<string> {
  const [program, ...args] = [
    ...server.installation.command("cli"),
    "-e",
    "-s",
    server.socketPath,
    ...command,
  ];
  try {
    const { stdout } = await run(program, args);
    return stdout.trim();
  } catch (cause) {
    throw new BenchError("BENCH_CORPUS_REFUSED", `${command[0]} failed on the server`, { cause });
  }
}

async function sendAll(socket: Socket, pieces: Iterable<Uint8Array>): Promise<void> {
  for (const piece of pieces) {
    if (!socket.write(piece)) await once(socket, "drain");
  }
}

/** The first bytes that come back are the answer to CLIENT REPLY ON, or the connection was lost. */
async function untilConfirmed(socket: Socket): Promise<void> {
  const lost = once(socket, "close").then(() => {
    throw new BenchError("BENCH_CORPUS_REFUSED", "the server closed the connection during the load");
  });
  const [reply] = (await Promise.race([once(socket, "data"), lost])) as [Buffer];
  if (reply.toString("latin1") === "+OK\r\n") return;
  throw new BenchError(
    "BENCH_CORPUS_REFUSED",
    `the server answered ${JSON.stringify(reply.toString("latin1"))}`,
  );
}
