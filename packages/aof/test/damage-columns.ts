/** What a server and its checker make of a damaged file, in the few words of a cell of DAMAGE.md. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findServer, startServer } from "@holdfast/servers";
import { connectTo, type ServerClient } from "@holdfast/testkit";
import { allKeys, readServerFiles } from "./server-files.ts";

export const servers = [
  "redis-6.0",
  "redis-7.0",
  "redis-8.0",
  "redis-8.6",
  "valkey-8.1",
  "valkey-9.1",
] as const;
export type ServerId = (typeof servers)[number];
export type ServerFiles = Readonly<Record<string, Uint8Array>>;

export const appending = ["--appendonly", "yes", "--appendfsync", "always"];
/** Long enough for a busy machine, and waited for only where a server stands still. */
const startTimeoutMs = 10_000;
const incrOf = (number: number) => `appendonlydir/appendonly.aof.${number}.incr.aof`;

/** Logs in the form that the server has them: in a directory, or for Redis 6.0 one file. */
export function filesFor(id: ServerId, logs: readonly Uint8Array[]): ServerFiles {
  if (id === "redis-6.0") return { "appendonly.aof": Buffer.concat(logs) };
  const lines = logs.map((_, index) => `file appendonly.aof.${index + 1}.incr.aof seq ${index + 1} type i\n`);
  return {
    "appendonlydir/appendonly.aof.manifest": Buffer.from(lines.join("")),
    ...Object.fromEntries(logs.map((bytes, index) => [incrOf(index + 1), bytes])),
  };
}

/** The last log of such files. */
export function lastLogOf(files: ServerFiles): Uint8Array {
  const names = Object.keys(files).filter((name) => name.endsWith(".incr.aof") || name === "appendonly.aof");
  return files[names.sort().at(-1)!];
}

export interface Start<T> {
  readonly kind: "loads" | "refuses" | "crashes";
  /** What `use` answered; undefined when the server did not start. */
  readonly answer: T | undefined;
  /** What is on disk afterwards. */
  readonly files: ServerFiles;
}

/** Starts a server on files, and says what became of it. */
export async function startOn<T>(
  id: ServerId,
  files: ServerFiles,
  use: (client: ServerClient) => Promise<T>,
  args: readonly string[] = appending,
): Promise<Start<T>> {
  const directory = await mkdtemp(join(tmpdir(), "holdfast-"));
  const installation = await findServer(id);
  try {
    for (const [name, bytes] of Object.entries(files)) {
      await mkdir(dirname(join(directory, name)), { recursive: true });
      await writeFile(join(directory, name), bytes);
    }
    const server = await startServer(installation!, { directory, args, timeoutMs: startTimeoutMs });
    try {
      const client = await connectTo(server);
      const answer = await use(client).finally(() => client.destroy());
      return { kind: "loads", answer, files: await readServerFiles(directory) };
    } catch (error) {
      // What it has loaded may be what it crashes of when it is asked: then its log says so.
      await server.stop();
      throw new Error(`${error}; its log:\n${server.log()}`, { cause: error });
    } finally {
      await server.stop();
    }
  } catch (error) {
    const text = String(error);
    if (text.includes("FATAL CONFIG")) throw error;
    const hasCrashed = /crashed by signal|Out Of Memory|ASSERTION FAILED|BUG REPORT/.test(text);
    // Redis 8.0 may crash in the middle of its crash report, and then stands still.
    if (!text.includes("ended at once") && !hasCrashed) throw error;
    return {
      kind: hasCrashed ? "crashes" : "refuses",
      answer: undefined,
      files: await readServerFiles(directory),
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** "refuses", "crashes", "cuts", or "loads" with what it has beside k1 and k2. */
export async function serverCell(id: ServerId, log: Uint8Array): Promise<string> {
  const start = await startOn(id, filesFor(id, [log]), allKeys);
  if (start.answer === undefined) return start.kind;
  const keys = start.answer.filter((pair) => pair !== "k1=v1" && pair !== "k2=v2");
  const isCut = lastLogOf(start.files).length < log.length;
  const words = [isCut ? "cuts" : "loads", ...keys.map((pair) => pair.replaceAll("\0", "\\0"))];
  return words.join(" ");
}

/** What the server's own checker says of the file: "valid", "not valid", or the signal that ended it. */
export async function checkerCell(id: ServerId, log: Uint8Array): Promise<string> {
  const installation = await findServer(id);
  const folder = await mkdtemp(join(tmpdir(), "holdfast-check-"));
  try {
    const path = join(folder, "appendonly.aof");
    await writeFile(path, log);
    const [program, ...args] = installation!.command("check-aof");
    return await new Promise((resolve) => {
      execFile(program, [...args, path], (error) => {
        if (error === null) resolve("valid");
        else
          resolve(
            error.signal === null || error.signal === undefined ? "not valid" : `ends with ${error.signal}`,
          );
      });
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** All calls, four at a time, in order. */
export async function inFours<T, R>(items: readonly T[], call: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = new Array(items.length);
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < items.length; index = next++) results[index] = await call(items[index]);
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  return results;
}
