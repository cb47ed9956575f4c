/**
 * An RDB on disk as something to be served: found sound to its last byte first, then read again for each replica.
 *
 *   dump.rdb                    the file, opened once; a new one of the same name changes nothing
 *   dump.rdb.zst, dump.rdb.gz   unpacked on the way, each time
 *   base.rdb + commands         the first part of an append-only file: aof-files.ts has the rest
 */
import { type Container, decompressContainer } from "@holdfast/bytes";
import type { File } from "@holdfast/platform";
import { readChunks } from "@holdfast/platform";
import { makeCheckLane, RdbDecoder, type RdbDialect, type RdbEvent } from "@holdfast/rdb";
import { ResyncError, type StoredRdb } from "@holdfast/resync";

/** What an RDB says about itself. */
export interface RdbFacts {
  readonly dialect: RdbDialect;
  readonly version: number;
  readonly sizeBytes: number;
  readonly keyCount: number;
  readonly checksum: "ok" | "off" | "none" | "unchecked";
  /** Stored CRC-64, in hex; undefined before RDB 5. */
  readonly storedChecksum: string | undefined;
  readonly aux: ReadonlyMap<string, string>;
  /** Things that servers live with, such as empty values. */
  readonly warningCount: number;
}

export interface RdbCheckOptions {
  readonly signal: AbortSignal;
  /** Called for each chunk with how much of the stored file is read. */
  readonly onProgress: (bytes: number, keys: number) => void;
}

/** An RDB in a file, alone or in a container; `sizeBytes` is how much of the file belongs to it, undefined for all. */
export class RdbFile {
  readonly #file: File;
  readonly #container: Container;
  readonly #end: number | undefined;

  constructor(file: File, container: Container, end?: number) {
    this.#file = file;
    this.#container = container;
    this.#end = end;
  }

  /**
   * Reads all of it, values included. "commands follow" when it is only the first part of an append-only file. Throws RdbFormatError for
   * the first damage, CompressionError, FileError, the signal's reason.
   */
  async check({ signal, onProgress }: RdbCheckOptions): Promise<RdbFacts | "commands follow"> {
    const survey = new RdbSurvey();
    const lane = makeCheckLane();
    const path = this.#file.path;
    const decoder = new RdbDecoder({ level: "check", lane, reuseKeys: true, path });
    let storedBytes = 0;
    const counted = (bytes: number) => {
      storedBytes += bytes;
    };
    const isPlain = this.#container === "none";
    const into = isPlain ? lane?.slots : undefined;
    for await (const chunk of this.#unpacked(counted, { signal, into, reuse: isPlain })) {
      decoder.push(chunk);
      for (let event = decoder.next(); event !== undefined; event = decoder.next()) survey.take(event);
      if (survey.commandsFollow) return "commands follow";
      onProgress(storedBytes, decoder.keyCount);
    }
    decoder.end();
    for (let event = decoder.next(); event !== undefined; event = decoder.next()) survey.take(event);
    return survey.commandsFollow ? "commands follow" : survey.facts(decoder.keyCount);
  }

  /** As it was checked. */
  stored({ dialect, version, sizeBytes }: Pick<RdbFacts, "dialect" | "version" | "sizeBytes">): StoredRdb {
    return { dialect, version, sizeBytes, chunks: () => this.#whole(sizeBytes) };
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async *#whole(sizeBytes: number): AsyncGenerator<Uint8Array, void, void> {
    let sentBytes = 0;
    for await (const chunk of this.#unpacked(() => {})) {
      sentBytes += chunk.length;
      if (sentBytes > sizeBytes) break;
      yield chunk;
    }
    if (sentBytes === sizeBytes) return;
    const detail = `${this.#file.path} is no longer as it was when it was checked`;
    throw new ResyncError("RESYNC_SOURCE_CHANGED", detail);
  }

  #unpacked(
    counted: (bytes: number) => void,
    options: Parameters<typeof readChunks>[1] = {},
  ): AsyncIterable<Uint8Array> {
    const end = this.#end === undefined ? {} : { end: this.#end };
    const stored = readChunks(this.#file, { ...options, ...end });
    return decompressContainer(this.#container, countedChunks(stored, counted));
  }
}

async function* countedChunks(
  chunks: AsyncIterable<Uint8Array>,
  counted: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const chunk of chunks) {
    counted(chunk.length);
    yield chunk;
  }
}

/** What is worth knowing of the events of a check. */
class RdbSurvey {
  readonly #aux = new Map<string, string>();
  #header: { readonly dialect: RdbDialect; readonly version: number } | undefined;
  #end: Extract<RdbEvent, { kind: "end" }> | undefined;
  #warningCount = 0;
  commandsFollow = false;

  take(event: RdbEvent): void {
    if (event.kind === "damage") throw event.error;
    if (event.kind === "header") this.#header = { dialect: event.dialect, version: event.version };
    else if (event.kind === "end") this.#end = event;
    else if (event.kind === "warning") this.#warningCount++;
    else if (event.kind === "trailing") this.commandsFollow = true;
    else if (event.kind === "aux") this.#aux.set(latin1(event.name), latin1(event.value));
    // "aof-base" is its newer name: there the commands stand in files of their own.
    this.commandsFollow ||= this.#aux.get("aof-preamble") === "1";
  }

  facts(keyCount: number): RdbFacts {
    const { checksum, stored, endOffset } = this.#end!;
    return {
      ...this.#header!,
      sizeBytes: endOffset,
      keyCount,
      checksum,
      storedChecksum: stored?.toString(16).padStart(16, "0"),
      aux: this.#aux,
      warningCount: this.#warningCount,
    };
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}
