/**
 * What can stand under a key.
 *
 *   string               a text, made of a record's bytes when it is asked for; a BytesValue when it is long or is changed in place
 *   list set hash zset   ListValue SetValue HashValue ZsetValue
 *   stream               StreamValue
 *   module, array        StoredValue, ArrayValue: kept as they came, to be saved again
 *
 * Every value but a text is a class with the same few things; commands reach it through a Database, which sees to it that nobody
 * changes what a snapshot still needs.
 */
import type { ItemBatch, RdbType } from "@holdfast/rdb";
import type { ItemPen, ValueBatch } from "./item-pen.ts";

export interface MutableValue {
  readonly type: RdbType;
  /** Name of the row of the RDB type table that says how events of this value are to be understood. */
  readonly rowName: string;
  /** Elements, fields, members, entries; 1 for a string. Undefined for modules. */
  readonly itemCount: number | undefined;
  /** Gives back what it has outside the engine's heap: it is not used any more. */
  dispose(): void;
  /** An independent value with the same content. */
  clone(): MutableValue;
  /** The content for events, at least one batch. */
  batches(pen: ItemPen): Iterable<ValueBatch>;
  /** Adds the items of an event, as a decoder hands them over. Throws KEYSPACE_EVENTS for those of another type. */
  load(items: ItemBatch): void;
}

export type Value = string | MutableValue;
