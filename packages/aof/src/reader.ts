/**
 * Everything in an append-only file, in the order in which a server loads it: the keys of RDBs, then commands.
 *
 *   file → snapshot* → (commands | annotation | pieces | problem)* → file-end → file → … → file-end
 *
 * One await for a batch, never for a command; memory does not depend on the size of the file or of anything in it. Nothing is written.
 */
import { type FormatError, slotsOf, type WindowHome } from "@holdfast/bytes";
import { type File, FileError, type FileSystem, readChunks } from "@holdfast/platform";
import { type RdbDecoderOptions, type RdbEvent, RdbFormatError } from "@holdfast/rdb";
import { type LogEvent, RespFormatError } from "@holdfast/resp";
import type { AofServer } from "./command-table.ts";
import { chunkBytesFor, classOfDamage, findRecords, zerosFrom } from "./damage.ts";
import { AofError, AofFormatError } from "./errors.ts";
import { AofFileScan, type FileScanEvent } from "./file-scan.ts";
import type { Finding } from "./finding-log.ts";
import { type LoadedFile, loadedFilesOf } from "./loaded-files.ts";
import type { AofLocation } from "./locate-aof.ts";
import { codeOfClass, consequenceOf, missingFileProblem } from "./outcomes.ts";
import { RecordWatch } from "./record-watch.ts";
import type { AofProblem } from "./report.ts";

const HASH = 0x23;
/** RDB events handed over at once. */
const SNAPSHOT_EVENTS = 1024;

/**
 * What happens at bytes that are not as servers write them:
 *
 * - strict: everything that a check calls an error is thrown
 * - like-redis: what servers refuse is thrown; what they overlook is read as they read it, and reported; an end that is missing in the last
 *   file is reported as cut
 * - salvage: nothing is thrown; what cannot be read is stepped over up to the next sound records, and reported
 */
export type AofReadMode = "strict" | "like-redis" | "salvage";

export interface AofReadOptions {
  /** No default: a choice that can lose data. */
  readonly mode: AofReadMode;
  /** Whose commands are known. Default: those of all servers. */
  readonly server?: AofServer | undefined;
  /** How many dbs the server has. Default 16. */
  readonly databases?: number | undefined;
  /** Stops in front of the first `#TS:` line that is later, Unix seconds. */
  readonly untilSec?: number | undefined;
  /** How RDBs are read. Default: level "items". */
  readonly rdb?: RdbDecoderOptions | undefined;
  /** Largest command in a batch, in bytes; larger ones come in pieces. Default 1 MiB. */
  readonly wholeBytesMax?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Everything in an event is borrowed until the next one is asked for. */
export type AofReadEvent =
  | { readonly kind: "file"; readonly file: LoadedFile; readonly sizeBytes: number }
  | { readonly kind: "snapshot"; readonly events: readonly RdbEvent[] }
  /** Commands in batches or pieces, and annotations; never kind "deviation". */
  | Exclude<LogEvent, { readonly kind: "deviation" }>
  /** Something that a check would report, about bytes that are handed over all the same. */
  | { readonly kind: "problem"; readonly problem: AofProblem }
  /**
   * Bytes that are not handed over: from the record at `offset` to `endOffset`. Commands of a unit that had begun stand before it, at
   * `unitOffset`; the unit is not whole, and servers would apply nothing of it.
   */
  | {
      readonly kind: "gap";
      readonly problem: AofProblem;
      readonly offset: number;
      readonly endOffset: number;
      readonly unitOffset: number;
      readonly unitCommands: number;
    }
  /** The time that was asked for is reached, in front of this offset of the current file. */
  | { readonly kind: "stopped"; readonly offset: number; readonly timeSec: number }
  | { readonly kind: "file-end"; readonly file: LoadedFile };

/**
 * Reads what locateAof() has found.
 *
 * Throws AofFormatError with path, offset and a code of a check's problems, as the mode says: commands of the same batch as a damaged one
 * are not handed over then. Throws AofError AOF_FILE_MISSING, unless in mode "salvage", FileError, and the signal's reason.
 */
export async function* readAof(
  files: FileSystem,
  location: AofLocation,
  options: AofReadOptions,
): AsyncGenerator<AofReadEvent, void, void> {
  for (const loaded of loadedFilesOf(location)) {
    const file = await openListed(files, loaded);
    if (file === undefined) {
      const problem = missingFileProblem(loaded, options.server);
      if (options.mode !== "salvage") throw new AofError("AOF_FILE_MISSING", loaded.path, problem.detail);
      yield { kind: "problem", problem };
      continue;
    }
    try {
      const reading = new FileReading(loaded, file, options);
      yield* reading.events();
      if (reading.hasStopped) return;
    } finally {
      await file.close();
    }
  }
}

/** Undefined when it is not there. */
async function openListed(files: FileSystem, { path }: LoadedFile): Promise<File | undefined> {
  try {
    return await files.open(path, "read");
  } catch (error) {
    if (error instanceof FileError && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** A record that is cut by the end of a chunk goes on in the next one, behind at most so much of it. */
const HEADROOM_BYTES = 256 * 1024;
const SLOT_BYTES = 1 << 20;
const SLOT_COUNT = 3;

interface ReadingMemory {
  readonly home: WindowHome;
  readonly slots: readonly Uint8Array[];
}

/** Memory in which chunks are read where they were put; undefined for files that are hardly more than a chunk. */
function readingMemory(sizeBytes: number): ReadingMemory | undefined {
  if (sizeBytes < SLOT_COUNT * SLOT_BYTES) return undefined;
  const memory = new Uint8Array(SLOT_COUNT * (HEADROOM_BYTES + SLOT_BYTES));
  const home: WindowHome = { memory, roomBytes: 0, headroomBytes: HEADROOM_BYTES };
  return { home, slots: slotsOf(home, SLOT_BYTES) };
}

/** Whether a mode ends at a problem. */
function isThrown(problem: AofProblem, mode: AofReadMode): boolean {
  if (mode === "strict") return problem.severity === "error";
  return mode === "like-redis" && (problem.outcome === "refuses" || problem.outcome === "crashes");
}

function thrown({ code, detail, offset, path }: AofProblem, cause?: unknown): AofFormatError {
  return new AofFormatError(code, detail, { offset: offset ?? 0, path, cause });
}

class FileReading {
  readonly #loaded: LoadedFile;
  readonly #file: File;
  readonly #options: AofReadOptions;
  readonly #findings: Finding[] = [];
  #watch: RecordWatch;
  #sizeBytes = 0;
  #memory: ReadingMemory | undefined;
  /** The time that was asked for is reached. */
  hasStopped = false;

  constructor(loaded: LoadedFile, file: File, options: AofReadOptions) {
    this.#loaded = loaded;
    this.#file = file;
    this.#options = options;
    this.#watch = this.#newWatch(0);
  }

  async *events(): AsyncGenerator<AofReadEvent, void, void> {
    const sizeBytes = await this.#file.size();
    this.#sizeBytes = sizeBytes;
    yield { kind: "file", file: this.#loaded, sizeBytes };
    for (let start: number | undefined = 0; start !== undefined; ) start = yield* this.#run(start);
    if (!this.hasStopped) yield { kind: "file-end", file: this.#loaded };
  }

  /** Reads from a record on to the end or to damage; gives where to go on behind that. */
  async *#run(start: number): AsyncGenerator<AofReadEvent, number | undefined, void> {
    const { signal, rdb, wholeBytesMax } = this.#options;
    const { path } = this.#loaded;
    this.#watch = this.#newWatch(start);
    this.#memory ??= readingMemory(this.#sizeBytes);
    const memory = this.#memory;
    const scan = new AofFileScan({
      rdb: { ...rdb, path },
      log: {
        home: memory?.home,
        deviations: "report",
        argumentBytesMax: Number.MAX_SAFE_INTEGER,
        start,
        ...(wholeBytesMax === undefined ? {} : { wholeBytesMax }),
      },
    });
    try {
      for await (const chunk of readChunks(this.#file, {
        chunkBytes: chunkBytesFor(this.#sizeBytes),
        start,
        end: this.#sizeBytes,
        reuse: true,
        into: memory?.slots,
        signal,
      })) {
        scan.push(chunk);
        yield* this.#drain(scan);
        if (this.hasStopped) return undefined;
      }
      scan.end();
      yield* this.#drain(scan);
    } catch (error) {
      if (!(error instanceof RespFormatError || error instanceof RdbFormatError)) throw error;
      return yield* this.#damaged(error);
    }
    return this.#watch.openUnit === undefined ? undefined : yield* this.#damaged(undefined);
  }

  *#drain(scan: AofFileScan): Generator<AofReadEvent, void, void> {
    for (let event = scan.next(); event !== undefined && !this.hasStopped; event = scan.next()) {
      if (event.kind === "rdb") yield* this.#snapshot(event, scan);
      else if (event.kind === "rdb-end") this.#watch = this.#newWatch(event.endOffset);
      // A scan without a lane has no runs.
      else if (event.kind !== "run") yield* this.#log(event);
    }
  }

  /** RDB events come together, as many as are at hand; a run of commands is much by itself, and lies where the next one will. */
  *#snapshot(
    first: FileScanEvent & { readonly kind: "rdb" },
    scan: AofFileScan,
  ): Generator<AofReadEvent, void, void> {
    let events: RdbEvent[] = [];
    let event: FileScanEvent | undefined = first;
    try {
      for (; event?.kind === "rdb"; event = scan.next()) {
        events.push(event.event);
        if (events.length < SNAPSHOT_EVENTS && event.event.kind !== "commands") continue;
        yield { kind: "snapshot", events };
        events = [];
      }
    } catch (error) {
      if (events.length > 0) yield { kind: "snapshot", events };
      throw error;
    }
    if (events.length > 0) yield { kind: "snapshot", events };
    if (event?.kind === "rdb-end") this.#watch = this.#newWatch(event.endOffset);
  }

  *#log(event: LogEvent): Generator<AofReadEvent, void, void> {
    this.#watch.take(event);
    if (this.#findings.length > 0) yield* this.#problems();
    const later = event.kind === "annotation" ? this.#watch.firstLater : undefined;
    if (later !== undefined) {
      this.hasStopped = true;
      yield { kind: "stopped", offset: later.offset, timeSec: later.timeSec };
    } else if (event.kind !== "deviation") yield event;
  }

  *#problems(): Generator<AofReadEvent, void, void> {
    for (const { unitCommands: _unitCommands, ...facts } of this.#findings.splice(0)) {
      const problem = this.#problem(facts);
      if (isThrown(problem, this.#options.mode)) throw thrown(problem);
      yield { kind: "problem", problem };
    }
  }

  #problem(facts: ProblemFacts): AofProblem {
    return { ...facts, path: this.#loaded.path, ...consequenceOf(facts.code, this.#options.server) };
  }

  /** Damage, or the end of the file inside a unit. Gives where reading goes on. */
  async *#damaged(
    error: RespFormatError | RdbFormatError | undefined,
  ): AsyncGenerator<AofReadEvent, number | undefined, void> {
    const { openUnit, border } = this.#watch;
    const offset = recordOffsetOf(error) ?? this.#sizeBytes;
    const problem = await this.#damageProblem(error, offset);
    const isCutByServers = this.#loaded.isLast && (error === undefined || error.code === "RESP_TRUNCATED");
    const { mode } = this.#options;
    if (mode === "strict" || (mode === "like-redis" && !isCutByServers)) throw thrown(problem, error);
    const behind =
      mode === "salvage" && error !== undefined
        ? await findRecords(this.#file, offset + 1, this.#sizeBytes)
        : undefined;
    const endOffset = behind?.offset ?? this.#sizeBytes;
    const unitOffset = openUnit === undefined ? offset : border;
    yield { kind: "gap", problem, offset, endOffset, unitOffset, unitCommands: openUnit?.commands ?? 0 };
    return behind?.offset;
  }

  async #damageProblem(error: FormatError | undefined, recordOffset: number): Promise<AofProblem> {
    const { commands, openUnit, border } = this.#watch;
    const place = { recordOffset, recordNumber: commands + 1, unitOffset: border };
    if (error === undefined) {
      const detail = `the file ends inside a unit that MULTI began at offset ${openUnit?.offset}`;
      return this.#problem({ code: "AOF_OPEN_UNIT", detail, offset: recordOffset, ...place });
    }
    const { code: cause, offset, detail } = error as RespFormatError | RdbFormatError;
    const facts = { detail, offset, cause };
    if (error instanceof RdbFormatError) return this.#problem({ code: "AOF_RDB_DAMAGED", ...facts });
    const first = new Uint8Array(1);
    await this.#file.readAt(recordOffset, first);
    const isAnnotation = cause === "RESP_TRUNCATED" && first[0] === HASH;
    if (isAnnotation) return this.#problem({ code: "AOF_UNENDED_ANNOTATION", ...facts, ...place });
    const zeros = await zerosFrom(this.#file, this.#sizeBytes);
    const sizes = { zerosFrom: zeros, sizeBytes: this.#sizeBytes };
    const damageClass = await classOfDamage(this.#file, { code: cause, offset, recordOffset }, sizes);
    return this.#problem({ code: codeOfClass(damageClass), ...facts, ...place });
  }

  #newWatch(border: number): RecordWatch {
    const { server, databases, untilSec } = this.#options;
    const sink = { add: (finding: Finding) => this.#findings.push(finding) };
    return new RecordWatch(border, sink, { server, databases, untilSec });
  }
}

type ProblemFacts = Omit<AofProblem, "path" | "severity" | "outcome" | "advice">;

function recordOffsetOf(error: RespFormatError | RdbFormatError | undefined): number | undefined {
  return error instanceof RespFormatError ? error.commandOffset : error?.offset;
}
