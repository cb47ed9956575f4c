/**
 * Where the primary is that Sentinels watch: asked before every connection, so that a failover is followed.
 *
 *   SENTINEL get-master-addr-by-name NAME    of one Sentinel after the other, until one knows it
 *   ROLE                                     of the server it names: while Sentinels disagree, or learn, it may be none
 *
 * Source: the client guidelines of Sentinel; sentinel.c of Redis 7.0.
 */
import { exitCode, Problem } from "@holdfast/command-line";
import type { Address } from "@holdfast/platform";
import { connectClient } from "./connect-client.ts";
import type { ServerAccess } from "./server-access.ts";
import { ServerProblem } from "./server-problem.ts";

export interface WatchedPrimary {
  readonly name: string;
  /** Tried in order. */
  readonly sentinels: readonly ServerAccess[];
  /** How to reach the server itself; its address is of no use. */
  readonly server: ServerAccess;
  readonly timeoutMs: number;
}

/** Throws ServerProblem when no Sentinel can be asked, or none knows a primary of this name, or what they name is a replica. */
export async function findPrimary({ name, sentinels, server, timeoutMs }: WatchedPrimary): Promise<Address> {
  const failures: string[] = [];
  for (const sentinel of sentinels) {
    try {
      const address = await askSentinel(sentinel, name, timeoutMs);
      if (address !== undefined && (await isPrimary({ ...server, address }, timeoutMs))) return address;
      failures.push(
        address === undefined
          ? `${sentinel.shown} does not know ${name}`
          : `${address.host}:${address.port}, of ${sentinel.shown}, is no primary`,
      );
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.exitCode === exitCode.authentication) throw error;
      failures.push(error.message);
    }
  }
  throw new ServerProblem("SERVER_NOT_READY", `no primary ${name}: ${failures.join("; ")}`, {
    nextStep: "check the name that the Sentinels were given, and that a failover is not under way",
  });
}

async function askSentinel(sentinel: ServerAccess, name: string, timeoutMs: number) {
  const client = await connectClient(sentinel, timeoutMs);
  try {
    const answer = await client.ask("SENTINEL", "get-master-addr-by-name", name);
    if (!Array.isArray(answer)) return undefined;
    return { host: String(answer[0]), port: Number(answer[1]) };
  } finally {
    client.close();
  }
}

async function isPrimary(server: ServerAccess, timeoutMs: number): Promise<boolean> {
  const client = await connectClient(server, timeoutMs);
  try {
    const answer = await client.ask("ROLE");
    return Array.isArray(answer) && String(answer[0]) === "master";
  } finally {
    client.close();
  }
}
