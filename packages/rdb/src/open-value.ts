/**
 * The value under way in a decoder: read element by element or stepped over, by its level, and handed over in batches.
 *
 *   omit, skip    the walker steps over it; at "skip" the numbers that it notes may be handed over
 *   raw           the same, and its bytes are handed over as stored
 *   items, check  the reader of its type; modules have none, so at "items" they go as at "raw"
 */
import type { RdbCursor } from "./cursor.ts";
import type { ItemBatch, ReadLevel } from "./events.ts";
import type { TypeRow } from "./format.ts";
import type { ValueReader, ValueScan } from "./values/value-scan.ts";
import type { ValueWalker } from "./walker.ts";

const nothing: ItemBatch = { of: "nothing" };

export interface OpenValueOptions {
  /** Hand the walker's numbers over. */
  readonly trace: boolean;
  /** Hand over the same object again and again. */
  readonly reuse: boolean;
}

export class OpenValue {
  readonly #cursor: RdbCursor;
  readonly #walker: ValueWalker;
  readonly #scan: ValueScan;
  readonly #options: OpenValueOptions;
  readonly #traceBatch = { of: "trace" as const, trace: new Float64Array(0), start: 0, end: 0 };
  #level: ReadLevel | "omit" = "items";
  #reader: ValueReader | undefined;
  /** Stream offset of the first byte that was not handed over. */
  #rawOffset = 0;

  constructor(cursor: RdbCursor, walker: ValueWalker, scan: ValueScan, options: OpenValueOptions) {
    this.#cursor = cursor;
    this.#walker = walker;
    this.#scan = scan;
    this.#options = options;
  }

  get level(): ReadLevel | "omit" {
    return this.#level;
  }

  /** `reader` is that of the type, if there is one. */
  begin(row: TypeRow, level: ReadLevel | "omit", reader: ValueReader | undefined): void {
    this.#level = level;
    this.#reader = level === "items" || level === "check" ? reader : undefined;
    if (this.#reader !== undefined) {
      this.#scan.begin(row, level === "items");
      return;
    }
    this.#walker.begin(row);
    this.#rawOffset = this.#cursor.window.offset;
  }

  /** True at its end, false when a batch is full. Throws the sentinel, or Damage. */
  read(): boolean {
    return this.#reader === undefined ? this.#walker.walk() : this.#reader(this.#scan);
  }

  /** Elements so far; of a value that is stepped over, known at its end only. */
  itemCount(last: boolean): number | undefined {
    if (this.#reader !== undefined) return this.#scan.itemCount;
    return last ? this.#walker.itemCount : undefined;
  }

  /** There is something that take() would give. */
  get hasItems(): boolean {
    if (this.#reader !== undefined) return this.#level === "items" && this.#scan.batchLength > 0;
    if (this.#handsOverBytes) return this.#committedOffset > this.#rawOffset;
    return this.#options.trace && this.#walker.traceCommitted > this.#walker.traceStart;
  }

  take(): ItemBatch {
    if (this.#reader !== undefined) return this.#scan.takeBatch();
    if (this.#handsOverBytes) return this.#takeRaw();
    return this.#options.trace ? this.#takeTrace() : nothing;
  }

  /** What was handed over may be written over from now on. */
  reuseTrace(): void {
    this.#walker.reset();
  }

  /** The trace of an omitted value is of no use to anybody. */
  dropTrace(): void {
    this.#walker.takeTrace();
  }

  get #handsOverBytes(): boolean {
    return this.#level === "raw" || (this.#level === "items" && this.#reader === undefined);
  }

  get #committedOffset(): number {
    return this.#cursor.window.start + this.#cursor.committed;
  }

  #takeTrace(): ItemBatch {
    const { trace, traceStart, traceCommitted } = this.#walker;
    this.#walker.takeTrace();
    const batch = this.#options.reuse ? this.#traceBatch : { ...this.#traceBatch };
    batch.trace = trace;
    batch.start = traceStart;
    batch.end = traceCommitted;
    return batch;
  }

  #takeRaw(): ItemBatch {
    const { window, committed } = this.#cursor;
    const start = this.#rawOffset - window.start;
    this.#rawOffset = this.#committedOffset;
    return { of: "opaque", bytes: window.buffer.subarray(start, committed) };
  }
}
