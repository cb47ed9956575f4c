/** Reads an append-only file and writes down what it holds, copied at once. */
import type { FileSystem } from "@holdfast/platform";
import { type AofReadEvent, type AofReadOptions, locateAof, readAof } from "../src/index.ts";

/**
 * Such as "file a.rdb", "key 0 k", "SET k v", "# #TS:17", "problem AOF_TRUNCATED@31", "gap 31-45 unit 31+0", "stopped 12 at 20",
 * "end a.rdb". Throws what readAof() throws.
 */
export async function readEvents(
  files: FileSystem,
  path: string,
  options: AofReadOptions,
  lines: string[] = [],
): Promise<string[]> {
  const pieces = { args: [] as string[] };
  for await (const event of readAof(files, await locateAof(files, path), options)) {
    lines.push(...linesOf(event, pieces));
  }
  return lines;
}

function linesOf(event: AofReadEvent, pieces: { args: string[] }): string[] {
  switch (event.kind) {
    case "file":
      return [`file ${event.file.name}`];
    case "file-end":
      return [`end ${event.file.name}`];
    case "snapshot":
      return event.events.flatMap((inner) =>
        inner.kind === "key" ? [`key ${inner.db} ${latin1(inner.key)}`] : [],
      );
    case "commands":
      return Array.from({ length: event.count }, (_, command) => event.args(command).map(latin1).join(" "));
    case "annotation":
      return [`# ${latin1(event.line)}`];
    case "command-start":
      pieces.args = [];
      return [];
    case "argument-piece":
      pieces.args[event.index] = (pieces.args[event.index] ?? "") + latin1(event.bytes);
      return [];
    case "command-end":
      return [pieces.args.join(" ")];
    case "problem":
      return [`problem ${event.problem.code}@${event.problem.offset}`];
    case "gap":
      return [
        `gap ${event.problem.code} ${event.offset}-${event.endOffset} unit ${event.unitOffset}+${event.unitCommands}`,
      ];
    case "stopped":
      return [`stopped ${event.offset} at ${event.timeSec}`];
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}
