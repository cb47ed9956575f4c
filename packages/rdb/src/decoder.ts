/**
 * RDB bytes in, events out. No I/O, no clock, no promise: push chunks, pull events.
 *
 *   push(chunk) → next() … next() → undefined → push(chunk) → … → end() → next() … → undefined
 *
 * `next()` parses from the window. When bytes run out in the middle of an element, the sentinel
 * `shortage` is thrown from wherever that is seen, caught here, and the window goes back to the last
 * commit; the same place is parsed again after the next push. A value commits after each element, so
 * only one element is ever parsed twice, and `wanted` bytes are waited for before it is tried again.
 *
 *   header → records … → checksum → trailing
 *
 * Opcodes that are not keys are in records.ts, values in walker.ts (levels skip, raw) and values/
 * (levels items, check).
 */
import { strict as assert } from "node:assert";
import { ByteWindow } from "@holdfast/bytes";
import { ChecksumTracker } from "./checksum.ts";
import { RdbCursor, shortage } from "./cursor.ts";
import { limitsOf, type RdbDecoderOptions, type ResumePoint } from "./decoder-options.ts";
import { Damage, RdbFormatError, type RdbWarningCode } from "./errors.ts";
import type { ItemsEvent, RdbEvent, ReadLevel } from "./events.ts";
import { lastVersionWithoutChecksum, type RdbDialect, type TypeRow, typeTable } from "./format.ts";
import { readHeader } from "./header.ts";
import { KeyRecord } from "./key-record.ts";
import { eventOfRun, type RecordLane } from "./lane.ts";
import { OpenValue } from "./open-value.ts";
import { type RecordContext, readRecord } from "./records.ts";
import { Arena, StringReader } from "./strings.ts";
import type { Templates } from "./templates.ts";
import { readerOf } from "./values/readers.ts";
import { type ValueReader, ValueScan } from "./values/value-scan.ts";
import { ValueWalker } from "./walker.ts";

type Stage = "header" | "records" | "value" | "checksum" | "trailing" | "over" | "failed";

/** A record that is short by then is waited for a quarter at a time. */
const patientBytes = 1 << 20;

export class RdbDecoder {
  readonly #window: ByteWindow;
  readonly #cursor: RdbCursor;
  readonly #arena: Arena;
  readonly #scratch = new Arena(false);
  readonly #strings: StringReader;
  readonly #templates: Templates;
  readonly #records: RecordContext;
  readonly #lane: RecordLane | undefined;
  readonly #value: OpenValue;
  readonly #checksum: ChecksumTracker;
  readonly #level: ReadLevel;
  readonly #select: RdbDecoderOptions["select"];
  readonly #path: string | undefined;

  #stage: Stage;
  #hasEnded = false;
  #isStarved = true;
  #batchWasFull = false;
  #waitsForLane = false;
  #types: readonly (TypeRow | undefined)[] = [];
  /** By type number, like `#types`. */
  #readers: readonly (ValueReader | undefined)[] = [];
  #db = 0;
  #keyCount = 0;
  #trailingBytes = 0;
  #findings: RdbEvent[] = [];

  readonly #reuseKeys: boolean;
  #key = new KeyRecord();
  /** The key under way was not handed over yet. */
  #isKeyPending = false;
  #isKeyTaken = false;
  #ownedKey: Uint8Array | undefined;

  constructor(options: RdbDecoderOptions = {}) {
    const { resume } = options;
    const start = resume?.offset ?? 0;
    // A lane reads runs of keys and asks nobody about any of them.
    const mayUseLane = options.select === undefined || options.lane?.goesUnasked === true;
    this.#lane = mayUseLane ? options.lane : undefined;
    this.#window = new ByteWindow({ start, poison: options.poison ?? false, home: this.#lane?.home });
    this.#cursor = new RdbCursor(this.#window, options.totalBytes ?? Number.POSITIVE_INFINITY);
    this.#arena = new Arena(options.poison ?? false);
    this.#strings = new StringReader(this.#cursor, this.#arena);
    this.#templates = new Map(resume?.templates ?? []);
    this.#records = {
      cursor: this.#cursor,
      strings: this.#strings,
      dialect: "redis",
      version: 0,
      templates: this.#templates,
      limitBytes: limitsOf(options).elementLimitBytes,
    };
    this.#reuseKeys = options.reuseKeys ?? false;
    this.#value = this.#makeValue(options);
    this.#checksum = new ChecksumTracker(
      this.#window,
      (options.verifyChecksum ?? true) && resume === undefined,
      this.#lane?.home,
    );
    this.#level = options.level ?? "items";
    this.#select = options.select;
    this.#path = options.path;
    this.#stage = "header";
    if (resume !== undefined) this.#enterRecords(resume.dialect, resume.version, resume.db);
  }

  #makeValue(options: RdbDecoderOptions): OpenValue {
    const limits = limitsOf(options);
    const trace = options.trace ?? false;
    const walker = new ValueWalker(this.#cursor, this.#strings, this.#templates, {
      trace,
      packedLimitBytes: limits.packedLimitBytes,
    });
    const scan = new ValueScan(this.#cursor, this.#strings, this.#templates, limits, {
      warn: (code, detail, at) => this.#warn(code, detail, at),
      damage: (damage) => this.#reportDamage(damage),
    });
    return new OpenValue(this.#cursor, walker, scan, { trace, reuse: this.#reuseKeys });
  }

  /** Stream offset behind everything that is decoded for good. */
  get offset(): number {
    return this.#window.start + this.#cursor.committed;
  }

  /** Keys whose whole record was read, those that `select` omitted among them. */
  get keyCount(): number {
    return this.#keyCount;
  }

  /** The db that the next key belongs to. */
  get db(): number {
    return this.#db;
  }

  /** Everything so far was whole records: none is under way. */
  get isBetweenRecords(): boolean {
    return this.#stage === "records";
  }

  /**
   * Where another decoder could go on: the start of the record under way, or of the next one. Undefined
   * before the header was read, and from the end opcode on.
   */
  get resumePoint(): ResumePoint | undefined {
    if (this.#stage !== "records" && this.#stage !== "value") return undefined;
    const { dialect, version } = this.#records;
    const offset = this.#stage === "value" ? this.#key.recordOffset : this.offset;
    return { dialect, version, db: this.#db, offset, templates: this.#templates };
  }

  /**
   * The bytes pushed and not consumed: behind the end event, what follows the RDB (the commands of an
   * append-only file with preamble). Borrowed.
   */
  get unread(): Uint8Array {
    return this.#window.buffer.subarray(this.#cursor.committed, this.#window.limit);
  }

  /** Adds bytes. Only to be called when `next()` has returned undefined. The chunk must not change until the next push. */
  push(chunk: Uint8Array): void {
    assert(!this.#hasEnded, "push() after end()");
    assert(this.#isStarved, "push() while events are waiting: call next() until it returns undefined");
    if (chunk.length === 0) return;
    this.#isStarved = false;
    this.#checksum.advance(this.#cursor.committed);
    if (this.#isKeyPending) this.#keepKey();
    this.#arena.reset();
    if (this.#stage === "value") this.#value.reuseTrace();
    if (this.#stage === "trailing") this.#dropTrailing();
    this.#window.position = this.#cursor.committed;
    this.#window.push(chunk);
    this.#cursor.committed = this.#window.position;
  }

  /** No more bytes will come. */
  end(): void {
    this.#hasEnded = true;
    this.#cursor.isInputOver = true;
    this.#isStarved = false;
  }

  /**
   * The next event; undefined when more bytes are needed, or after `end()` when all is said.
   *
   * Throws RdbFormatError for bytes that are no sound RDB; the decoder is of no more use then.
   */
  next(): RdbEvent | undefined {
    if (this.#findings.length > 0) return this.#findings.shift();
    if (this.#stage === "failed" || this.#stage === "over") return undefined;
    if (this.#isShort) return this.#starve();
    this.#cursor.wanted = 1;
    this.#waitsForLane = false;
    try {
      return this.#nextEvent();
    } catch (thrown) {
      return this.#recover(thrown);
    }
  }

  /** What the last shortage asked for is not there yet. A full batch asked for nothing: the next one may be in hand. */
  get #isShort(): boolean {
    const available = this.#window.limit - this.#cursor.committed;
    return (
      available < this.#cursor.wanted && !this.#hasEnded && !this.#batchWasFull && this.#stage !== "trailing"
    );
  }

  /** Goes on until there is something to say: omitted keys say nothing. Findings come before the event they led to. */
  #nextEvent(): RdbEvent | undefined {
    for (;;) {
      const event = this.#advance();
      if (this.#findings.length > 0) {
        if (event !== undefined) this.#findings.push(event);
        return this.#findings.shift();
      }
      if (event !== undefined || this.#stage === "trailing" || this.#stage === "over") return event;
    }
  }

  #starve(): undefined {
    this.#isStarved = true;
    return undefined;
  }

  /** Decides what a throw means: wait for bytes, hand over what there is, or fail. */
  #recover(thrown: unknown): RdbEvent | undefined {
    this.#cursor.rewind();
    if (thrown === shortage) {
      const partial = this.#stage === "value" ? this.#partialValue() : undefined;
      if (partial !== undefined) return partial;
      if (!this.#hasEnded) return this.#waitForMore();
      const end = this.#window.start + this.#window.limit;
      return this.#fail(new Damage("RDB_TRUNCATED", "the file ends early", end - this.#window.start));
    }
    return this.#fail(thrown);
  }

  /**
   * A record that did not fit is read again from its start. One of very many small parts would be read
   * again at every push, so what is waited for grows with what was there.
   */
  #waitForMore(): undefined {
    const available = this.#window.limit - this.#cursor.committed;
    if (available > patientBytes && !this.#waitsForLane)
      this.#cursor.wanted = Math.max(this.#cursor.wanted, Math.ceil(available * 1.25));
    return this.#starve();
  }

  #fail(thrown: unknown): never {
    this.#stage = "failed";
    throw thrown instanceof Damage ? this.#errorOf(thrown) : thrown;
  }

  #errorOf(damage: Damage): RdbFormatError {
    const key = this.#currentKey();
    return new RdbFormatError(damage.code, damage.detail, {
      offset: this.#window.start + damage.at,
      path: this.#path,
      db: this.#stage === "header" ? undefined : this.#db,
      key,
      typeName: key !== undefined && this.#key.isTyped ? this.#key.row.name : undefined,
    });
  }

  /** An owned copy of the key under way. */
  #currentKey(): Uint8Array | undefined {
    if (!this.#key.isOpen) return undefined;
    return this.#ownedKey ?? this.#key.key.slice();
  }

  #warn(code: RdbWarningCode, detail: string, at: number): void {
    const offset = this.#window.start + at;
    this.#findings.push({ kind: "warning", code, detail, offset, db: this.#db, key: this.#currentKey() });
  }

  #reportDamage(damage: Damage): void {
    if (this.#value.level !== "check") throw damage;
    this.#findings.push({ kind: "damage", error: this.#errorOf(damage) });
  }

  #advance(): RdbEvent | undefined {
    switch (this.#stage) {
      case "header":
        return this.#readHeader();
      case "records":
        return this.#readRecords();
      case "value":
        return this.#readValue();
      case "checksum":
        return this.#readChecksum();
      default:
        return this.#readTrailing();
    }
  }

  #readHeader(): RdbEvent {
    const { dialect, version } = readHeader(this.#cursor);
    this.#cursor.commit();
    this.#enterRecords(dialect, version, 0);
    return { kind: "header", dialect, version };
  }

  #enterRecords(dialect: RdbDialect, version: number, db: number): void {
    this.#records.dialect = dialect;
    this.#records.version = version;
    this.#types = typeTable(dialect, version);
    this.#readers = this.#types.map((row) => (row === undefined ? undefined : readerOf(row)));
    this.#lane?.useTypes(this.#types);
    this.#db = db;
    this.#stage = "records";
  }

  /** Reads records until one makes an event. */
  #readRecords(): RdbEvent | undefined {
    const cursor = this.#cursor;
    for (;;) {
      const run = this.#readRun();
      if (run !== undefined) return run;
      const key = this.#beginKey();
      const record = readRecord(this.#records, key, this.#types);
      if (typeof record === "object") {
        cursor.commit();
        if (record.kind === "end-opcode") return this.#beginChecksum();
        if (record.kind === "select-db") this.#db = record.db;
        return record;
      }
      key.open(this.#types[record] as TypeRow, this.#strings, cursor, this.#records.limitBytes);
      const event = this.#beginValue();
      if (event !== undefined || this.#findings.length > 0) return event;
    }
  }

  /** The records ahead that the lane can read. */
  #readRun(): RdbEvent | undefined {
    const lane = this.#lane;
    const window = this.#window;
    if (lane === undefined || window.buffer !== lane.home.memory) return undefined;
    const recordOffset = window.offset;
    if (lane.wantsChecksums !== true) this.#checksum.runAhead(window.position);
    const run = lane.read(window.position, window.limit, this.#db, window.start);
    if (run === undefined) {
      this.#waitForLane(lane);
      return undefined;
    }
    const start = window.position;
    window.position = lane.stoppedAt;
    this.#cursor.commit();
    this.#keyCount += run.keyCount;
    const place = { db: this.#db, recordOffset, endOffset: this.offset };
    if (lane.wantsChecksums !== true) return eventOfRun(run, place);
    const summed = this.#checksum.around(start, window.position);
    return eventOfRun(run, place, { bytes: window.buffer.subarray(start, window.position), summed });
  }

  /** A record that the lane could read as a whole is waited for, as long as it may fit. */
  #waitForLane({ wantsMore, patienceBytes }: RecordLane): void {
    const available = this.#window.limit - this.#window.position;
    if (!wantsMore || this.#hasEnded || available >= patienceBytes) return;
    this.#cursor.wanted = Math.min(Math.ceil(available * 1.25) + 1, patienceBytes);
    this.#waitsForLane = true;
    throw shortage;
  }

  /** The object for the next key: a fresh one when the last was handed over and may still be in use. */
  #beginKey(): KeyRecord {
    if (this.#isKeyTaken && !this.#reuseKeys) this.#key = new KeyRecord();
    this.#isKeyTaken = false;
    this.#key.begin(this.#cursor, this.#db);
    return this.#key;
  }

  #beginValue(): RdbEvent | undefined {
    const key = this.#key;
    const level = this.#select?.(key) ?? this.#level;
    const { row } = key;
    const reader = this.#readers[row.number];
    if (level === "check" && reader !== undefined) this.#useScratch();
    this.#value.begin(row, level, reader);
    this.#isKeyPending = level !== "omit";
    this.#ownedKey = undefined;
    this.#stage = "value";
    return this.#readValue();
  }

  /** Level "check" hands nothing over, so what it unpacks can lie in the same memory again and again. */
  #useScratch(): void {
    this.#scratch.reset();
    this.#strings.arena = this.#scratch;
  }

  #readValue(): RdbEvent | undefined {
    let isOver = false;
    this.#batchWasFull = false;
    try {
      isOver = this.#value.read();
    } catch (thrown) {
      // Nothing of the value was committed, so nobody was told of it: the whole record is read again.
      if (thrown === shortage && this.offset <= this.#key.recordOffset) this.#abandonValue();
      throw thrown;
    }
    if (!isOver) {
      this.#batchWasFull = true;
      return this.#value.level === "omit" ? this.#dropTrace() : this.#valueEvent(false);
    }
    this.#cursor.commit();
    this.#keyCount += 1;
    const event = this.#value.level === "omit" ? undefined : this.#valueEvent(true);
    this.#closeValue();
    return event;
  }

  #dropTrace(): undefined {
    this.#value.dropTrace();
    return undefined;
  }

  #abandonValue(): void {
    this.#findings = [];
    this.#closeValue();
  }

  #closeValue(): void {
    this.#stage = "records";
    this.#isKeyPending = false;
    this.#strings.arena = this.#arena;
    this.#key.close();
  }

  /** The window ran out inside a value: what was read so far, if that is worth an event. */
  #partialValue(): RdbEvent | undefined {
    if (this.#value.level === "omit") return undefined;
    return this.#isKeyPending || this.#value.hasItems ? this.#valueEvent(false) : undefined;
  }

  #valueEvent(last: boolean): RdbEvent {
    const items = this.#value.take();
    const itemCount = this.#value.itemCount(last);
    const endOffset = this.offset;
    const key = this.#key;
    if (!this.#isKeyPending) {
      const event: ItemsEvent = {
        kind: "items",
        items,
        itemCount: last ? itemCount : undefined,
        last,
        endOffset,
      };
      return event;
    }
    this.#isKeyPending = false;
    this.#isKeyTaken = true;
    if (!last) this.#keepKey();
    key.itemCount = itemCount;
    key.items = items;
    key.last = last;
    key.endOffset = endOffset;
    return key;
  }

  /** The window is about to move on: errors and warnings will want the key. */
  #keepKey(): void {
    this.#ownedKey ??= this.#key.key.slice();
  }

  #beginChecksum(): RdbEvent | undefined {
    this.#checksum.close(this.#cursor.committed);
    this.#key.close();
    this.#stage = "checksum";
    return this.#readChecksum();
  }

  #readChecksum(): RdbEvent {
    const hasChecksum = this.#records.version > lastVersionWithoutChecksum;
    const { stored, state } = hasChecksum
      ? this.#checksum.read(this.#cursor)
      : { stored: undefined, state: "none" as const };
    this.#cursor.commit();
    this.#stage = "trailing";
    return { kind: "end", checksum: state, stored, endOffset: this.offset };
  }

  #readTrailing(): RdbEvent | undefined {
    if (!this.#hasEnded) return this.#starve();
    this.#dropTrailing();
    this.#stage = "over";
    if (this.#trailingBytes === 0) return undefined;
    return { kind: "trailing", offset: this.offset - this.#trailingBytes, sizeBytes: this.#trailingBytes };
  }

  #dropTrailing(): void {
    this.#trailingBytes += this.#window.limit - this.#cursor.committed;
    this.#window.position = this.#window.limit;
    this.#cursor.commit();
  }
}
