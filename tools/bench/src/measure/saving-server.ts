/** A server that holds the corpus, and its SAVE as something to measure. */
import { once } from "node:events";
import { createConnection } from "node:net";
import { join } from "node:path";
import { type RunningServer, type ServerInstallation, startServer } from "@holdfast/servers";
import fs from "fs-extra";
import type { Corpus } from "../corpus/corpus.ts";
import { BenchError } from "../errors.ts";
import type { Job } from "./compare.ts";
import { highWaterMark } from "./run-process.ts";

/** Loading half a gigabyte takes some ten seconds, and several times that on a machine that is busy. */
const loadTimeoutMs = 180_000;

export interface SavingServerRequest {
  readonly corpus: Corpus;
  /** Where the server may keep its files. */
  readonly folder: string;
  readonly onStep: (step: string) => void;
}

/** Starts a server on a copy of the corpus, hands over its SAVE, and stops it in any case. */
export function withSavingServer<Answer>(
  installation: ServerInstallation,
  request: SavingServerRequest,
  use: (save: Job) => Promise<Answer>,
): Promise<Answer> {
  return withCorpusServer(installation, request, (server) => use(saveJob(server)));
}

/** The server itself. */
export async function withCorpusServer<Answer>(
  installation: ServerInstallation,
  { corpus, folder, onStep }: SavingServerRequest,
  use: (server: RunningServer) => Promise<Answer>,
): Promise<Answer> {
  const directory = join(folder, "server");
  await fs.ensureDir(directory);
  // SAVE replaces this name and leaves the file behind it alone.
  await fs.link(corpus.path, join(directory, "corpus.rdb"));
  onStep(`loading the corpus into ${installation.id}`);
  const server = await startServer(installation, {
    directory,
    args: ["--dbfilename", "corpus.rdb", "--repl-diskless-sync-delay", "0"],
    timeoutMs: loadTimeoutMs,
  });
  try {
    return await use(server);
  } finally {
    await server.stop();
  }
}

function saveJob(server: RunningServer): Job {
  const { version } = server.installation;
  return {
    title: `SAVE of ${server.installation.family}-server ${version}`,
    warmUp: async () => {
      await timeSave(server);
    },
    run: async () => ({ wallMs: await timeSave(server), peakBytes: highWaterMark(server.pid) }),
  };
}

/** Milliseconds from the command to its reply; throws BENCH_COMMAND_FAILED when that is an error. */
async function timeSave(server: RunningServer): Promise<number> {
  const socket = createConnection(server.socketPath);
  await once(socket, "connect");
  try {
    const startMs = performance.now();
    socket.write("SAVE\r\n");
    const lost = once(socket, "close").then(() => [Buffer.from("the connection was closed")]);
    const [reply] = (await Promise.race([once(socket, "data"), lost])) as [Buffer];
    const wallMs = performance.now() - startMs;
    const text = reply.toString("latin1").trim();
    if (text === "+OK") return wallMs;
    throw new BenchError("BENCH_COMMAND_FAILED", `SAVE: ${text}`);
  } finally {
    socket.destroy();
  }
}
