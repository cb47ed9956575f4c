/**
 * What the readers of values share: the cursor, where in the value they are, the batch under way, and
 * the two ways to react to what is found: hand it over (level "items") or only judge it ("check").
 *
 * A reader is a function that is called again and again until it says that the value is over. It keeps
 * its place in `phase` and `left`, and commits after each element; a shortage in between costs no more
 * than that element.
 */
import type { ByteSlice } from "../byte-slice.ts";
import type { RdbCursor } from "../cursor.ts";
import { Damage, type RdbErrorCode, type RdbWarningCode } from "../errors.ts";
import type { ArraySlot, Bytes, HashField, ItemBatch, ScoredMember, StreamPart } from "../events.ts";
import type { PackedKind, TypeRow } from "../format.ts";
import { PackedReader, validatePacked } from "../packed/packed-reader.ts";
import type { StringReader } from "../strings.ts";
import type { Templates } from "../templates.ts";
import { ByteSet } from "./byte-set.ts";

/** Reads on in the value; true when it is over, false when the batch is full. Throws shortage or Damage. */
export type ValueReader = (scan: ValueScan) => boolean;

export interface ScanLimits {
  readonly batchItems: number;
  readonly chunkBytes: number;
  readonly packedLimitBytes: number;
  readonly elementLimitBytes: number;
  readonly duplicatesLimitBytes: number;
}

/** Where findings go that do not end the reading. */
export interface FindingSink {
  warn(code: RdbWarningCode, detail: string, at: number): void;
  /** Level "check" keeps the damage and goes on; every other level throws it. */
  damage(damage: Damage): void;
}

/** A batch is also closed when it holds about so many bytes. */
const batchBytesMax = 1 << 20;

export class ValueScan {
  readonly cursor: RdbCursor;
  readonly strings: StringReader;
  readonly templates: Templates;
  readonly limits: ScanLimits;
  readonly packed = new PackedReader();
  readonly #sink: FindingSink;

  row!: TypeRow;
  /** Items are wanted; otherwise the value is only checked. */
  building = true;
  phase = 0;
  /** Rounds left of the loop under way. */
  left = 0;
  /** Elements of the value so far, or as the file says. */
  itemCount: number | undefined;
  /** What a reader must remember beyond phase and left; belongs to the reader of the value under way. */
  memory: unknown;
  /** Of an array. */
  insertIndex: bigint | undefined;
  readonly seen: ByteSet;
  /** Room for the text of a safe integer, and what a set of words reads beyond it. */
  readonly integerText = new Uint8Array(24);
  /** Index in the window where the value begins. */
  #valueOffset = 0;

  #of: ItemBatch["of"] = "nothing";
  #batchBytes = 0;
  /** What the batch holds; `#of` says which kind of item. */
  #items: unknown[] = [];

  constructor(
    cursor: RdbCursor,
    strings: StringReader,
    templates: Templates,
    limits: ScanLimits,
    sink: FindingSink,
  ) {
    this.cursor = cursor;
    this.strings = strings;
    this.templates = templates;
    this.limits = limits;
    this.#sink = sink;
    this.seen = new ByteSet(limits.duplicatesLimitBytes);
  }

  begin(row: TypeRow, building: boolean): void {
    this.row = row;
    this.building = building;
    this.phase = 0;
    this.left = 0;
    this.itemCount = undefined;
    this.memory = undefined;
    this.insertIndex = undefined;
    this.packed.left = 0;
    this.#valueOffset = this.cursor.window.offset;
    if (!building) this.seen.clear();
    this.#of = "nothing";
    this.#items = [];
  }

  /** The reader's own state for this value, made at the first call. */
  remember<T>(make: () => T): T {
    this.memory ??= make();
    return this.memory as T;
  }

  /** Enters the next phase with so many rounds to go. */
  enter(phase: number, rounds = 0): void {
    this.phase = phase;
    this.left = rounds;
    this.cursor.commit();
  }

  /** One round of the loop is over for good. */
  roundDone(): void {
    this.left -= 1;
    this.cursor.commit();
  }

  get isBatchFull(): boolean {
    return this.#items.length >= this.limits.batchItems || this.#batchBytes >= batchBytesMax;
  }

  get batchLength(): number {
    return this.#items.length;
  }

  addChunk(bytes: Bytes): void {
    this.#add("chunks", bytes, bytes.length);
  }

  addElement(bytes: ByteSlice): void {
    this.#add("elements", bytes, bytes.length);
  }

  addField(field: ByteSlice, value: ByteSlice, expireAtMs: number | undefined): void {
    const item: HashField = { field, value, expireAtMs };
    this.#add("fields", item, field.length + value.length);
  }

  addMember(member: ByteSlice, score: number): void {
    const item: ScoredMember = { member, score };
    this.#add("scored", item, member.length);
  }

  addPart(part: StreamPart, sizeBytes = 16): void {
    this.#add("stream", part, sizeBytes);
  }

  addSlot(slot: ArraySlot): void {
    this.#add("array", slot, slot.value.length);
  }

  #add(of: ItemBatch["of"], item: unknown, sizeBytes: number): void {
    this.#of = of;
    this.#items.push(item);
    this.#batchBytes += sizeBytes;
  }

  /** The batch under way; the next one is empty. */
  takeBatch(): ItemBatch {
    const items = this.#items;
    const of = this.building ? this.#of : "nothing";
    this.#of = "nothing";
    this.#items = [];
    this.#batchBytes = 0;
    if (of === "nothing") return this.building ? emptyBatch(this.row) : nothing;
    if (of === "array") return { of, slots: items as ArraySlot[], insertIndex: this.insertIndex };
    return batchOf(of, items);
  }

  /** Reads a string that is one element. */
  readElement(): void {
    this.strings.read(this.limits.elementLimitBytes);
  }

  /** The entry that `packed` stands on, as bytes. */
  packedText(): ByteSlice {
    return this.packed.text(this.strings.arena);
  }

  /** Reads a string that is one element and that nobody wants to see. */
  passElement(): void {
    this.strings.pass(this.limits.elementLimitBytes);
  }

  /**
   * Reads a string that holds a packed encoding, checks it and opens `packed` on it. False when it is
   * damaged and the level goes on without it.
   */
  openPacked(kind: PackedKind): boolean {
    const { strings } = this;
    try {
      strings.read(this.limits.packedLimitBytes);
      const count = validatePacked(kind, strings.buffer, strings.start, strings.end, strings.at);
      this.packed.open(kind, strings.buffer, strings.start, count);
      return true;
    } catch (error) {
      this.#passOver(error);
      return false;
    }
  }

  /** Damage inside a string whose head was sound: steps over the string and reports. Rethrows the rest. */
  #passOver(error: unknown): void {
    if (!(error instanceof Damage) || error.at !== this.strings.at || error.code === "RDB_LIMIT") throw error;
    if (this.strings.bodyAt < 0) throw error;
    this.cursor.window.position = this.strings.bodyAt;
    this.cursor.skip(this.strings.storedBytes);
    this.report(error.code, error.detail, error.at);
  }

  /** Damage that does not hide where the value ends. */
  report(code: RdbErrorCode, detail: string, at: number): void {
    this.#sink.damage(new Damage(code, detail, at));
  }

  /** The same for damage that was thrown; anything else thrown goes on. */
  reportDamage(error: unknown): void {
    if (!(error instanceof Damage)) throw error;
    this.#sink.damage(error);
  }

  warn(code: RdbWarningCode, detail: string, at: number): void {
    this.#sink.warn(code, detail, at);
  }

  /** Index in the window of the value's first byte; only meaningful while it is still there. */
  get valueAt(): number {
    return this.#valueOffset - this.cursor.window.start;
  }

  /** Level "check": the string just read must not have been there before in this value. */
  mustBeNew(what: string): void {
    const { strings } = this;
    if (!this.building) this.checkNew(strings.buffer, strings.start, strings.end, what, strings.at);
  }

  checkNew(buffer: Uint8Array, start: number, end: number, what: string, at: number): void {
    if (!this.seen.add(buffer, start, end)) {
      this.report("RDB_DUPLICATE_ELEMENT", `${what} stands twice in the value`, at);
    }
  }

  /** To be called at the end of every collection. */
  finish(): boolean {
    if (this.itemCount === 0)
      this.warn(
        "RDB_EMPTY_VALUE",
        "a collection without elements: servers skip the key on load",
        this.valueAt,
      );
    if (!this.building && !this.seen.isComplete) {
      this.warn(
        "RDB_DUPLICATES_UNCHECKED",
        `duplicates were looked for among the first ${this.seen.size} elements only`,
        this.valueAt,
      );
    }
    return true;
  }
}

const nothing: ItemBatch = { of: "nothing" };

/** `items` were all added as items of this kind. */
function batchOf(of: ItemBatch["of"], items: unknown[]): ItemBatch {
  switch (of) {
    case "chunks":
      return { of, chunks: items as Bytes[] };
    case "elements":
      return { of, elements: items as ByteSlice[] };
    case "fields":
      return { of, fields: items as HashField[] };
    case "scored":
      return { of, members: items as ScoredMember[] };
    default:
      return { of: "stream", parts: items as StreamPart[] };
  }
}

/** The batch of a value that has no elements. */
function emptyBatch(row: TypeRow): ItemBatch {
  switch (row.type) {
    case "string":
      return { of: "chunks", chunks: [] };
    case "list":
    case "set":
      return { of: "elements", elements: [] };
    case "hash":
      return { of: "fields", fields: [] };
    case "zset":
      return { of: "scored", members: [] };
    case "stream":
      return { of: "stream", parts: [] };
    case "array":
      return { of: "array", slots: [], insertIndex: undefined };
    case "module":
      return { of: "opaque", bytes: new Uint8Array(0) };
  }
}
