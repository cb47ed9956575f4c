/**
 * Steps over one value by the layout of its type, without building anything: levels "skip" and "raw".
 *
 * A layout (see format.ts) is compiled once into operations. The walk keeps a small stack of "which
 * body, which operation, how many rounds left", so that it can stop at any byte and go on after the
 * next push. A raw string longer than the window is passed over piece by piece, never held.
 *
 * With `trace` the walk writes down the numbers it meets, in file order: enough to estimate memory or
 * to make statistics. Per operation:
 *
 *   S      bytes of the text, then 1 if the text is a canonical 64-bit integer, else 0
 *   s      bytes of the text
 *   p      bytes of the packed encoding, then its number of entries
 *   q      bytes of the node, then its number of entries, or -1 for a plain node
 *   n N c  the count             l L   the number, rounded above 2^53          e   the time in ms
 *   o      the flag, and the length behind it if there is one
 *   t      the tag, then bytes of the payload
 *   T R    the number of fields; for T then the bytes of each name, unless the names are packed
 *   m      per opcode: an integer's value or a string's bytes
 *   8 d r i  nothing
 *
 * Hot: `walk` and `#walkStrings`; watched by `bench summary`.
 */
import { lzfPeek, parseCanonicalInt } from "@holdfast/bytes";
import type { RdbCursor } from "./cursor.ts";
import { arrayTag, moduleOpcode, type PackedKind, type TypeRow } from "./format.ts";
import { type Operation, operationsOf } from "./layouts.ts";
import { readModuleId } from "./module-opcodes.ts";
import { packedHeadBytes, statedPackedCount, validatePacked } from "./packed/packed-reader.ts";
import { quicklistPacked, readContainer } from "./quicklist-nodes.ts";
import { decimalDigits, type StringReader, storedInt } from "./strings.ts";
import { readTemplateNames, type Templates, templateFieldCount } from "./templates.ts";

const traceSlabItems = 16384;
/** Room that no single operation outgrows, except T. */
const traceSpareItems = 8;
const canonicalIntBytesMax = 20;
/** Packed bytes that are sure to unpack to the head of a packed encoding. */
const lzfHeadBytes = 64;
const depthMax = 8;

export class ValueWalker {
  readonly #cursor: RdbCursor;
  readonly #strings: StringReader;
  readonly #templates: Templates;
  readonly #packedLimitBytes: number;
  readonly #tracing: boolean;

  #row!: TypeRow;
  #depth = 0;
  readonly #bodies: (readonly Operation[])[] = new Array(depthMax).fill([]);
  readonly #pc = new Int32Array(depthMax);
  readonly #rounds = new Float64Array(depthMax);
  readonly #loops: (Operation | undefined)[] = new Array(depthMax).fill(undefined);
  #skipBytes = 0;
  #keptCount = 0;
  #entries = 0;
  #countKnown = true;
  #statedItems: number | undefined;

  /** What was traced for good since `takeTrace` lies in trace[traceStart, traceCommitted). */
  trace = new Float64Array(0);
  traceStart = 0;
  traceCommitted = 0;
  #traceEnd = 0;

  readonly #head = new Uint8Array(packedHeadBytes);

  constructor(
    cursor: RdbCursor,
    strings: StringReader,
    templates: Templates,
    options: { readonly trace: boolean; readonly packedLimitBytes: number },
  ) {
    this.#cursor = cursor;
    this.#strings = strings;
    this.#templates = templates;
    this.#packedLimitBytes = options.packedLimitBytes;
    this.#tracing = options.trace;
    if (options.trace) this.trace = new Float64Array(traceSlabItems);
  }

  begin(row: TypeRow): void {
    this.#row = row;
    this.#depth = 0;
    this.#bodies[0] = operationsOf(row);
    this.#pc[0] = 0;
    this.#rounds[0] = 1;
    this.#skipBytes = 0;
    this.#entries = 0;
    this.#countKnown = true;
    this.#statedItems = undefined;
    this.traceStart = this.#traceEnd = this.traceCommitted;
  }

  /** Elements of the value when the walk is over; undefined when the file does not say. */
  get itemCount(): number | undefined {
    const row = this.#row;
    if (row.type === "string") return 1;
    if (row.packed === undefined || row.type === "stream") return this.#statedItems;
    if (row.encoding === "template" && this.#statedItems !== undefined) return this.#statedItems;
    if (!this.#countKnown) return undefined;
    return Math.floor((this.#entries - (row.leadingEntries ?? 0)) / (row.entriesPerItem ?? 1));
  }

  /** The trace so far was handed over; the next one starts behind it. */
  takeTrace(): void {
    this.traceStart = this.traceCommitted;
  }

  /** The window moves on: the trace's memory is used again. */
  reset(): void {
    this.traceStart = this.#traceEnd = this.traceCommitted = 0;
  }

  /** Walks on. True when the value is over, false when the trace is full and has to be taken. */
  walk(): boolean {
    // What an operation noted before it ran short of bytes is noted again.
    this.#traceEnd = this.traceCommitted;
    for (;;) {
      if (this.#skipBytes > 0) this.#skip();
      const depth = this.#depth;
      const body = this.#bodies[depth];
      const pc = this.#pc[depth];
      if (pc === body.length) {
        if (depth === 0) return true;
        this.#rounds[depth] -= 1;
        this.#nextRound(depth);
        continue;
      }
      if (this.#tracing && !this.#hasTraceRoom(traceSpareItems)) return false;
      const operation = body[pc];
      if (!this.#step(operation)) continue;
      this.#pc[depth] += 1;
      this.#commit();
    }
  }

  #commit(): void {
    this.#cursor.commit();
    this.traceCommitted = this.#traceEnd;
  }

  /** One operation; false when it stays the current one (it went on by itself and committed). */
  #step(operation: Operation): boolean {
    switch (operation.code) {
      case "s":
        this.#skipString();
        return true;
      case "S":
        this.#skipStringValue();
        return true;
      case "p":
        this.#skipPacked(this.#row.packed ?? "listpack");
        return true;
      case "n":
      case "N":
        return this.#enterLoop(operation, this.#count(operation.code === "N"));
      case "*":
        return this.#enterLoop(operation, this.#keptCount);
      case "q":
        this.#skipQuicklistNode();
        return true;
      case "m":
        return this.#skipModuleOpcode();
      default:
        this.#smallStep(operation.code);
        return true;
    }
  }

  #smallStep(code: string): void {
    const cursor = this.#cursor;
    switch (code) {
      case "l":
        this.#note(cursor.roughLength());
        break;
      case "L":
        this.#statedItems = cursor.length();
        this.#note(this.#statedItems);
        break;
      case "i":
        readModuleId(cursor);
        break;
      case "e":
        this.#note(cursor.int64());
        break;
      case "8":
        cursor.skip(8);
        break;
      case "r":
        cursor.skip(16);
        break;
      case "d":
        this.#skipAsciiDouble();
        break;
      case "c":
        this.#keptCount = this.#count(true);
        break;
      case "o":
        this.#skipOptionalLength();
        break;
      case "t":
        this.#skipTagged();
        break;
      case "T":
        this.#skipTemplateNames();
        break;
      default:
        this.#keptCount = this.#statedItems = templateFieldCount(cursor, this.#templates);
        this.#note(this.#keptCount);
    }
  }

  #count(isItemCount: boolean): number {
    const count = this.#cursor.length();
    if (isItemCount) this.#statedItems = count;
    this.#note(count);
    return count;
  }

  #enterLoop(operation: Operation, count: number): boolean {
    this.#pc[this.#depth] += 1;
    if (count > 0) {
      this.#depth += 1;
      this.#bodies[this.#depth] = operation.body ?? [];
      this.#rounds[this.#depth] = count;
      this.#loops[this.#depth] = operation.stringsInBody > 0 ? operation : undefined;
      this.#nextRound(this.#depth);
    }
    this.#commit();
    return false;
  }

  #nextRound(depth: number): void {
    const loop = this.#loops[depth];
    if (loop !== undefined && this.#rounds[depth] > 0) this.#walkStrings(loop, depth);
    this.#pc[depth] = 0;
    if (this.#rounds[depth] === 0) this.#depth -= 1;
  }

  /**
   * The common case of a loop over strings, in one tight loop over short ones. Stops before a round
   * that has anything else (long, LZF, at the window's edge, full trace): the general walk does that one.
   */
  #walkStrings(loop: Operation, depth: number): void {
    const { window } = this.#cursor;
    const { buffer, limit } = window;
    const { trace } = this;
    const { stringsInBody, tailBytes } = loop;
    const tracing = this.#tracing;
    const traceLimit = trace.length - traceSpareItems;
    let { position } = window;
    let traceEnd = this.#traceEnd;
    let rounds = this.#rounds[depth];
    round: while (rounds > 0 && !(tracing && traceEnd > traceLimit)) {
      let behind = position;
      let traced = traceEnd;
      for (let index = 0; index < stringsInBody; index += 1) {
        if (behind + 5 > limit) break round;
        const first = buffer[behind];
        let size = first;
        if (first < 0x40) {
          behind += 1 + first;
        } else if (first < 0x80) {
          size = ((first & 0x3f) << 8) | buffer[behind + 1];
          behind += 2 + size;
        } else if (first >= 0xc0 && first <= 0xc2) {
          if (tracing) size = decimalDigits(storedInt(buffer, behind));
          behind += 1 + (1 << (first - 0xc0));
        } else {
          break round;
        }
        if (tracing) trace[traced++] = size;
      }
      behind += tailBytes;
      if (behind > limit) break;
      position = behind;
      traceEnd = traced;
      rounds -= 1;
    }
    window.position = position;
    this.#traceEnd = traceEnd;
    this.#rounds[depth] = rounds;
    this.#commit();
  }

  #note(value: number): void {
    if (this.#tracing) this.trace[this.#traceEnd++] = value;
  }

  /** Makes room for `count` more numbers, in a fresh slab if need be; false when the trace must be taken first. */
  #hasTraceRoom(count: number): boolean {
    if (this.#traceEnd + count <= this.trace.length) return true;
    const pending = this.#traceEnd - this.traceStart;
    if (pending > traceSlabItems / 2) return false;
    const slab = new Float64Array(Math.max(traceSlabItems, pending + 2 * count));
    slab.set(this.trace.subarray(this.traceStart, this.#traceEnd));
    this.trace = slab;
    this.traceCommitted -= this.traceStart;
    this.traceStart = 0;
    this.#traceEnd = pending;
    return true;
  }

  /** Passes over stored bytes, as many as the window has. */
  #skip(): void {
    const { window } = this.#cursor;
    const step = Math.min(this.#skipBytes, window.limit - window.position);
    window.position += step;
    this.#skipBytes -= step;
    this.#commit();
    if (this.#skipBytes > 0) this.#cursor.need(1);
  }

  #skipStored(): void {
    const { window } = this.#cursor;
    const behind = window.position + this.#strings.storedBytes;
    if (behind <= window.limit) {
      window.position = behind;
      return;
    }
    // Asked of the whole, so that what is said does not depend on where the chunks end.
    this.#cursor.mustExist(this.#strings.storedBytes);
    this.#skipBytes = behind - window.limit;
    window.position = window.limit;
  }

  #skipString(): void {
    this.#strings.head();
    this.#note(this.#strings.textBytes);
    this.#skipStored();
  }

  #skipStringValue(): void {
    const strings = this.#strings;
    strings.head();
    this.#note(strings.textBytes);
    let isInteger = strings.form === "int";
    if (this.#tracing && strings.form === "raw" && strings.textBytes <= canonicalIntBytesMax) {
      this.#cursor.need(strings.textBytes);
      const { buffer, position } = this.#cursor.window;
      isInteger = parseCanonicalInt(buffer, position, position + strings.textBytes) !== undefined;
    }
    this.#note(isInteger ? 1 : 0);
    this.#skipStored();
  }

  #skipPacked(kind: PackedKind): void {
    this.#strings.head();
    const count = this.#entriesOfPacked(kind);
    if (count === undefined) this.#countKnown = false;
    else this.#entries += count;
    this.#note(this.#strings.textBytes);
    this.#note(count ?? 0);
    this.#skipStored();
  }

  #skipQuicklistNode(): void {
    if (readContainer(this.#cursor) === quicklistPacked) {
      this.#skipPacked("listpack");
      return;
    }
    this.#strings.head();
    this.#entries += 1;
    this.#note(this.#strings.textBytes);
    this.#note(-1);
    this.#skipStored();
  }

  /** Entries of the packed encoding whose head was read; the cursor stays before the stored bytes. */
  #entriesOfPacked(kind: PackedKind): number | undefined {
    const strings = this.#strings;
    const { window } = this.#cursor;
    const headBytes = Math.min(strings.storedBytes, strings.form === "lzf" ? lzfHeadBytes : packedHeadBytes);
    this.#cursor.need(headBytes);
    const position = window.position;
    let stated: number | undefined;
    if (strings.form === "lzf") {
      const made = this.#peekLzf(position, headBytes);
      stated = statedPackedCount(kind, this.#head, 0, made);
    } else {
      stated = statedPackedCount(kind, window.buffer, position, headBytes);
    }
    return stated ?? this.#countByWalking(kind, position);
  }

  #peekLzf(position: number, headBytes: number): number {
    try {
      return lzfPeek(this.#cursor.window.buffer, position, position + headBytes, this.#head, packedHeadBytes);
    } catch {
      // Damaged, which this level does not look for: the count is unknown and the step over the block goes on.
      return 0;
    }
  }

  /** The head says "unknown": only a walk tells, and only a sound and not too large one is walked. */
  #countByWalking(kind: PackedKind, position: number): number | undefined {
    const strings = this.#strings;
    if (strings.textBytes > this.#packedLimitBytes || strings.storedBytes > this.#packedLimitBytes)
      return undefined;
    this.#cursor.need(strings.storedBytes);
    try {
      strings.body();
      return validatePacked(kind, strings.buffer, strings.start, strings.end, strings.at);
    } catch {
      return undefined;
    } finally {
      this.#cursor.window.position = position;
    }
  }

  #skipAsciiDouble(): void {
    const size = this.#cursor.byte();
    if (size < 253) this.#cursor.skip(size);
  }

  #skipOptionalLength(): void {
    const flag = this.#cursor.length();
    this.#note(flag);
    if (flag === 1) this.#note(this.#cursor.roughLength());
  }

  #skipTagged(): void {
    this.#cursor.length64();
    const at = this.#cursor.window.position;
    const tag = this.#cursor.length();
    this.#note(tag);
    if (tag === arrayTag.integer || tag === arrayTag.double) {
      this.#note(8);
      this.#cursor.skip(8);
    } else if (tag === arrayTag.string || tag === arrayTag.smallString) {
      this.#skipString();
    } else {
      this.#cursor.fail("RDB_BAD_ARRAY", `array element with tag ${tag}`, at);
    }
  }

  #skipTemplateNames(): void {
    const names = readTemplateNames(this.#cursor, this.#strings, this.#packedLimitBytes);
    this.#keptCount = this.#statedItems = names.length;
    if (!this.#tracing) return;
    this.#hasTraceRoom(names.length + 1 + traceSpareItems);
    this.#note(names.length);
    for (const name of names) this.#note(name.length);
  }

  #skipModuleOpcode(): boolean {
    const cursor = this.#cursor;
    const at = cursor.window.position;
    const code = cursor.length();
    switch (code) {
      case moduleOpcode.end:
        return true;
      case moduleOpcode.signed:
      case moduleOpcode.unsigned:
        this.#note(cursor.roughLength());
        break;
      case moduleOpcode.float:
        cursor.skip(4);
        break;
      case moduleOpcode.double:
        cursor.skip(8);
        break;
      case moduleOpcode.string:
        this.#skipString();
        break;
      default:
        cursor.fail("RDB_BAD_MODULE", `module opcode ${code} does not exist`, at);
    }
    this.#commit();
    return false;
  }
}
