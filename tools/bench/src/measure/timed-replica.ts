/**
 * A real server that becomes a replica again and again, and how long that takes each time: from before the primary is there, or is
 * asked, until the replica says that its link is up, with all of the data loaded.
 */
import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { type RunningServer, type ServerInstallation, startServer } from "@holdfast/servers";
import fs from "fs-extra";
import { askServer } from "../corpus/load-server.ts";
import { BenchError } from "../errors.ts";

const pollIntervalMs = 5;
/** Loading half a gigabyte takes some ten seconds, and several times that on a machine that is busy. */
const upTimeoutMs = 180_000;

export class TimedReplica {
  readonly #server: RunningServer;
  readonly #socket: Socket;

  /** Starts an empty server, hands it over, and stops it in any case. */
  static async with<Answer>(
    installation: ServerInstallation,
    directory: string,
    use: (replica: TimedReplica) => Promise<Answer>,
  ): Promise<Answer> {
    await fs.ensureDir(directory);
    const server = await startServer(installation, { directory });
    const socket = createConnection(server.socketPath);
    try {
      await once(socket, "connect");
      return await use(new TimedReplica(server, socket));
    } finally {
      socket.destroy();
      await server.stop();
    }
  }

  private constructor(server: RunningServer, socket: Socket) {
    this.#server = server;
    this.#socket = socket;
  }

  /**
   * Empties it, starts the primary and follows it: milliseconds from before the start until the link is up. Throws
   * BENCH_COMMAND_FAILED when it is not up in time, or does not hold so many keys then.
   */
  async timeUntilUp(startPrimary: () => Promise<number>, keyCount: number): Promise<number> {
    await askServer(this.#server, "REPLICAOF", "NO", "ONE");
    await askServer(this.#server, "FLUSHALL", "SYNC");
    const startMs = performance.now();
    const port = await startPrimary();
    this.#socket.write(`REPLICAOF 127.0.0.1 ${port}\r\n`);
    await once(this.#socket, "data");
    while ((await this.#linkStatus()) !== "up") {
      if (performance.now() - startMs > upTimeoutMs)
        throw new BenchError("BENCH_COMMAND_FAILED", `the replica was not up within ${upTimeoutMs} ms`);
      await delay(pollIntervalMs);
    }
    const wallMs = performance.now() - startMs;
    const found = await this.#keyCount();
    if (found === keyCount) return wallMs;
    throw new BenchError("BENCH_COMMAND_FAILED", `the replica holds ${found} keys, not ${keyCount}`);
  }

  /** A server that is loading answers INFO too. */
  async #linkStatus(): Promise<string> {
    this.#socket.write("INFO replication\r\n");
    let reply = "";
    for (;;) {
      const [bytes] = (await once(this.#socket, "data")) as [Buffer];
      reply += bytes.toString("latin1");
      const status = /master_link_status:(\w+)\r/.exec(reply)?.[1];
      if (status !== undefined && isWhole(reply)) return status;
    }
  }

  async #keyCount(): Promise<number> {
    const lines = await askServer(this.#server, "INFO", "keyspace");
    return [...lines.matchAll(/keys=(\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
  }
}

/** Whether all bytes of a bulk reply are there. */
function isWhole(reply: string): boolean {
  const head = /^\$(\d+)\r\n/.exec(reply);
  return head !== null && reply.length >= head[0].length + Number(head[1]) + 2;
}
