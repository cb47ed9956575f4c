/**
 * Tests against real servers: a suite that needs one, a server for the length of one test, a client.
 *
 * A server that is not here makes its suites count as skipped and say how to fetch it. With
 * HOLDFAST_REQUIRE_SERVERS=1 that is a failure instead.
 */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findServer, type RunningServer, type ServerId, startServer } from "@holdfast/servers";
import { createClient, RESP_TYPES, type RedisClientType } from "@redis/client";
import fs from "fs-extra";
import { describe, test } from "vitest";

/** A connected client that speaks RESP2 and gives the content of strings as Buffers, never as text. */
export type ServerClient = RedisClientType<
  Record<string, never>,
  Record<string, never>,
  Record<string, never>,
  2,
  { [RESP_TYPES.BLOB_STRING]: typeof Buffer }
>;

export interface WithServerOptions {
  /** Options for the server's command line, for example `["--rdbcompression", "no"]`. */
  readonly args?: readonly string[];
  /** "free" also listens on a loopback port. */
  readonly port?: "free";
  /** Files that are in the server's directory before it starts, for example `{ "dump.rdb": bytes }`. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
}

export interface ServerInUse {
  readonly server: RunningServer;
  readonly client: ServerClient;
}

/**
 * A suite for each of the named servers; `body` declares its tests and gets the id.
 *
 * When a server is missing, the tests are still listed, as skipped.
 */
export function describeWithServer(
  ids: ServerId | readonly ServerId[],
  title: string,
  body: (id: ServerId) => void,
): void {
  for (const id of typeof ids === "string" ? [ids] : ids) {
    describe(`${title} (${id})`, async () => {
      const advice = `${id} is not here: pnpm servers fetch ${id}`;
      if ((await findServer(id)) !== undefined) body(id);
      else if (process.env.HOLDFAST_REQUIRE_SERVERS === "1")
        test(advice, () => Promise.reject(new Error(advice)));
      else describe.skip(advice, () => body(id));
    });
  }
}

/**
 * Starts a server in a fresh folder, hands it over with a connected client, and clears both away after.
 *
 * Throws when the server is not here: inside `describeWithServer` it always is.
 */
export async function withServer<T>(
  id: ServerId,
  options: WithServerOptions,
  use: (running: ServerInUse) => Promise<T>,
): Promise<T> {
  const installation = await findServer(id);
  if (installation === undefined) throw new Error(`${id} is not here: pnpm servers fetch ${id}`);
  const directory = await fs.mkdtemp(join(tmpdir(), "holdfast-"));
  const cleanups = [() => fs.remove(directory)];
  try {
    for (const [name, bytes] of Object.entries(options.files ?? {})) {
      await fs.outputFile(join(directory, name), bytes);
    }
    const { args, port } = options;
    const server = await startServer(installation, {
      directory,
      ...(args === undefined ? {} : { args }),
      ...(port === undefined ? {} : { port }),
    });
    cleanups.unshift(() => server.stop());
    const client = await connectTo(server);
    cleanups.unshift(async () => client.destroy());
    return await use({ server, client });
  } finally {
    for (const cleanUp of cleanups) await cleanUp();
  }
}

/** Connects over the server's Unix socket; the caller ends it with `destroy()`. It never reconnects. */
export async function connectTo(server: RunningServer): Promise<ServerClient> {
  const client = createClient({
    RESP: 2,
    socket: { path: server.socketPath, tls: false, reconnectStrategy: false },
    commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
  });
  // Commands in flight are rejected one by one; the event would only end the process on top of that.
  client.on("error", () => {});
  await client.connect();
  return client as unknown as ServerClient;
}
