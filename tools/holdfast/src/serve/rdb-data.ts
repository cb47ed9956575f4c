/**
 * An RDB to be served: the snapshot is all there is.
 *
 * A server that saves on its way out notes where its history stood (`repl-id`, `repl-offset`). A replica that stands exactly there has all
 * of the data, and goes on with us without getting it again, as it would with that server (7.0 and later).
 */
import type { Container } from "@holdfast/bytes";
import { formatCount } from "@holdfast/command-line";
import type { File } from "@holdfast/platform";
import {
  newHistory,
  offsetOfCount,
  parseReplicationId,
  type ReplicationHistory,
  StoredBacklog,
  StoredSnapshots,
  StoredStream,
  shiftHistory,
} from "@holdfast/resync";
import { snapshotToSend } from "./convert-snapshot.ts";
import { historyId } from "./history-id.ts";
import { type RdbFacts, RdbFile } from "./rdb-file.ts";
import type { DataFacts, OpenDataOptions, ServedData, SnapshotOfData } from "./served-data.ts";

/** A history of our own begins here, not at 0, which every replica counts as having. */
export const FIRST_OFFSET = 1;

/** Takes over the file, unless it is only the first part of an append-only file: then undefined. */
export async function openRdbData(
  file: File,
  container: Container,
  options: OpenDataOptions,
): Promise<ServedData | undefined> {
  const { path, signal, onProgress } = options;
  const totalBytes = await file.size();
  const stored = new RdbFile(file, container);
  const facts = await stored.check({ signal, onProgress: (bytes) => onProgress(bytes, totalBytes) });
  if (facts === "commands follow") return undefined;
  const { rdb, conversion, warnings } = await snapshotToSend(stored.stored(facts), options);
  const { history, offset } = await historyOf(facts, conversion, options);
  const stream = await StoredStream.open(options.files, [], { startOffset: offset });
  return {
    source: {
      history,
      backlog: new StoredBacklog(stream),
      snapshots: new StoredSnapshots(rdb, offset),
      close: () => stored.close(),
    },
    facts: {
      kind: "rdb",
      container,
      snapshot: snapshotFacts(facts),
      conversion,
      stream: { fileCount: 0, commandCount: 0, sizeBytes: 0, cutBytes: 0 },
    },
    warnings: [...oddities(path, facts), ...warnings],
  };
}

function snapshotFacts({ dialect, version, sizeBytes, keyCount, checksum, aux }: RdbFacts): SnapshotOfData {
  const [redis, valkey] = [aux.get("redis-ver"), aux.get("valkey-ver")];
  const writtenBy = valkey === undefined ? redis && `redis ${redis}` : `valkey ${valkey}`;
  return { dialect, version, writtenBy, sizeBytes, keyCount, checksum };
}

/** Where the data stands, under which id, and whose replicas have it. */
async function historyOf(
  { aux, sizeBytes, storedChecksum, checksum }: RdbFacts,
  conversion: DataFacts["conversion"],
  { files, path }: OpenDataOptions,
): Promise<{ readonly history: ReplicationHistory; readonly offset: number }> {
  const writer = parseReplicationId(aux.get("repl-id") ?? "");
  const noted = offsetOfCount(aux.get("repl-offset") ?? "") ?? 0;
  const isLossy = conversion !== undefined && conversion.losses.count > 0;
  const continues = writer !== undefined && noted > 0 && !isLossy;
  const offset = continues ? noted : FIRST_OFFSET;
  // Without a checksum of all of it, the file is known by when it changed.
  const when = checksum === "ok" ? "" : String((await files.stat(path))?.modifiedAtMs);
  const words = [
    "rdb",
    String(sizeBytes),
    storedChecksum ?? "",
    when,
    conversion?.target ?? "",
    String(offset),
  ];
  const id = historyId(words);
  return { offset, history: continues ? shiftHistory(newHistory(writer), id, offset) : newHistory(id) };
}

function oddities(path: string, { warningCount, keyCount }: RdbFacts): string[] {
  const lines: string[] = [];
  if (keyCount === 0) lines.push(`there is no key in ${path}: replicas will be empty`);
  if (warningCount > 0)
    lines.push(
      `${formatCount(warningCount)} oddities in ${path} that servers live with: rdb-inspect check tells which`,
    );
  return lines;
}
