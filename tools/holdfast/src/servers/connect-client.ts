/**
 * A client for ordinary questions to a server: INFO, COMMAND, CLUSTER SLOTS, SCAN. What is sent by the million goes through a
 * Pipeline (pipeline.ts) instead.
 *
 * The library is loaded with the first connection, because it takes every command line some ms. It never reconnects by itself: whoever asked
 * is told that the connection broke.
 */
import type { Credentials } from "@holdfast/resync";
import { withoutSecrets } from "../credentials.ts";
import type { ServerAccess } from "./server-access.ts";
import { problemOfAnswer, ServerProblem } from "./server-problem.ts";

/** Answers in RESP2; strings as Buffers. */
export type ServerAnswer = Buffer | string | number | null | readonly ServerAnswer[];

export interface ServerClient {
  readonly access: ServerAccess;
  /** Throws ServerProblem when the server answers with an error or the connection breaks. */
  ask(...words: readonly (string | Uint8Array)[]): Promise<ServerAnswer>;
  /** Drops the connection. */
  close(): void;
}

/** Throws ServerProblem: SERVER_UNREACHABLE, SERVER_AUTH, and what else a server says to who comes in. */
export async function connectClient(access: ServerAccess, timeoutMs: number): Promise<ServerClient> {
  const { createClient, ErrorReply, RESP_TYPES } = await import("@redis/client");
  const client = createClient({
    RESP: 2,
    socket: socketOptions(access, timeoutMs),
    disableClientInfo: true,
    maintNotifications: "disabled",
    commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
    ...credentialOptions(access.credentials),
  });
  // Whoever waits for an answer is told; the event would end the process on top of that.
  client.on("error", () => {});
  const failure = (error: unknown, what: string) =>
    error instanceof ErrorReply ? problemOfAnswer(error.message, access, what) : unreachable(access, error);
  try {
    await client.connect();
  } catch (error) {
    client.destroy();
    throw failure(error, "the connection");
  }
  return {
    access,
    ask: async (...words) => {
      const args = words.map((word) => (typeof word === "string" ? word : Buffer.from(word)));
      try {
        return (await client.sendCommand(args)) as unknown as ServerAnswer;
      } catch (error) {
        throw failure(error, shownName(words));
      }
    },
    close: () => {
      if (client.isOpen) client.destroy();
    },
  };
}

/** The connection to a server could not be made, or broke. */
export function unreachable(access: ServerAccess, error: unknown): ServerProblem {
  const said = withoutSecrets(error instanceof Error ? error.message : String(error), access.credentials);
  return new ServerProblem("SERVER_UNREACHABLE", `${access.shown} cannot be reached: ${said}`, {
    cause: error,
  });
}

function socketOptions({ address, tls }: ServerAccess, timeoutMs: number) {
  const common = { connectTimeout: timeoutMs, reconnectStrategy: false as const };
  if ("path" in address) return { ...common, path: address.path, tls: false as const };
  if (tls === undefined) return { ...common, host: address.host, port: address.port };
  return {
    ...common,
    host: address.host,
    port: address.port,
    tls: true as const,
    rejectUnauthorized: tls.insecure !== true,
    ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
    ...(tls.caPem === undefined ? {} : { ca: tls.caPem }),
    ...(tls.certPem === undefined ? {} : { cert: tls.certPem }),
    ...(tls.keyPem === undefined ? {} : { key: tls.keyPem }),
  };
}

function credentialOptions(credentials: Credentials | undefined) {
  if (credentials === undefined) return {};
  const { user, password } = credentials;
  return user === undefined ? { password } : { username: user, password };
}

/** The command without its arguments, which may be data. */
function shownName(words: readonly (string | Uint8Array)[]): string {
  return typeof words[0] === "string" ? words[0] : "a command";
}
