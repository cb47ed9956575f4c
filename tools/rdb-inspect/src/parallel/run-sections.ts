/**
 * Runs a pass over sections of a file side by side, and puts output and results together in the order of the file.
 *
 *   file      |  0  |  1  |  2  |  3  |  4  | …      cut at guessed borders (borders.ts)
 *   worker    ======= 0 ======|==== 2 ====| …
 *   here            ======= 1 =====|=== 3 ===| …
 *
 * A section is right when the one before it ended exactly where it began, between two records and in the db that was
 * assumed. The first section begins the file, so by that chain all of them are proved; where the chain breaks, what
 * comes behind is thrown away and read again from there in one go.
 *
 * What is in flight is bounded: the output that a worker may have on its way, and the sections begun and not written.
 */

import { combineCrc64, type FormatError } from "@holdfast/bytes";
import { Problem } from "@holdfast/command-line";
import { makeSkipLane, RdbDecoder, RdbFormatError, type ResumePoint } from "@holdfast/rdb";
import { type FileFacts, FileFactsCollector } from "../file-facts.ts";
import type { Input } from "../input.ts";
import type { PassResult, SectionedPassKind, SectionPlan } from "../pass.ts";
import type { PassRun, RunOptions } from "../run-pass.ts";
import { BorderFinder } from "./borders.ts";
import { type Order, type Report, receiveFailure, type SentEnd } from "./messages.ts";
import type { Section } from "./section-runner.ts";
import { SectionServer } from "./section-server.ts";

/** A thread that runs worker.ts. */
export interface SectionWorker {
  post(order: Order): void;
  /** Sets who gets its reports, and who hears of its death; set once, before the first order. */
  listen(onReport: (report: Report) => void, onFailure: (error: Error) => void): void;
  stop(): Promise<void>;
}

/** About how large sections are; a border is looked for behind so many bytes. */
const usualSectionBytes = 8 << 20;
/** How often a border is looked for, each time further on, before the rest of the file is one section. */
const searchesMax = 16;
/** Sections that a worker has to do: the second one waits for the first. */
const ordersAheadMax = 2;
/** Sections that each thread may be ahead of what is written. */
const sectionsAheadPerThread = 3;

/** What the start of a file says, as far as sections need it. */
interface FileHead {
  readonly facts: FileFacts;
  readonly resume: ResumePoint;
}

interface Job {
  readonly section: Section;
  readonly worker: WorkerState | undefined;
  readonly outputs: Uint8Array[];
  end: SentEnd | undefined;
  /** What it says counts for nothing: a section in front of it ended elsewhere. */
  isAbandoned: boolean;
}

interface WorkerState {
  readonly post: (order: Order) => void;
  ordersAhead: number;
}

/**
 * Runs the pass and stops the workers. The input must be a file that is read as it is.
 *
 * Undefined when the file has to be read in one go: it cannot be cut, or an order-free pass met damage or a wrong
 * border, of which it cannot tell what stands before and what behind.
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
  try {
    const head = await readHead(input);
    if (head === undefined) return undefined;
    const borders = BorderFinder.over(input, head.resume.dialect, head.resume.version);
    if (borders === undefined) return undefined;
    const run = new SectionsRun(kind, settings, plan, input, options, head);
    return await run.run(workers, new SectionCutter(input, borders, head.resume, sectionBytes));
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
  }
}

/** Reads up to the first keys. Undefined when there are none, or what is there is damaged. */
async function readHead(input: Input): Promise<FileHead | undefined> {
  const decoder = new RdbDecoder({ level: "skip", verifyChecksum: false, lane: makeSkipLane() });
  const facts = new FileFactsCollector();
  try {
    for await (const chunk of input.chunks(0)) {
      decoder.push(chunk);
      for (let event = decoder.next(); event !== undefined; event = decoder.next()) {
        facts.take(event);
        if (event.kind !== "keys" && event.kind !== "key") continue;
        const resume = decoder.resumePoint;
        return resume && { facts: facts.facts, resume };
      }
    }
  } catch (error) {
    if (!(error instanceof RdbFormatError)) throw error;
  }
  return undefined;
}

/** Cuts the file, section after section. */
class SectionCutter {
  readonly #input: Input;
  readonly #borders: BorderFinder;
  readonly #resume: ResumePoint;
  readonly #sectionBytes: number;
  #start: number | undefined = 0;

  constructor(input: Input, borders: BorderFinder, resume: ResumePoint, sectionBytes: number) {
    this.#input = input;
    this.#borders = borders;
    this.#resume = resume;
    this.#sectionBytes = sectionBytes;
  }

  /** Undefined behind the last one. */
  async next(): Promise<Section | undefined> {
    const start = this.#start;
    if (start === undefined) return undefined;
    const end = await this.#borderAfter(start);
    this.#start = end;
    return { start, end, resume: start === 0 ? undefined : { ...this.#resume, offset: start } };
  }

  async #borderAfter(start: number): Promise<number | undefined> {
    const fileEnd = this.#input.contentBytes ?? 0;
    for (let search = 1; search <= searchesMax; search++) {
      const offset = start + search * this.#sectionBytes;
      if (offset >= fileEnd) return undefined;
      const border = await this.#borders.after(offset);
      if (border !== undefined) return border;
    }
    return undefined;
  }
}

class SectionsRun<Settings, Result extends PassResult> {
  readonly #kind: SectionedPassKind<Settings, Result>;
  readonly #settings: Settings;
  readonly #plan: SectionPlan<Settings>;
  readonly #input: Input;
  readonly #options: RunOptions;
  readonly #head: FileHead;
  readonly #here: SectionServer;
  readonly #jobs: Job[] = [];
  /** First job that is not written and merged. */
  #next = 0;
  /** No more sections are to be begun. */
  #isCutDone = false;
  #isOver = false;
  #mustReadInOneGo = false;
  #merged: Result | undefined;
  readonly #conclusions: unknown[] = [];
  #failure: FormatError | undefined;
  #keyCount = 0;
  #offset = 0;
  #db = 0;
  #checksum = 0n;
  #wake: (() => void) | undefined;
  #crash: Error | undefined;

  constructor(
    kind: SectionedPassKind<Settings, Result>,
    settings: Settings,
    plan: SectionPlan<Settings>,
    input: Input,
    options: RunOptions,
    head: FileHead,
  ) {
    this.#kind = kind;
    this.#settings = settings;
    this.#plan = plan;
    this.#input = input;
    this.#options = options;
    this.#head = head;
    this.#here = new SectionServer(
      async ({ path, totalBytes }) => ({
        name: path,
        totalBytes,
        chunks: (start, end, into) =>
          this.#input.chunks(start, { into, ...(end === undefined ? {} : { end }) }),
      }),
      (report) => this.#take(undefined, report),
    );
  }

  async run(workers: readonly SectionWorker[], cutter: SectionCutter): Promise<PassRun<Result> | undefined> {
    const states = workers.map((worker) => this.#hire(worker));
    const aheadMax = sectionsAheadPerThread * (workers.length + 1);
    for (let section = await cutter.next(); section !== undefined; section = await cutter.next()) {
      await this.#until(() => this.#jobs.length - this.#next < aheadMax || this.#isOver);
      if (this.#isOver || this.#isCutDone) break;
      const free = states.find((state) => state.ordersAhead < ordersAheadMax);
      const job = this.#order(section, free);
      // This thread does a section itself when every worker has enough to do.
      if (free === undefined)
        await this.#until(() => job.end !== undefined || job.isAbandoned || this.#isOver);
    }
    await this.#until(() => this.#next === this.#jobs.length || this.#isOver);
    if (this.#mustReadInOneGo) return undefined;
    if (this.#plan.isOrderFree) await this.#conclude(states);
    return this.#finish();
  }

  #hire(worker: SectionWorker): WorkerState {
    const state: WorkerState = { post: (order) => worker.post(order), ordersAhead: 0 };
    worker.listen(
      (report) => this.#take(state, report),
      (error) => this.#die(error),
    );
    return state;
  }

  /** Has a section done by a worker, or here. */
  #order(section: Section, worker: WorkerState | undefined): Job {
    const job: Job = { section, worker, outputs: [], end: undefined, isAbandoned: false };
    const order: Order = {
      kind: "section",
      index: this.#jobs.push(job) - 1,
      section,
      path: this.#input.name,
      totalBytes: this.#input.contentBytes ?? 0,
      pass: this.#kind.name,
      settings: section.resume === undefined ? this.#settings : this.#plan.settingsFor(this.#head.facts),
      isOrderFree: this.#plan.isOrderFree,
    };
    if (worker === undefined) this.#here.take(order);
    else {
      worker.ordersAhead += 1;
      worker.post(order);
    }
    return job;
  }

  #take(worker: WorkerState | undefined, report: Report): void {
    if (report.kind === "output") this.#keep(this.#jobs[report.index], report.bytes);
    else if (report.kind === "end") {
      this.#jobs[report.index].end = report.end;
      if (worker !== undefined) worker.ordersAhead -= 1;
    } else if (report.kind === "conclusion") this.#conclusions.push(report.result);
    else this.#die(new Problem(1, `a thread failed: ${report.message}`));
    this.#wake?.();
  }

  #keep(job: Job, output: Uint8Array): void {
    if (job.isAbandoned) this.#sayWritten(job, output);
    else job.outputs.push(output);
  }

  #die(error: Error): void {
    this.#crash = error;
    this.#wake?.();
  }

  /** Waits until it is true; what is ready is written meanwhile. */
  async #until(isTrue: () => boolean): Promise<void> {
    for (;;) {
      await this.#writeReady();
      if (this.#crash !== undefined) throw this.#crash;
      this.#options.signal?.throwIfAborted();
      if (isTrue()) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }

  /** Writes and merges what is there, in the order of the file. */
  async #writeReady(): Promise<void> {
    while (this.#next < this.#jobs.length && !this.#isOver) {
      const job = this.#jobs[this.#next];
      if (!this.#fitsBefore(job)) {
        this.#redo(job.section);
        continue;
      }
      for (const output of job.outputs.splice(0)) await this.#write(job, output);
      if (job.outputs.length > 0) continue;
      if (job.end === undefined) return;
      this.#merge(job.end);
      this.#next += 1;
    }
  }

  async #write(job: Job, output: Uint8Array): Promise<void> {
    await this.#options.write?.(output);
    this.#sayWritten(job, output);
  }

  /** Whoever did the section may make as much more. */
  #sayWritten(job: Job, output: Uint8Array): void {
    const written: Order = { kind: "written", sizeBytes: output.length };
    if (job.worker === undefined) this.#here.take(written);
    else job.worker.post(written);
  }

  /** A section assumes a db; which one it is, the end of the section before it tells. */
  #fitsBefore({ section }: Job): boolean {
    return section.resume === undefined || section.resume.db === this.#db;
  }

  /** What was read from this section on was read for another db: the rest of the file is read again, here. */
  #redo(section: Section): void {
    this.#isCutDone = true;
    if (this.#plan.isOrderFree) {
      this.#giveUp();
      return;
    }
    for (const job of this.#jobs.slice(this.#next)) {
      job.isAbandoned = true;
      for (const output of job.outputs.splice(0)) this.#sayWritten(job, output);
    }
    this.#next = this.#jobs.length;
    const resume = { ...this.#head.resume, offset: section.start, db: this.#db };
    this.#order({ start: section.start, end: undefined, resume }, undefined);
  }

  #giveUp(): void {
    this.#mustReadInOneGo = true;
    this.#isOver = true;
  }

  #merge(sent: SentEnd): void {
    if (this.#plan.isOrderFree) {
      if (sent.failure !== undefined || sent.wentOn) this.#giveUp();
    } else {
      this.#add(sent.result as Result);
    }
    this.#keyCount += sent.keyCount;
    this.#offset = sent.offset;
    this.#db = sent.db;
    this.#checksum = combineCrc64(this.#checksum, sent.checksum, sent.checksumBytes);
    if (sent.failure !== undefined) this.#failure = receiveFailure(sent.failure);
    // Behind damage, or behind a section that went on to the end, nothing counts.
    if (sent.failure !== undefined || sent.wentOn) this.#isOver = true;
    this.#options.progress?.update(sent.offset, this.#keyCount);
  }

  #add(result: Result): void {
    this.#merged = this.#merged === undefined ? result : this.#kind.merge(this.#merged, result);
  }

  async #conclude(states: readonly WorkerState[]): Promise<void> {
    for (const state of states) state.post({ kind: "conclude" });
    this.#here.take({ kind: "conclude" });
    await this.#until(() => this.#conclusions.length === states.length + 1);
    for (const result of this.#conclusions) if (result !== undefined) this.#add(result as Result);
  }

  #finish(): PassRun<Result> | undefined {
    if (this.#merged === undefined) throw new Problem(1, "no section was decoded");
    const failure = this.#failure ?? this.#checksumFailure(this.#merged.file);
    if (failure !== undefined && this.#plan.isOrderFree) return undefined;
    const { file } = this.#merged;
    if (file.checksum === "unchecked" && failure === undefined) file.checksum = "ok";
    return { result: this.#merged, failure, keyCount: this.#keyCount, offset: this.#offset };
  }

  /**
   * The checksum is stored in the byte order in which it was computed, so bytes and checksum together
   * have the checksum zero.
   */
  #checksumFailure({ storedChecksum, endOffset }: FileFacts): FormatError | undefined {
    const isStored = storedChecksum !== undefined && storedChecksum !== 0n;
    if (!isStored || this.#checksum === 0n || endOffset === undefined) return undefined;
    const detail = `checksum is ${storedChecksum.toString(16).padStart(16, "0")}, the bytes make another one`;
    return new RdbFormatError("RDB_CHECKSUM_MISMATCH", detail, {
      offset: endOffset - 8,
      path: this.#input.name,
    });
  }
}
