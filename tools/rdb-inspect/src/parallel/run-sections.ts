/**
 * Runs a pass over sections of the input in worker threads, and puts output and results together in
 * the order of the file.
 *
 *   input → scanner → pieces → worker: sections 0, 1, 3 …       ┐  output and results,
 *                            → this thread: sections 2, 5 …     ┘  section after section
 *
 * This thread decodes too, while every worker has enough to do: it has the code warm already, and a
 * second worker on a machine of two cores only took time from the first (measured: 20 % more CPU).
 *
 * What is in flight is bounded: so many bytes of pieces, and as much output as the sections behind the
 * one being written can make. Memory of pieces goes round between this thread and the workers.
 */
import { combineCrc64, type FormatError } from "@holdfast/bytes";
import { RdbFormatError, type ResumePoint } from "@holdfast/rdb";
import type { Input } from "../input.ts";
import type { PassResult, SectionedPassKind, SectionPlan } from "../pass.ts";
import { Problem } from "../problems.ts";
import type { PassRun, RunOptions } from "../run-pass.ts";
import { type Order, type Report, receiveFailure, type SentEnd } from "./messages.ts";
import { type Piece, SectionScanner } from "./section-scanner.ts";
import { SectionServer } from "./section-server.ts";

/** A thread that runs worker.ts. */
export interface SectionWorker {
  post(order: Order, moved: readonly ArrayBuffer[]): void;
  /** Sets who gets its reports, and who hears of its death; set once, before the first order. */
  listen(onReport: (report: Report) => void, onFailure: (error: Error) => void): void;
  stop(): Promise<void>;
}

/** A section is closed at the first border behind so many bytes. */
const usualSectionBytes = 1 << 20;
/** Pieces that a worker has and has not given back; with fewer it may run dry while this thread decodes. */
const piecesInFlightMax = 5;

/** Pieces that a section usually has: it begins and ends within a chunk. */
const piecesOfSection = 3;
/** Sections begun and not written: the output of all but the first of them waits in memory. */
const sectionsAheadMax = 6;
/** Stands for this thread where a worker's number is due. */
const here = -1;

interface Section {
  readonly worker: number;
  readonly outputs: Uint8Array[];
  end: SentEnd | undefined;
}

/**
 * Runs the pass and stops the workers.
 *
 * Undefined when an order-free pass met damage: what stands before it cannot be told from what stands behind.
 */
export async function runSections<Settings, Result extends PassResult>(
  kind: SectionedPassKind<Settings, Result>,
  settings: Settings,
  plan: SectionPlan<Settings>,
  input: Input,
  options: RunOptions,
  workers: readonly SectionWorker[],
  sectionBytes = usualSectionBytes,
): Promise<PassRun<Result> | undefined> {
  const run = new SectionsRun(kind, settings, plan, input, options, workers, sectionBytes);
  try {
    return await run.run();
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
  }
}

class SectionsRun<Settings, Result extends PassResult> {
  readonly #kind: SectionedPassKind<Settings, Result>;
  readonly #settings: Settings;
  readonly #plan: SectionPlan<Settings>;
  readonly #input: Input;
  readonly #options: RunOptions;
  readonly #workers: readonly SectionWorker[];
  readonly #scanner: SectionScanner;
  /** Pieces that each worker has. */
  readonly #inFlight: number[];
  readonly #sections: Section[] = [];
  #spare: ArrayBuffer[] = [];
  readonly #conclusions: { readonly result: unknown }[] = [];
  /** First section that is not merged. */
  #next = 0;
  #merged: Result | undefined;
  #failure: FormatError | undefined;
  #keyCount = 0;
  #offset = 0;
  #checksum = 0n;
  readonly #here: SectionServer;
  #wake: (() => void) | undefined;
  #crash: Error | undefined;

  constructor(
    kind: SectionedPassKind<Settings, Result>,
    settings: Settings,
    plan: SectionPlan<Settings>,
    input: Input,
    options: RunOptions,
    workers: readonly SectionWorker[],
    sectionBytes: number,
  ) {
    this.#kind = kind;
    this.#settings = settings;
    this.#plan = plan;
    this.#input = input;
    this.#options = options;
    this.#workers = workers;
    this.#inFlight = workers.map(() => 0);
    this.#scanner = new SectionScanner({ sectionBytes, totalBytes: input.contentBytes });
    this.#here = new SectionServer((report) => this.#take(here, report));
    for (const [index, worker] of workers.entries()) {
      worker.listen(
        (report) => this.#take(index, report),
        (error) => this.#die(error),
      );
    }
  }

  async run(): Promise<PassRun<Result> | undefined> {
    const { signal } = this.#options;
    for await (const chunk of this.#input.chunks(0, signal)) {
      for (const piece of this.#scanner.cut(chunk)) await this.#send(piece);
      await this.#writeReady();
      if (this.#failure !== undefined) break;
      this.#options.progress?.update(this.#input.consumedBytes(), this.#keyCount);
    }
    this.#closeLast();
    while (this.#next < this.#sections.length && this.#failure === undefined) {
      await this.#until(() => this.#hasNews());
      await this.#writeReady();
    }
    if (this.#plan.isOrderFree) await this.#conclude();
    return this.#finish();
  }

  /** Merges one result a worker. */
  async #conclude(): Promise<void> {
    for (const worker of [here, ...this.#workers.keys()]) this.#order(worker, { kind: "conclude" });
    await this.#until(() => this.#conclusions.length > this.#workers.length);
    for (const { result } of this.#conclusions) if (result !== undefined) this.#add(result as Result);
  }

  async #send(piece: Piece): Promise<void> {
    if (piece.opens !== undefined) {
      await this.#until(() => this.#sections.length - this.#next < sectionsAheadMax, true);
      this.#open(this.#freeWorker(), piece.opens.resume);
    }
    const { worker } = this.#sections[this.#sections.length - 1];
    if (worker === here) {
      // The chunk stays as it is until the decoder here has taken the next one: no copy.
      this.#here.take({ kind: "piece", bytes: piece.bytes, rdbBytes: piece.rdbBytes });
    } else {
      await this.#until(() => this.#inFlight[worker] < piecesInFlightMax);
      const bytes = this.#copy(piece.bytes);
      this.#inFlight[worker] += 1;
      this.#workers[worker].post({ kind: "piece", bytes, rdbBytes: piece.rdbBytes }, [
        bytes.buffer as ArrayBuffer,
      ]);
    }
    if (piece.closes) this.#order(worker, { kind: "close", isLast: false });
  }

  /** The worker with the least to do, or this thread when all have enough. */
  #freeWorker(): number {
    const least = Math.min(...this.#inFlight);
    return least + piecesOfSection <= piecesInFlightMax ? this.#inFlight.indexOf(least) : here;
  }

  #order(worker: number, order: Order): void {
    if (worker === here) this.#here.take(order);
    else this.#workers[worker].post(order, []);
  }

  #open(worker: number, resume: ResumePoint | undefined): void {
    const section = this.#sections.length;
    this.#sections.push({ worker, outputs: [], end: undefined });
    const settings = resume === undefined ? this.#settings : this.#plan.settingsFor(this.#scanner.facts);
    const { name, contentBytes: totalBytes } = this.#input;
    const { isOrderFree } = this.#plan;
    this.#order(worker, {
      kind: "open",
      section,
      pass: this.#kind.name,
      settings,
      name,
      totalBytes,
      resume,
      isOrderFree,
    });
  }

  /** The input is over: the open section learns that nothing follows. An empty input opens one for that. */
  #closeLast(): void {
    if (!this.#scanner.hasOpenSection) this.#open(here, this.#scanner.nextResume);
    const section = this.#sections[this.#sections.length - 1];
    this.#order(section.worker, { kind: "close", isLast: true });
  }

  /** Memory of ours that is moved to the worker: the chunk itself is read into again. */
  #copy(bytes: Uint8Array): Uint8Array {
    const index = this.#spare.findIndex(
      (buffer) => buffer.byteLength >= bytes.length && buffer.byteLength <= 4 * bytes.length + 65_536,
    );
    const buffer = index < 0 ? new ArrayBuffer(bytes.length) : this.#spare.splice(index, 1)[0];
    const copy = new Uint8Array(buffer, 0, bytes.length);
    copy.set(bytes);
    return copy;
  }

  #take(worker: number, report: Report): void {
    if (report.kind === "spent") {
      if (worker !== here) this.#reuse(worker, report.bytes.buffer as ArrayBuffer);
    } else if (report.kind === "output") {
      this.#sections[report.section].outputs.push(report.bytes);
    } else if (report.kind === "end") {
      this.#sections[report.section].end = report.end;
    } else {
      this.#conclusions.push({ result: report.result });
    }
    this.#wake?.();
  }

  #reuse(worker: number, buffer: ArrayBuffer): void {
    this.#inFlight[worker] -= 1;
    if (this.#spare.length < piecesInFlightMax) this.#spare.push(buffer);
  }

  #die(error: Error): void {
    this.#crash = error;
    this.#wake?.();
  }

  #hasNews(): boolean {
    const section = this.#sections[this.#next];
    return section.end !== undefined || section.outputs.length > 0;
  }

  /** Waits until it is true; `writes`: what is ready is written meanwhile. */
  async #until(isTrue: () => boolean, writes = false): Promise<void> {
    for (;;) {
      if (writes) await this.#writeReady();
      if (this.#crash !== undefined) throw this.#crash;
      this.#options.signal?.throwIfAborted();
      if (isTrue()) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }

  /** Writes and merges what is there, in the order of the file, up to the first section that failed. */
  async #writeReady(): Promise<void> {
    while (this.#next < this.#sections.length && this.#failure === undefined) {
      const section = this.#sections[this.#next];
      const outputs = section.outputs.splice(0);
      for (const output of outputs) await this.#options.write?.(output);
      if (section.outputs.length > 0) continue;
      if (section.end === undefined) return;
      this.#merge(section.end);
      section.end = undefined;
      this.#next += 1;
    }
  }

  #merge(sent: SentEnd): void {
    if (!this.#plan.isOrderFree) this.#add(sent.result as Result);
    this.#keyCount += sent.keyCount;
    this.#offset = sent.offset;
    this.#checksum = combineCrc64(this.#checksum, sent.checksum, sent.checksumBytes);
    if (sent.failure !== undefined) this.#failure = receiveFailure(sent.failure);
  }

  #add(result: Result): void {
    this.#merged = this.#merged === undefined ? result : this.#kind.merge(this.#merged, result);
  }

  #finish(): PassRun<Result> | undefined {
    if (this.#merged === undefined) throw new Problem(1, "no section was decoded");
    const failure = this.#failure ?? this.#scanner.failure ?? this.#checksumFailure();
    if (failure !== undefined && this.#plan.isOrderFree) return undefined;
    const { file } = this.#merged;
    if (file.checksum === "unchecked" && failure === undefined) file.checksum = "ok";
    return { result: this.#merged, failure, keyCount: this.#keyCount, offset: this.#offset };
  }

  /**
   * The checksum is stored in the byte order in which it was computed, so bytes and checksum together
   * have the checksum zero.
   */
  #checksumFailure(): FormatError | undefined {
    const { facts } = this.#scanner;
    const isStored = facts.storedChecksum !== undefined && facts.storedChecksum !== 0n;
    if (!isStored || this.#checksum === 0n || facts.endOffset === undefined) return undefined;
    const detail = `checksum is ${facts.storedChecksum?.toString(16).padStart(16, "0")}, the bytes make another one`;
    return new RdbFormatError("RDB_CHECKSUM_MISMATCH", detail, {
      offset: facts.endOffset - 8,
      path: this.#input.name,
    });
  }
}
