/**
 * One value after the other: chooses the writer for a key's type, or says that the target cannot hold it.
 *
 * A value that comes as it is stored (level "raw") is copied when the target reads that form; encodeLevel() says before the value is
 * read which level serves.
 */
import type { ItemBatch, KeyEvent, ReadLevel } from "../events.ts";
import type { RdbType, TypeRow } from "../format.ts";
import { ArrayWriter } from "./arrays.ts";
import { CollectionWriter } from "./collection-writer.ts";
import { HashForm } from "./hashes.ts";
import { OldListForm, QuicklistWriter } from "./lists.ts";
import { RdbEncodeError, type RdbLossKind } from "./losses.ts";
import { SetForm } from "./sets.ts";
import { ModuleWriter, StoredValueWriter } from "./stored-values.ts";
import { StreamWriter } from "./streams.ts";
import { StringValueWriter } from "./strings.ts";
import { holdsAsStored, type RdbTarget, targetHas } from "./targets.ts";
import type { ValueContext, ValueWriter } from "./value-context.ts";
import { ZsetForm } from "./zsets.ts";

/** The first RDB version whose lists have nodes. */
const quicklistFrom = 7;

/** A type that the target has nothing for: the key is left out. Modules are asked for their name later. */
function lossOfType(target: RdbTarget, type: RdbType): RdbLossKind | undefined {
  if (type === "stream" && !targetHas(target, "stream")) return "stream";
  if (type === "array" && !targetHas(target, "array")) return "array";
  if (type === "module" && !targetHas(target, "module")) return "module";
  return undefined;
}

/**
 * The cheapest level at which a decoder's key can be written for the target: "raw" when the value is copied as stored, "skip" when the
 * target cannot hold it and its events only serve to name it, else "items". To be asked in the decoder's `select`.
 */
export function encodeLevel(target: RdbTarget, row: TypeRow): Extract<ReadLevel, "raw" | "items" | "skip"> {
  if (lossOfType(target, row.type) !== undefined) return "skip";
  return holdsAsStored(target, row) ? "raw" : "items";
}

export class ValueEncoder {
  readonly #context: ValueContext;
  readonly #writers: Readonly<Record<RdbType, ValueWriter>>;
  readonly #stored: ValueWriter;
  #writer: ValueWriter | undefined;

  constructor(context: ValueContext) {
    this.#context = context;
    this.#stored = new StoredValueWriter(context);
    this.#writers = {
      string: new StringValueWriter(context),
      list:
        context.target.rdbVersion >= quicklistFrom
          ? new QuicklistWriter(context)
          : new CollectionWriter(context, new OldListForm(context)),
      set: new CollectionWriter(context, new SetForm(context)),
      hash: new CollectionWriter(context, new HashForm(context)),
      zset: new CollectionWriter(context, new ZsetForm(context)),
      stream: new StreamWriter(context),
      array: new ArrayWriter(context),
      module: new ModuleWriter(context),
    };
  }

  /** A key and its first batch; with `last` all of it. */
  begin(event: KeyEvent): void {
    const loss = lossOfType(this.#context.target, event.type);
    if (loss !== undefined) {
      this.#writer = undefined;
      this.#context.loseKey(loss);
      return;
    }
    this.#writer = this.#writerOf(event);
    this.#writer.begin(event);
    this.add(event.items, event.last);
  }

  /** A further batch. */
  add(items: ItemBatch, isLast: boolean): void {
    const writer = this.#writer;
    if (writer === undefined) return;
    writer.add(items, isLast);
    if (isLast) writer.end();
  }

  #writerOf(event: KeyEvent): ValueWriter {
    if (event.items.of !== "opaque" || event.type === "module") return this.#writers[event.type];
    if (holdsAsStored(this.#context.target, event.row)) return this.#stored;
    throw new RdbEncodeError(
      "RDB_ENCODE_NEEDS_ITEMS",
      `${this.#context.target.name} does not read ${event.row.name} as it is stored: decode it at level "items"`,
    );
  }
}
