/**
 * One file of an append-only directory, read from its first byte to its last or to its first damage.
 *
 * Nothing is written, and files are opened for reading only. Memory does not depend on the size of the file or of anything in it.
 */
import { FormatError } from "@holdfast/bytes";
import { type File, type FileSystem, readChunks } from "@holdfast/platform";
import { makeCheckLane, RdbFormatError } from "@holdfast/rdb";
import { RespFormatError } from "@holdfast/resp";
import { CommandKernel } from "./command-kernel.ts";
import { type AofServer, commandName } from "./command-table.ts";
import { chunkBytesFor, classOfDamage, findRecords, lineNumberAt, withFile, zerosFrom } from "./damage.ts";
import { AofFileScan, beginsLikeRdb } from "./file-scan.ts";
import { FindingLog } from "./finding-log.ts";
import type { LoadedFile } from "./loaded-files.ts";
import { codeOfClass, consequenceOf, missingFileProblem } from "./outcomes.ts";
import type { AofProblemCode } from "./problem-codes.ts";
import { RdbPartWatch } from "./rdb-part-watch.ts";
import { RecordWatch, type RecordWatchOptions } from "./record-watch.ts";
import type { AofDamage, AofFileReport, AofProblem } from "./report.ts";

const HASH = 0x23;
const RDB_MAGIC_BYTES = 6;

export interface CheckedFile {
  readonly report: AofFileReport;
  readonly rdb: RdbPartWatch;
  readonly problems: readonly AofProblem[];
}

export interface CheckFileOptions extends RecordWatchOptions {
  /** Of each kind of finding, how many are listed; all are counted. Default 20. */
  readonly findingsMax?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called for every chunk with how many bytes of this file are read. */
  readonly onProgress?: ((readBytes: number) => void) | undefined;
}

/** Checks one file. Throws FileError when it cannot be read, and the signal's reason. */
export async function checkFile(
  files: FileSystem,
  target: LoadedFile,
  options: CheckFileOptions,
): Promise<CheckedFile> {
  const info = await files.stat(target.path);
  if (info?.kind !== "file") return missingFile(target, options.server);
  return withFile(files, target.path, async (file) => {
    const sizeBytes = await file.size();
    const isRdb = beginsLikeRdb(await readAt(file, 0, RDB_MAGIC_BYTES));
    const facts = { file, sizeBytes, isRdb, modifiedAtMs: info.modifiedAtMs };
    return new FileCheck(target, facts, options).run();
  });
}

async function readAt(file: File, offset: number, sizeBytes: number): Promise<Uint8Array> {
  const target = new Uint8Array(sizeBytes);
  return target.subarray(0, await file.readAt(offset, target));
}

function missingFile(target: LoadedFile, server: AofServer | undefined): CheckedFile {
  const problem = missingFileProblem(target, server);
  const nothing = { sizeBytes: 0, modifiedAtMs: 0, commands: 0, units: 0, annotations: 0, soundBytes: 0 };
  return {
    report: { ...target, ...nothing, form: "missing", commandCounts: [] },
    rdb: new RdbPartWatch(),
    problems: [problem],
  };
}

interface FileFacts {
  readonly file: File;
  /** When the check began: what is appended meanwhile is not looked at. */
  readonly sizeBytes: number;
  readonly isRdb: boolean;
  readonly modifiedAtMs: number;
}

class FileCheck {
  readonly #target: LoadedFile;
  readonly #facts: FileFacts;
  readonly #options: CheckFileOptions;
  readonly #rdb = new RdbPartWatch();
  readonly #findings: FindingLog;
  #watch: RecordWatch;
  /** Where the commands begin behind an RDB, once that has been read. */
  #rdbEnd: number | undefined;
  #kernel: CommandKernel | undefined;

  constructor(target: LoadedFile, facts: FileFacts, options: CheckFileOptions) {
    this.#target = target;
    this.#facts = facts;
    this.#options = options;
    this.#findings = new FindingLog(options.findingsMax ?? 20);
    this.#watch = new RecordWatch(0, this.#findings, options);
  }

  async run(): Promise<CheckedFile> {
    const failure = await this.#read();
    const zeros = await zerosFrom(this.#facts.file, this.#facts.sizeBytes);
    const record = await this.#failedRecord(failure, zeros);
    const damage = record === undefined ? undefined : await this.#examine(record, zeros);
    const report = this.#report(record, damage);
    return { report, rdb: this.#rdb, problems: [...this.#problems(record, damage, failure)] };
  }

  /** Undefined when all of the file could be read. */
  async #read(): Promise<FormatError | undefined> {
    try {
      if (this.#facts.isRdb) await this.#readRdb();
      await this.#readCommands(this.#rdbEnd ?? 0);
      return undefined;
    } catch (error) {
      if (error instanceof FormatError) return error;
      throw error;
    }
  }

  async #readRdb(): Promise<void> {
    const lane = makeCheckLane();
    const { path } = this.#target;
    const scan = new AofFileScan({
      rdb: { level: "check", lane, reuseKeys: true, path },
      log: { deviations: "report" },
    });
    await this.#pump(scan, 0, lane?.slots);
  }

  async #readCommands(start: number): Promise<void> {
    this.#watch = new RecordWatch(start, this.#findings, this.#options);
    const { table, databases } = this.#watch;
    this.#kernel = CommandKernel.make(table, databases);
    const scan = new AofFileScan({
      log: { deviations: "report", argumentBytesMax: Number.MAX_SAFE_INTEGER, start, lane: this.#kernel },
    });
    await this.#pump(scan, start, this.#kernel?.slots);
  }

  /** Reads from an offset to the end of the file, or of the RDB. */
  async #pump(scan: AofFileScan, start: number, into: readonly Uint8Array[] | undefined): Promise<void> {
    const { signal, onProgress } = this.#options;
    const { file, sizeBytes } = this.#facts;
    const chunkBytes = chunkBytesFor(sizeBytes);
    let readBytes = start;
    const source = readChunks(file, { signal, into, reuse: true, start, end: sizeBytes, chunkBytes });
    for await (const chunk of source) {
      scan.push(chunk);
      if (this.#drain(scan)) return;
      readBytes += chunk.length;
      onProgress?.(readBytes);
    }
    scan.end();
    this.#drain(scan);
  }

  /** Takes what the scan can say; true when the RDB has ended: commands are read in another way. */
  #drain(scan: AofFileScan): boolean {
    const kernel = this.#kernel;
    const watch = this.#watch;
    for (let event = scan.next(); event !== undefined; event = scan.next()) {
      if (event.kind === "run") watch.takeRun(event.offset, event.endOffset, kernel!.run);
      else if (event.kind === "rdb") this.#rdb.take(event.event);
      else if (event.kind === "rdb-end") {
        this.#rdbEnd = event.endOffset;
        return true;
      } else watch.take(event);
      if (kernel !== undefined) kernel.isUnitOpen = watch.isUnitOpen;
    }
    return false;
  }

  /** The first record that is not as it was written and that ends what can be trusted. */
  async #failedRecord(failure: FormatError | undefined, zeros: number): Promise<FailedRecord | undefined> {
    if (failure instanceof RdbFormatError) return undefined;
    const torn = this.#tornRecord(zeros);
    if (torn !== undefined) return torn;
    const { commands, openUnit, border } = this.#watch;
    const place = { number: commands + 1, unitOffset: border, unitCommands: openUnit?.commands ?? 0 };
    if (failure instanceof RespFormatError) {
      const { offset, commandOffset: recordOffset, detail } = failure;
      const [first] = await readAt(this.#facts.file, recordOffset, 1);
      const isAnnotation = failure.code === "RESP_TRUNCATED" && first === HASH;
      const problem = isAnnotation ? "AOF_UNENDED_ANNOTATION" : undefined;
      return { code: failure.code, detail, offset, recordOffset, problem, ...place };
    }
    if (openUnit === undefined) return undefined;
    const detail = `the file ends inside a unit that MULTI began at offset ${openUnit.offset}`;
    const { sizeBytes: end } = this.#facts;
    return {
      code: "RESP_TRUNCATED",
      detail,
      offset: end,
      recordOffset: end,
      problem: "AOF_OPEN_UNIT",
      ...place,
    };
  }

  /** A record whose end is among the zeros at the end of the file: servers read it, and take the zeros for its value. */
  #tornRecord(zeros: number): FailedRecord | undefined {
    const last = this.#findings.last("AOF_DEVIATION");
    if (zeros === this.#facts.sizeBytes || last === undefined || last.offset < zeros) return undefined;
    const { detail, offset, recordOffset, cause = "", unitOffset, unitCommands, recordNumber: number } = last;
    return {
      code: cause,
      detail,
      offset,
      recordOffset,
      problem: "AOF_TORN",
      number,
      unitOffset,
      unitCommands,
    };
  }

  async #examine(record: FailedRecord, zeros: number): Promise<AofDamage> {
    const { file, sizeBytes } = this.#facts;
    const isOpenUnit = record.problem === "AOF_OPEN_UNIT";
    return {
      class: isOpenUnit ? "truncated" : await classOfDamage(file, record, { zerosFrom: zeros, sizeBytes }),
      cause: record.code,
      detail: record.detail,
      offset: record.offset,
      recordOffset: record.recordOffset,
      recordNumber: record.number,
      lineNumber: await lineNumberAt(file, record.offset),
      openUnitCommands: record.unitCommands,
      behind: await findRecords(file, record.recordOffset + 1, sizeBytes),
      zerosFrom: zeros,
    };
  }

  #report(record: FailedRecord | undefined, damage: AofDamage | undefined): AofFileReport {
    const { sizeBytes, isRdb, modifiedAtMs } = this.#facts;
    const watch = this.#watch;
    const { units, annotations, firstTimeSec, lastTimeSec, firstLater } = watch;
    const isInsideRdb = isRdb && this.#rdbEnd === undefined;
    const rdb = this.#rdb.part;
    return {
      ...this.#target,
      sizeBytes,
      modifiedAtMs,
      form: sizeBytes === 0 ? "empty" : isRdb ? "rdb" : "commands",
      ...(rdb === undefined ? {} : { rdb }),
      commands: record === undefined ? watch.commands : record.number - 1,
      units,
      annotations,
      ...(firstTimeSec === undefined ? {} : { firstTimeSec }),
      ...(lastTimeSec === undefined ? {} : { lastTimeSec }),
      ...(firstLater === undefined ? {} : { firstLater }),
      soundBytes: isInsideRdb ? 0 : (record?.unitOffset ?? sizeBytes),
      ...(damage === undefined ? {} : { damage }),
      commandCounts: this.#counts(),
    };
  }

  #counts(): { name: string; count: number }[] {
    const byKernel = this.#kernel?.counts;
    const counts = Array.from(this.#watch.counts, (count, row) => ({
      name: commandName(row),
      count: count + (byKernel?.[row] ?? 0),
    }));
    return counts.filter(({ count }) => count > 0).sort((one, other) => other.count - one.count);
  }

  *#problems(
    record: FailedRecord | undefined,
    damage: AofDamage | undefined,
    failure: FormatError | undefined,
  ): Generator<AofProblem, void, void> {
    const { server } = this.#options;
    const { path } = this.#target;
    if (failure instanceof RdbFormatError) {
      const { offset, detail, code: cause } = failure;
      yield {
        code: "AOF_RDB_DAMAGED",
        path,
        offset,
        detail,
        cause,
        ...consequenceOf("AOF_RDB_DAMAGED", server),
      };
    }
    yield* this.#rdb.problems(path, server);
    for (const { finding, further } of this.#findings.all()) {
      const { unitCommands: _unitCommands, ...facts } = finding;
      const isDamage = finding.code === "AOF_DEVIATION" && finding.offset === record?.offset;
      if (isDamage && further === 0) continue;
      yield { ...facts, path, ...consequenceOf(finding.code, server), ...(further === 0 ? {} : { further }) };
    }
    if (record !== undefined && damage !== undefined) yield this.#damageProblem(record, damage);
  }

  #damageProblem(record: FailedRecord, damage: AofDamage): AofProblem {
    const code = record.problem ?? codeOfClass(damage.class);
    const { offset, recordOffset, recordNumber, detail, cause } = damage;
    return {
      code,
      path: this.#target.path,
      offset,
      recordOffset,
      recordNumber,
      unitOffset: record.unitOffset,
      detail,
      cause,
      ...consequenceOf(code, this.#options.server),
    };
  }
}

interface FailedRecord {
  readonly code: string;
  readonly detail: string;
  readonly offset: number;
  readonly recordOffset: number;
  /** Undefined: what its class of damage is called. */
  readonly problem: AofProblemCode | undefined;
  readonly number: number;
  readonly unitOffset: number;
  readonly unitCommands: number;
}
