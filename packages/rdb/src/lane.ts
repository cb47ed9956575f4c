/**
 * The lane: a WebAssembly kernel that reads run after run of whole, common, sound records where they lie.
 *
 *   window   | record | record | record | rec…       one call, one row a record
 *            └────────── a run ─────────┘  ↑ rare, damaged or not all at hand: left to the decoder, untouched
 *
 * It never judges: what it does not know for sure it leaves, and the decoder reads that one record in the general way.
 * So there is one place that says what is wrong with a file, and a fast one for everything else. Tests hold both
 * against each other, whole and cut anywhere.
 *
 * A lane has memory of its own, 44 MiB of which little is touched as long as records are small; the decoder's window lies
 * in it. It serves one decoder at a time, any number of them one after the other. Sources in assembly/, compiled by
 * `npm run kernels`.
 */
import { strict as assert } from "node:assert";
import { type Crc64Home, instantiateModule, slotsOf, type WindowHome } from "@holdfast/bytes";
import type { CommandsEvent, KeysEvent, RecordsEvent } from "./events.ts";
import type { TypeRow } from "./format.ts";
import { LANE_BASE64 } from "./generated/lane.ts";
import { KeyRows } from "./key-rows.ts";

/** What a walk of a lane covered. */
export interface LaneRun {
  /** At least 1. */
  readonly keyCount: number;
  /** Elements of all the values. */
  readonly itemCount: number;
  /** Undefined for a lane that only finds out where the records end. */
  readonly rows: KeyRows | undefined;
  /** The records written anew, for a lane that does that. Borrowed until the next call. */
  readonly bytes?: Uint8Array;
  /** The records as commands, for a lane that makes them. Borrowed until the next call. */
  readonly commands?: { readonly bytes: Uint8Array; readonly count: number };
}

/** Where the decoder's window lies, and is summed. */
export type LaneHome = WindowHome & Crc64Home;

/** What the decoder wants of a lane. */
export interface RecordLane {
  readonly home: LaneHome;
  /** Memory to read chunks into, used in turn: such a chunk is decoded where it lies. */
  readonly slots: readonly Uint8Array[];
  /** Index in the home's memory behind the last record read. */
  readonly stoppedAt: number;
  /** The record there may be one for the lane when more of it is at hand. */
  readonly wantsMore: boolean;
  /** Records up to this size are waited for when the lane wants more. Every byte of memory first touched costs time too. */
  readonly patienceBytes: number;
  /** Its runs are written again as they are stored: they come with the checksum of the file before and behind them. */
  readonly wantsChecksums?: boolean;
  /** It reads only records about which nobody has to be asked: it is used beside `select`, which is asked about the others. */
  readonly goesUnasked?: boolean;
  useTypes(types: readonly (TypeRow | undefined)[]): void;
  /**
   * Reads the records of [start, limit) in the home's memory, whose first byte is at stream offset `windowStart`. Undefined
   * when it can read none. The run is valid until the next call, and as long as that memory is not changed.
   */
  read(start: number, limit: number, db: number, windowStart: number): LaneRun | undefined;
}

type RunPlace = Pick<RecordsEvent, "db" | "recordOffset" | "endOffset">;

/** The event of a run; `stored` are its records where they lie, for a lane that only finds out where they end. */
export function eventOfRun(
  { rows, bytes, commands, keyCount, itemCount }: LaneRun,
  place: RunPlace,
  stored?: Pick<RecordsEvent, "bytes" | "summed">,
): KeysEvent | RecordsEvent | CommandsEvent {
  const facts = { ...place, keyCount, itemCount };
  if (rows !== undefined) return { kind: "keys", rows, ...facts };
  if (commands !== undefined)
    return { kind: "commands", bytes: commands.bytes, commandCount: commands.count, ...facts };
  if (bytes !== undefined) return { kind: "records", bytes, summed: undefined, ...facts };
  assert(stored !== undefined, "a run of a lane that writes nothing has the bytes that it passed");
  return { kind: "records", ...stored, ...facts };
}

/** What every kernel exports that is built on assembly/lane.ts. */
export interface LaneExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  /** Rows that one walk can make. */
  readonly rowsMax: { readonly value: number };
  readonly crcRegister: { readonly value: number };
  crcTables(): void;
  crcUpdate(start: number, end: number): void;
  readonly types: { readonly value: number };
  readonly rows: { readonly value: number };
  readonly prints: { readonly value: number };
  readonly trace: { readonly value: number };
  readonly window: { readonly value: number };
  readonly windowBytes: { readonly value: number };
  readonly headroomBytes: { readonly value: number };
  readonly slotBytes: { readonly value: number };
  readonly homeBytes: { readonly value: number };
  readonly stoppedAt: { readonly value: number };
  readonly itemCount: { readonly value: number };
  readonly wantsMore: { readonly value: number };
  skipRecords(start: number, limit: number, db: number): number;
  checkRecords(start: number, limit: number, db: number): number;
  passRecords(start: number, limit: number): number;
  repackRecords(start: number, limit: number): number;
  setPackingLimits(
    hashEntries: number,
    hashValueBytes: number,
    zsetEntries: number,
    zsetValueBytes: number,
    setEntries: number,
    setValueBytes: number,
    intsetEntries: number,
    listNodeBytes: number,
  ): void;
  setCommands(isReplacing: boolean, footerVersion: number, keptOutBytes: number): void;
  readonly keptOut: { readonly value: number };
  commandRecords(start: number, limit: number): number;
  readonly commands: { readonly value: number };
  readonly commandBytes: { readonly value: number };
  readonly commandCount: { readonly value: number };
  readonly out: { readonly value: number };
  readonly outSize: { readonly value: number };
  findRecord(start: number, limit: number): number;
}

/** Reads records from address `start` to `limit`; gives the number of rows. */
export type LaneWalk = (start: number, limit: number, db: number) => number;

/** For walks that cost little in the general way. */
const usualPatienceBytes = 1 << 20;
/** Looking for duplicates among many members is several times faster in the lane: worth a large window. */
const checkPatienceBytes = 15 << 20;

/** Shapes of streams by type number. */
const streamShapes: ReadonlyMap<number, number> = new Map([
  [15, 15],
  [19, 16],
  [21, 17],
]);

/** Shapes of assembly/shapes.ts by layout of a row of the format, packed encoding and entries in an item. */
const shapes: ReadonlyMap<string, number> = new Map([
  ["string S", 1],
  ["list N(s)", 2],
  ["set N(s)", 3],
  ["hash N(ss)", 4],
  ["zset N(s8)", 5],
  ["set p listpack 1", 6],
  ["hash p listpack 2", 7],
  ["zset p listpack 2", 8],
  ["list p ziplist 1", 9],
  ["hash p ziplist 2", 10],
  ["zset p ziplist 2", 11],
  ["set p intset 1", 12],
  ["list n(p) ziplist 1", 13],
  ["list n(q) listpack 1", 14],
]);

export class KernelLane implements RecordLane {
  readonly home: LaneHome;
  readonly slots: readonly Uint8Array[];
  readonly rows: KeyRows;
  readonly patienceBytes: number;
  readonly #exports: LaneExports;
  readonly #walk: LaneWalk;
  readonly #windowAt: number;

  constructor(exports: LaneExports, walk: LaneWalk, patienceBytes = usualPatienceBytes) {
    this.patienceBytes = patienceBytes;
    const { buffer } = exports.memory;
    this.#exports = exports;
    this.#walk = walk;
    this.#windowAt = exports.window.value;
    const roomBytes = exports.windowBytes.value;
    const headroomBytes = exports.headroomBytes.value;
    const memory = new Uint8Array(buffer, exports.window.value, exports.homeBytes.value);
    this.home = { memory, roomBytes, headroomBytes, updateCrc64: crcUpdater(exports) };
    this.slots = slotsOf(this.home, exports.slotBytes.value);
    this.rows = new KeyRows(buffer, {
      rows: exports.rows.value,
      prints: exports.prints.value,
      trace: exports.trace.value,
    });
  }

  get stoppedAt(): number {
    return this.#exports.stoppedAt.value - this.#windowAt;
  }

  get wantsMore(): boolean {
    return this.#exports.wantsMore.value !== 0;
  }

  useTypes(types: readonly (TypeRow | undefined)[]): void {
    this.rows.useTypes(types);
    const table = new Uint8Array(this.#exports.memory.buffer, this.#exports.types.value, 256);
    for (let number = 0; number < 256; number++) table[number] = shapeOf(types[number]);
  }

  read(start: number, limit: number, db: number, windowStart: number): LaneRun | undefined {
    const keyCount = this.#walk(this.#windowAt + start, this.#windowAt + limit, db);
    if (keyCount === 0) return undefined;
    this.rows.windowStart = windowStart;
    return { keyCount, itemCount: this.#exports.itemCount.value, rows: this.rows };
  }

  /**
   * Index in the home's memory where a record probably begins, in [start, limit) of which nothing is known: bytes from
   * which a chain of records follows are hardly anything else. A guess, to be proved by reading up to it from a place
   * that is known. Undefined when none shows.
   */
  findRecord(start: number, limit: number): number | undefined {
    const address = this.#exports.findRecord(this.#windowAt + start, this.#windowAt + limit);
    return address === 0 ? undefined : address - this.#windowAt;
  }
}

/** For checksums of what lies in the window. */
function crcUpdater(exports: LaneExports): Crc64Home["updateCrc64"] {
  const { crcUpdate } = exports;
  const windowAt = exports.window.value;
  const register = new Int32Array(exports.memory.buffer, exports.crcRegister.value, 2);
  exports.crcTables();
  return (state, start, end) => {
    register.set(state);
    crcUpdate(windowAt + start, windowAt + end);
    state.set(register);
  };
}

/** 0 for a type that the lane leaves to the decoder. */
function shapeOf(row: TypeRow | undefined): number {
  if (row === undefined || row.leadingEntries !== undefined) return 0;
  if (row.type === "stream") return streamShapes.get(row.number) ?? 0;
  const packed = row.packed === undefined ? "" : ` ${row.packed} ${row.entriesPerItem ?? 1}`;
  return shapes.get(`${row.type} ${row.layout}${packed}`) ?? 0;
}

/** A lane for level "skip", with traces; undefined where there is no WebAssembly. */
export function makeSkipLane(): KernelLane | undefined {
  const exports = instantiateModule<LaneExports>(LANE_BASE64);
  return exports && new KernelLane(exports, exports.skipRecords);
}

/** A lane for level "check"; undefined where there is no WebAssembly. */
export function makeCheckLane(): KernelLane | undefined {
  const exports = instantiateModule<LaneExports>(LANE_BASE64);
  return exports && new KernelLane(exports, exports.checkRecords, checkPatienceBytes);
}
