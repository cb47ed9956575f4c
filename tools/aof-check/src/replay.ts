/**
 * Everything that a server would load, applied to databases in memory: base, then commands, in order; with progress on stderr.
 *
 * Hot: applyRows(), for every batch of commands.
 */
import { type AofLocation, type AofReadMode, readAof } from "@holdfast/aof";
import type { Progress } from "@holdfast/command-line";
import { Keyspace, SnapshotLoader } from "@holdfast/keyspace";
import { loadedBytesOf, type Session } from "./session.ts";

export interface Replayed {
  readonly keyspace: Keyspace;
  /** Commands of a MULTI without EXEC at the end, which servers drop. */
  readonly droppedCommands: number;
  /** Whether reading ended at damage: what is behind it is not in the keyspace. */
  readonly isPartial: boolean;
}

/** Applies all files; in mode "salvage" up to the first damage. Throws what readAof() and the keyspace throw. */
export async function replay(session: Session, location: AofLocation, mode: AofReadMode): Promise<Replayed> {
  const progress = session.progress(loadedBytesOf(location), "commands");
  try {
    return await replayFiles(session, location, mode, progress);
  } finally {
    progress.end();
  }
}

async function replayFiles(
  session: Session,
  location: AofLocation,
  mode: AofReadMode,
  progress: Progress,
): Promise<Replayed> {
  const { signal, clock, random } = session.host;
  const startedAtMs = clock.nowMs();
  const seed = Buffer.from(random.bytes(8));
  const hashSeed = [seed.readInt32LE(0), seed.readInt32LE(4)] as const;
  const keyspace = new Keyspace({ nowMs: () => startedAtMs, hashSeed });
  const words = new WordCollector(keyspace);
  let loader = new SnapshotLoader(keyspace);
  let droppedCommands = 0;
  // Of the files before the current one; of that one `read` is done.
  let doneBytes = 0;
  let sizeBytes = 0;
  let commands = 0;
  const report = (read: number) => progress.update(doneBytes + read, commands);
  for await (const event of readAof(session.files, location, { mode, signal })) {
    switch (event.kind) {
      case "file":
        loader = new SnapshotLoader(keyspace);
        doneBytes += sizeBytes;
        sizeBytes = event.sizeBytes;
        report(0);
        break;
      case "snapshot":
        for (const part of event.events) loader.take(part);
        report(event.events.findLast((part) => part.kind === "key")?.offset ?? 0);
        break;
      case "commands":
        keyspace.applyRows(event);
        commands += event.count;
        report(event.endOffset);
        break;
      case "command-start":
        words.begin();
        break;
      case "argument-piece":
        words.add(event.bytes, event.before === 0);
        break;
      case "command-end":
        words.end();
        commands += 1;
        break;
      case "gap":
        droppedCommands += keyspace.discardUnit();
        return { keyspace, droppedCommands, isPartial: true };
      default:
      // Annotations, and problems that the check has reported.
    }
  }
  droppedCommands += keyspace.discardUnit();
  return { keyspace, droppedCommands, isPartial: false };
}

/** A command that comes in pieces, put together. */
class WordCollector {
  readonly #keyspace: Keyspace;
  #words: Uint8Array[][] = [];

  constructor(keyspace: Keyspace) {
    this.#keyspace = keyspace;
  }

  begin(): void {
    this.#words = [];
  }

  add(bytes: Uint8Array, isFirst: boolean): void {
    if (isFirst) this.#words.push([]);
    this.#words[this.#words.length - 1].push(bytes.slice());
  }

  end(): void {
    this.#keyspace.apply(
      this.#words.map((pieces) => (pieces.length === 1 ? pieces[0] : Buffer.concat(pieces))),
    );
    this.#words = [];
  }
}
