/**
 * Events to RDB bytes: the mirror of the decoder.
 *
 *   decoder's events → write() → records → take() → chunks, in order; the checksum runs along
 *
 * It is a plain synchronous object without I/O. What a target cannot hold is told through `onLoss` and left out; nothing else is. Hints
 * (sizes of a db, slots) that the target does not know are passed over: they say nothing about the data.
 *
 * Hot: #writeKey() (bench: write); runs of records copied as stored come in one piece (bench: convert).
 */
import type { ItemsEvent, KeyEvent, RdbEvent, RecordsEvent } from "../events.ts";
import { opcode } from "../format.ts";
import { RdbEncodeError, type RdbLoss, type RdbLossKind } from "./losses.ts";
import { limitsWith, type PackingLimits } from "./packing-limits.ts";
import { RdbOutput } from "./rdb-output.ts";
import { type RdbTarget, targetHas } from "./targets.ts";
import { ValueContext } from "./value-context.ts";
import { ValueEncoder } from "./value-encoder.ts";

/** Counts inside large values, by the number of the key's event: what RdbCounter finds out. */
export type RdbCounts = ReadonlyMap<number, readonly number[]>;

export interface RdbEncoderOptions {
  readonly target: RdbTarget;
  /** Called for everything that the target cannot hold, when its key is over. No default: it loses data. */
  readonly onLoss: (loss: RdbLoss) => void;
  /** Pack strings with LZF, as servers do by default. Values copied as stored stay as they are. Default true. */
  readonly compressStrings?: boolean;
  /** Write the checksum; otherwise eight zero bytes, which every server takes for "none". Default true. */
  readonly checksum?: boolean;
  /** When collections are packed. Default: as the target's own configuration. */
  readonly packing?: Partial<PackingLimits>;
  /**
   * A value that says only at its end how many parts it has (lists, streams) is held up to this size. A larger one throws
   * RDB_ENCODE_NOT_COUNTED unless `counts` has it. Default 32 MiB.
   */
  readonly heldBytesMax?: number;
  /** What an RdbCounter found in the same events. */
  readonly counts?: RdbCounts;
  /**
   * Large runs of records leave as they lie in their event, uncopied: what take() gives is then borrowed as they are, so it must be
   * written before the source goes on. Default false.
   */
  readonly lendsRecords?: boolean;
}

const defaultHeldBytesMax = 32 << 20;
const int32Max = 2 ** 31 - 1;
const secondMs = 1000;
const scriptAux = "lua";

export class RdbEncoder {
  readonly #options: RdbEncoderOptions;
  readonly #target: RdbTarget;
  readonly #output: RdbOutput;
  readonly #values: ValueEncoder;
  readonly #heldBytesMax: number;
  readonly #lossesOfKey = new Map<RdbLossKind, number>();
  readonly #found: Map<number, readonly number[]> | undefined;
  #hasHeader = false;
  #isOver = false;
  #db = 0;
  #keyCount = 0;
  #isKeyOpen = false;
  #isKeyLost = false;
  // The key under way. Its events are borrowed and may be one object for all keys: what outlives them is copied.
  #keyDb = 0;
  #keyBuffer: Uint8Array = new Uint8Array(0);
  #keyStart = 0;
  #keyEnd = 0;
  #expireAtMs: number | undefined;
  #idleSec: number | undefined;
  #frequency: number | undefined;
  #meta: Uint8Array | undefined;

  /** "count": nothing is kept but the counts of large values. For RdbCounter. */
  constructor(options: RdbEncoderOptions, purpose: "write" | "count" = "write") {
    this.#options = options;
    const { target } = options;
    this.#target = target;
    this.#heldBytesMax = options.heldBytesMax ?? defaultHeldBytesMax;
    this.#found = purpose === "count" ? new Map() : undefined;
    this.#output = new RdbOutput({
      compressStrings: options.compressStrings ?? true,
      hasLongLengths: targetHas(target, "longLengths"),
      heldBytesMax: this.#heldBytesMax,
      onlyCounts: purpose === "count",
    });
    this.#values = new ValueEncoder(
      new ValueContext({
        target,
        limits: limitsWith(target.packing, options.packing),
        output: this.#output,
        head: (typeNumber) => this.#writeHead(typeNumber),
        lose: (kind, count) => this.#lose(kind, count),
        loseKey: (kind) => this.#loseKey(kind),
      }),
    );
  }

  /** Bytes that wait to be taken, held ones included. */
  get pendingBytes(): number {
    return this.#output.size;
  }

  /** What is ready, owned by the caller unless `lendsRecords` says otherwise; undefined when there is nothing. */
  take(): Uint8Array | undefined {
    return this.#output.take();
  }

  /**
   * Gives back a piece that take() handed over, once nobody reads it any more. Who writes much saves the making of new memory for
   * each piece, which takes longer than copying into it.
   */
  recycle(piece: Uint8Array): void {
    this.#output.recycle(piece);
  }

  /** The counts found so far, when that is the purpose. */
  get counts(): RdbCounts {
    return this.#found ?? new Map();
  }

  /**
   * Takes the next event; borrowed bytes are copied. The header is the target's, whatever a `header` event says. Records that come
   * as they are stored must be from a CopyLane for the same target. Throws RdbEncodeError.
   */
  write(event: RdbEvent): void {
    if (this.#isOver) {
      if (event.kind === "trailing") return;
      throw new RdbEncodeError("RDB_ENCODE_EVENTS", `${event.kind} behind the end`);
    }
    if (!this.#hasHeader) this.#writeHeader();
    if (event.kind === "items") this.#writeItems(event);
    else if (this.#isKeyOpen && event.kind !== "warning")
      throw new RdbEncodeError("RDB_ENCODE_EVENTS", `${event.kind} inside a value`);
    else if (event.kind === "key") this.#writeKey(event);
    else if (event.kind === "records") this.#writeRecords(event);
    else this.#writeRecord(event);
  }

  #writeHeader(): void {
    this.#hasHeader = true;
    const { dialect, rdbVersion } = this.#target;
    const magic = dialect === "valkey" ? "VALKEY" : "REDIS";
    this.#output.bytes(Buffer.from(magic + String(rdbVersion).padStart(9 - magic.length, "0"), "latin1"));
  }

  /** Whole records as they are stored. */
  #writeRecords({ db, keyCount, bytes, summed }: RecordsEvent): void {
    this.#keyCount += keyCount;
    if (this.#found !== undefined) return;
    if (db !== this.#db) this.#selectDb(db);
    if (this.#options.lendsRecords === true) this.#output.lend(bytes, summed);
    else this.#output.bytes(bytes);
  }

  #writeRecord(event: Exclude<RdbEvent, KeyEvent | ItemsEvent | RecordsEvent>): void {
    const output = this.#output;
    switch (event.kind) {
      case "aux":
        this.#writeAux(event.name, event.value);
        break;
      case "select-db":
        this.#selectDb(event.db);
        break;
      case "resize-db":
        if (targetHas(this.#target, "aux"))
          this.#writeNumbers(opcode.resizeDb, event.keyCount, event.expiryCount);
        break;
      case "slot-info":
        if (targetHas(this.#target, "slotInfo"))
          this.#writeNumbers(opcode.slotInfo, event.slot, event.keyCount, event.expiryCount);
        break;
      case "slot-import":
        this.#writeSlotImport(event);
        break;
      case "function":
        if (event.preGa !== undefined || !targetHas(this.#target, "functions")) this.#loseOfFile("function");
        else {
          output.byte(opcode.function);
          output.string(event.code);
        }
        break;
      case "module-aux":
        if (targetHas(this.#target, "evictionHints")) {
          output.byte(opcode.moduleAux);
          output.length64(event.moduleId);
          output.bytes(event.payload);
        } else this.#loseOfFile("module-aux");
        break;
      case "keys":
        throw new RdbEncodeError(
          "RDB_ENCODE_NEEDS_ITEMS",
          "rows of keys have no values: decode without that lane",
        );
      case "damage":
        throw event.error;
      case "end":
        this.#finish();
        break;
      default:
      // A header was written already; templates are resolved in their hashes; warnings are for people.
    }
  }

  #writeAux(name: Uint8Array, value: Uint8Array): void {
    if (targetHas(this.#target, "aux")) {
      this.#output.byte(opcode.aux);
      this.#output.string(name);
      this.#output.string(value);
    } else if (Buffer.from(name).toString("latin1") === scriptAux) this.#loseOfFile("script");
  }

  #writeNumbers(code: number, ...numbers: readonly number[]): void {
    this.#output.byte(code);
    for (const number of numbers) this.#output.length(number);
  }

  #writeSlotImport({ job, ranges }: Extract<RdbEvent, { kind: "slot-import" }>): void {
    if (!targetHas(this.#target, "slotImport")) {
      this.#loseOfFile("slot-import");
      return;
    }
    this.#output.byte(opcode.slotImport);
    this.#output.string(job);
    this.#output.length(ranges.length);
    for (const { start, end } of ranges) {
      this.#output.length(start);
      this.#output.length(end);
    }
  }

  #selectDb(db: number): void {
    this.#db = db;
    this.#writeNumbers(opcode.selectDb, db);
  }

  #finish(): void {
    this.#isOver = true;
    const output = this.#output;
    output.byte(opcode.end);
    if (!targetHas(this.#target, "checksum")) return;
    output.bigInt64(this.#options.checksum === false ? 0n : output.checksum());
  }

  #writeKey(event: KeyEvent): void {
    const isWhole = event.last;
    this.#keyDb = event.db;
    this.#keyBuffer = isWhole ? event.keyBuffer : event.key.slice();
    this.#keyStart = isWhole ? event.keyStart : 0;
    this.#keyEnd = isWhole ? event.keyEnd : this.#keyBuffer.length;
    this.#expireAtMs = event.expireAtMs;
    this.#idleSec = event.idleSec;
    this.#frequency = event.frequency;
    this.#meta = isWhole ? event.meta : event.meta?.slice();
    this.#isKeyLost = false;
    this.#isKeyOpen = !isWhole;
    this.#output.begin(this.#options.counts?.get(this.#keyCount));
    this.#keyCount += 1;
    this.#values.begin(event);
    if (isWhole) this.#endKey();
  }

  #writeItems(event: ItemsEvent): void {
    if (!this.#isKeyOpen) throw new RdbEncodeError("RDB_ENCODE_EVENTS", "items without a key");
    this.#values.add(event.items, event.last);
    if (!event.last) return;
    this.#isKeyOpen = false;
    this.#endKey();
  }

  /** What stands in front of a value: db, attributes, type, name. */
  #writeHead(typeNumber: number): void {
    const output = this.#output;
    if (this.#keyDb !== this.#db) this.#selectDb(this.#keyDb);
    if (this.#expireAtMs !== undefined) this.#writeExpiry(this.#expireAtMs);
    if (this.#idleSec !== undefined || this.#frequency !== undefined) this.#writeEvictionHints();
    if (this.#meta !== undefined) this.#writeMeta(this.#meta);
    output.byte(typeNumber);
    output.string(this.#keyBuffer, this.#keyStart, this.#keyEnd);
  }

  #writeExpiry(expireAtMs: number): void {
    if (targetHas(this.#target, "expireAtMs")) {
      this.#output.byte(opcode.expireTimeMs);
      this.#output.int64(expireAtMs);
      return;
    }
    // Rounded up, and left out beyond 2038: no key may be gone before its time.
    const expireAtSec = Math.ceil(expireAtMs / secondMs);
    if (expireAtSec > int32Max) {
      this.#lose("expiry");
      return;
    }
    this.#output.byte(opcode.expireTime);
    this.#output.int32(expireAtSec);
    if (expireAtMs % secondMs !== 0) this.#lose("expiry-milliseconds");
  }

  #writeEvictionHints(): void {
    const isHeld = targetHas(this.#target, "evictionHints");
    if (this.#idleSec !== undefined) {
      if (isHeld) this.#writeNumbers(opcode.idle, this.#idleSec);
      else this.#lose("idle-time");
    }
    if (this.#frequency === undefined) return;
    if (isHeld) {
      this.#output.byte(opcode.freq);
      this.#output.byte(this.#frequency);
    } else this.#lose("frequency");
  }

  #writeMeta(meta: Uint8Array): void {
    if (targetHas(this.#target, "keyMeta")) {
      this.#output.byte(opcode.keyMeta);
      this.#output.bytes(meta);
    } else this.#lose("key-metadata");
  }

  #lose(kind: RdbLossKind, count = 1): void {
    this.#lossesOfKey.set(kind, (this.#lossesOfKey.get(kind) ?? 0) + count);
  }

  #loseKey(kind: RdbLossKind): void {
    this.#isKeyLost = true;
    this.#lose(kind);
  }

  #loseOfFile(kind: RdbLossKind): void {
    this.#options.onLoss({ kind, db: undefined, key: undefined, isWholeKey: false, count: 1 });
  }

  #endKey(): void {
    if (this.#found !== undefined) this.#keepCounts(this.#found);
    if (this.#lossesOfKey.size === 0) return;
    const key = this.#keyBuffer.slice(this.#keyStart, this.#keyEnd);
    for (const [kind, count] of this.#lossesOfKey)
      this.#options.onLoss({ kind, db: this.#keyDb, key, isWholeKey: this.#isKeyLost, count });
    this.#lossesOfKey.clear();
  }

  /** Half of what may be held is reason enough: room is claimed for more than is written. */
  #keepCounts(found: Map<number, readonly number[]>): void {
    const { counts, countedBytes } = this.#output;
    if (counts.length > 0 && countedBytes > this.#heldBytesMax / 2) found.set(this.#keyCount - 1, counts);
  }
}
