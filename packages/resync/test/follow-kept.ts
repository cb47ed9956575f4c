/** Our replica of a real server, in a test: followed into a KeptReplica until the test stops it. */
import { type Address, type Network, nodePlatform, type TlsOptions } from "@holdfast/platform";
import type { ServerId } from "@holdfast/servers";
import { type ServerClient, withServer } from "@holdfast/testkit";
import { expect } from "vitest";
import { followPrimary, type LinkTrouble, type ReplicaSessionOptions } from "../src/index.ts";
import type { KeptReplica } from "./kept-replica.ts";

export interface FollowedLink {
  readonly troubles: readonly LinkTrouble[];
  /** Where the next attempt connects to. */
  address: Address;
  stop(): Promise<void>;
}

export function follow(
  address: Address,
  kept: KeptReplica,
  options: { network?: Network; session?: ReplicaSessionOptions; tls?: TlsOptions } = {},
): FollowedLink {
  const stopped = new Error("stopped by the test");
  const controller = new AbortController();
  const troubles: LinkTrouble[] = [];
  const link = {
    troubles,
    address,
    stop: async () => {
      controller.abort(stopped);
      await expect(ended).rejects.toBe(stopped);
    },
  };
  const ended = followPrimary({
    ...nodePlatform(),
    ...options,
    address: () => link.address,
    sink: kept,
    backOff: { firstDelayMs: 5, longestDelayMs: 50 },
    onTrouble: (trouble) => troubles.push(trouble),
    signal: controller.signal,
  });
  ended.catch(() => {});
  return link;
}

export async function infoField(client: ServerClient, field: string): Promise<string> {
  const info = String(await client.sendCommand(["INFO", "replication"]));
  return new RegExp(`^${field}:(.*?)\r?$`, "m").exec(info)?.[1] ?? "";
}

/** Resolves when the replica has everything that the server has sent by now. */
export async function untilCaughtUp(client: ServerClient, kept: KeptReplica): Promise<void> {
  const offset = Number(await infoField(client, "master_repl_offset"));
  await kept.until(() => kept.offset >= offset);
}

export async function digestOf(client: ServerClient): Promise<string> {
  return String(await client.sendCommand(["DEBUG", "DIGEST"]));
}

/** What DEBUG DIGEST says of a server that has loaded what the replica kept. */
export function loadedDigest(id: ServerId, kept: KeptReplica): Promise<string> {
  const files = { "appendonly.aof": kept.appendOnlyFile() };
  return withServer(id, { files, args: [...debugArgs(id), "--appendonly", "yes"] }, ({ client }) =>
    digestOf(client),
  );
}

/** Redis 6.0 knows no such option: DEBUG is always allowed there. */
export function debugArgs(id: ServerId): string[] {
  return id === "redis-6.0" ? [] : ["--enable-debug-command", "yes"];
}

export function disklessArgs(isDiskless: boolean): string[] {
  return ["--repl-diskless-sync", isDiskless ? "yes" : "no", "--repl-diskless-sync-delay", "0"];
}

/** Asked again and again; the test's own timeout ends it. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Resolves when all servers hold the same data. */
export function untilSame(...clients: readonly ServerClient[]): Promise<void> {
  return until(async () => {
    const digests = await Promise.all(clients.map(digestOf));
    return digests.every((digest) => digest === digests[0]);
  });
}
