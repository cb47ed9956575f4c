/** What tests of commands that follow share: real servers written to, and what a server makes of the directory that was kept. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ServerId } from "@holdfast/servers";
import { type SeededRandom, type ServerClient, type ServerInUse, withServer } from "@holdfast/testkit";
import { expect } from "vitest";

/** Redis 6.0 knows no such option: DEBUG is always allowed there. */
export function debugArgs(id: ServerId): string[] {
  return id === "redis-6.0" ? [] : ["--enable-debug-command", "yes"];
}

/** Quick to answer, and silent: no ping moves the offset in the middle of a comparison. */
export function sourceArgs(id: ServerId): string[] {
  return [...debugArgs(id), "--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "3600"];
}

export async function digestOf(client: ServerClient): Promise<string> {
  return String(await client.sendCommand(["DEBUG", "DIGEST"]));
}

export async function infoField(client: ServerClient, field: string): Promise<string> {
  const info = String(await client.sendCommand(["INFO", "everything"]));
  return new RegExp(`^${field}:(.*?)\r?$`, "m").exec(info)?.[1] ?? "";
}

export async function offsetOf(client: ServerClient): Promise<number> {
  return Number(await infoField(client, "master_repl_offset"));
}

/** Asked again and again; the test's own timeout ends it. */
export async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}

export async function writeSome(client: ServerClient, random: SeededRandom, writes = 30): Promise<void> {
  for (let index = 0; index < writes; index++) await client.sendCommand(anyWrite(random));
  await client.sendCommand(["SELECT", `${random.below(4)}`]);
  await client.sendCommand(["MULTI"]);
  for (let index = 0; index < 4; index++) await client.sendCommand(anyWrite(random));
  await client.sendCommand(["EXEC"]);
}

function anyWrite(random: SeededRandom): (string | Buffer)[] {
  const value = Buffer.from(random.bytes(random.below(400)));
  const name = `${random.below(20)}`;
  switch (random.below(5)) {
    case 0:
      return ["RPUSH", `list:${name}`, value];
    case 1:
      return ["HSET", `hash:${name}`, `${random.below(100)}`, value];
    case 2:
      // Twice is not once: an increment tells of anything that was applied again.
      return ["INCRBY", `counter:${name}`, `${1 + random.below(9)}`];
    case 3:
      return ["SET", `string:${name}`, value, "EX", "100000"];
    default:
      return ["DEL", `string:${name}`];
  }
}

/** A server that loads a multi-part directory of this one: Redis 6.0 cannot itself. */
export function loaderOf(id: ServerId): ServerId {
  return id === "redis-6.0" ? "redis-7.0" : id;
}

/** The files of a kept directory, as a server's `appendonlydir`. */
export async function filesOf(directory: string): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {};
  for (const name of await readdir(directory))
    files[`appendonlydir/${name}`] = await readFile(join(directory, name));
  return files;
}

/** Starts a server on the directory, sees that it has no complaint, and hands it over. */
export async function withLoaded<T>(
  id: ServerId,
  directory: string,
  use: (running: ServerInUse) => Promise<T>,
): Promise<T> {
  const loader = loaderOf(id);
  const args = [...debugArgs(loader), "--appendonly", "yes"];
  return withServer(loader, { files: await filesOf(directory), args }, async (running) => {
    const complaints = running.server
      .log()
      .split("\n")
      .filter((line) => / [#] /.test(line) && /aof|append|annotation|format|truncat|error/i.test(line));
    expect(complaints).toEqual([]);
    return use(running);
  });
}

export function loadedDigest(id: ServerId, directory: string): Promise<string> {
  return withLoaded(id, directory, ({ client }) => digestOf(client));
}
