/** What tests need to know of a directory: how much of a file is sound, and every command that a loader would run. */
import { join } from "node:path";
import type { FileSystem } from "@holdfast/platform";
import { decodeRdbBytes } from "@holdfast/rdb";
import { CommandDecoder, RespFormatError } from "@holdfast/resp";
import { loadedFiles } from "../src/manifest.ts";
import type { Soundness } from "../src/open-aof.ts";
import { openDirectory, requireFiles } from "../src/open-directory.ts";
import { readStart } from "../src/read-whole.ts";

export interface FileContent extends Soundness {
  /** Such as "0 SET k v"; a key of an RDB looks the same. Transactions that have not ended are not among them. */
  readonly commands: readonly string[];
  /** Annotation lines, in order. */
  readonly annotations: readonly string[];
  /** Every record as it stands, with SELECT, MULTI and EXEC. */
  readonly records: readonly string[];
}

export async function soundLength(files: FileSystem, path: string): Promise<Soundness> {
  return contentOf(files, path);
}

export async function contentOf(files: FileSystem, path: string): Promise<FileContent> {
  const bytes = await readStart(files, path, 1 << 28);
  const commands: string[] = [];
  const head = Buffer.from(bytes.subarray(0, 6)).toString("latin1");
  const start = head.startsWith("REDIS") || head === "VALKEY" ? readSnapshot(bytes, commands) : 0;
  return { ...readCommands(bytes, start, commands) };
}

/** All commands of all files, in the order they are loaded in; throws when one of them is not sound to its end. */
export async function commandsOf(
  files: FileSystem,
  directory: string,
  fileName = "appendonly.aof",
): Promise<string[]> {
  const found = await openDirectory(files, directory, fileName);
  if (found === undefined) throw new Error(`no append-only file in ${directory}`);
  requireFiles(found);
  const commands: string[] = [];
  for (const { name } of loadedFiles(found.manifest)) {
    const content = await contentOf(files, join(directory, name));
    if (content.problem !== undefined) throw new Error(`${name}: ${content.detail}`);
    for (const command of content.commands) commands.push(command);
  }
  return commands;
}

function readSnapshot(bytes: Uint8Array, commands: string[]): number {
  let endOffset = 0;
  let key = "";
  for (const event of decodeRdbBytes(bytes)) {
    if (event.kind === "end") endOffset = event.endOffset;
    if (event.kind === "key") key = `${event.db} SET ${latin1(event.key)}`;
    if ((event.kind === "key" || event.kind === "items") && event.items.of === "chunks") {
      commands.push(`${key} ${event.items.chunks.map(latin1).join("")}`);
    }
  }
  return endOffset;
}

function readCommands(bytes: Uint8Array, start: number, commands: string[]): FileContent {
  const decoder = new CommandDecoder({ start });
  const reading = { db: "0", open: undefined as string[] | undefined, openAt: 0 };
  const annotations: string[] = [];
  const records: string[] = [];
  const content = { commands, annotations, records };
  decoder.push(bytes.subarray(start));
  decoder.end();
  try {
    for (let found = decoder.next(); found !== undefined; found = decoder.next()) {
      if (found.kind === "annotation") {
        annotations.push(latin1(found.line));
        continue;
      }
      for (let index = 0; index < found.count; index++) {
        const words = found.args(index).map(latin1);
        records.push(words.join(" "));
        take(words, found.offsetOf(index), reading, commands);
      }
    }
  } catch (error) {
    if (!(error instanceof RespFormatError)) throw error;
    const problem = error.code === "RESP_TRUNCATED" ? "truncated" : "damaged";
    const soundBytes = reading.open === undefined ? error.commandOffset : reading.openAt;
    return { ...content, soundBytes, problem, detail: error.message };
  }
  if (reading.open === undefined) return { ...content, soundBytes: bytes.length, problem: undefined };
  return {
    ...content,
    soundBytes: reading.openAt,
    problem: "truncated",
    detail: "the file ends inside a transaction",
  };
}

function take(
  words: readonly string[],
  offset: number,
  reading: { db: string; open: string[] | undefined; openAt: number },
  commands: string[],
): void {
  switch (words[0]) {
    case "SELECT":
      reading.db = words[1];
      break;
    case "MULTI":
      reading.open = [];
      reading.openAt = offset;
      break;
    case "EXEC":
      commands.push(...(reading.open ?? []));
      reading.open = undefined;
      break;
    default:
      (reading.open ?? commands).push([reading.db, ...words].join(" "));
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}
