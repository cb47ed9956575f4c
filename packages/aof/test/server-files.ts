/** What a running server holds, and what it has on disk. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ServerClient } from "@holdfast/testkit";

/** The keys of the current db, strings all of them, as key=value and sorted. */
export async function allKeys(client: ServerClient): Promise<string[]> {
  const names = (await client.sendCommand(["KEYS", "*"])) as unknown as Buffer[];
  const pairs: string[] = [];
  for (const name of names) {
    const value = (await client.sendCommand(["GET", name])) as unknown as Buffer;
    pairs.push(`${name.toString("latin1")}=${value.toString("latin1")}`);
  }
  return pairs.sort();
}

/** Every file below the server's directory, by its path there: what another server can be started on. */
export async function readServerFiles(directory: string): Promise<Record<string, Uint8Array>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files: Record<string, Uint8Array> = {};
  for (const entry of entries.filter((candidate) => candidate.isFile())) {
    const path = join(entry.parentPath, entry.name);
    files[path.slice(directory.length + 1)] = await readFile(path);
  }
  return files;
}
