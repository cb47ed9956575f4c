/**
 * Append-only files as something to be served: the RDB in front is the snapshot, all commands behind it are the stream.
 *
 *   base.rdb                  snapshot                    of a directory, or the first part of a single file
 *   base.aof                  stream, behind an empty snapshot
 *   incr 5, incr 6, …         stream, one after the other
 *
 * A server begins each file with db 0 selected; in a stream the selection goes on. So `SELECT 0` stands in front of a file that does not
 * begin with a SELECT of its own, which servers always write and other programs may not.
 */
import { type AofFileReport, type AofReport, checkAof } from "@holdfast/aof";
import { type FileSystem, readChunks } from "@holdfast/platform";
import { encodeCommand, LogDecoder } from "@holdfast/resp";
import type { StoredPart } from "@holdfast/resync";

export interface AofCheckOptions {
  readonly signal: AbortSignal;
  /** Called with how much of all files is read. */
  readonly onProgress: (bytes: number) => void;
}

/** The report of a check, of a path that locateAof() understands. */
export async function checkAofFiles(
  files: FileSystem,
  path: string,
  { signal, onProgress }: AofCheckOptions,
): Promise<AofReport> {
  const readByFile = new Map<string, number>();
  let readBytes = 0;
  return checkAof(files, path, {
    signal,
    onProgress: (file, bytes) => {
      readBytes += bytes - (readByFile.get(file) ?? 0);
      readByFile.set(file, bytes);
      onProgress(readBytes);
    },
  });
}

/** What is loaded of a directory, in order; history is kept and not loaded. */
export function loadedReports({ files }: AofReport): readonly AofFileReport[] {
  return files.filter(({ role }) => role !== "history");
}

/** The stream of what a report found sound, from behind the RDB in front to where the last file stops being whole units. */
export async function streamParts(files: FileSystem, report: AofReport): Promise<readonly StoredPart[]> {
  const parts: StoredPart[] = [];
  for (const { path, rdb, soundBytes: end, annotations } of loadedReports(report)) {
    const start = rdb?.sizeBytes ?? 0;
    if (end <= start) continue;
    const isFirst = parts.length === 0 && rdb === undefined;
    if (!isFirst && !(await beginsWithSelect(files, path, start, end)))
      parts.push({ kind: "bytes", bytes: encodeCommand(["SELECT", "0"]) });
    parts.push({ kind: "file", path, start, end, hasAnnotations: annotations > 0 });
  }
  return parts;
}

async function beginsWithSelect(
  files: FileSystem,
  path: string,
  start: number,
  end: number,
): Promise<boolean> {
  const file = await files.open(path, "read");
  const decoder = new LogDecoder({ deviations: "report", argumentBytesMax: Number.MAX_SAFE_INTEGER, start });
  try {
    for await (const chunk of readChunks(file, { start, end })) {
      decoder.push(chunk);
      for (let event = decoder.next(); event !== undefined; event = decoder.next()) {
        if (event.kind === "annotation") continue;
        // A large command, which comes in pieces, is none.
        return event.kind === "commands" && /^select$/i.test(latin1(event.argument(0, 0)));
      }
    }
    return false;
  } finally {
    await file.close();
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}
