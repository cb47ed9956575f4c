/** The events of one key at level "items" into its value: of a base, and of the payload of RESTORE. */
import type { KeyEvent, RdbEvent, RdbType } from "@holdfast/rdb";
import { KeyspaceError } from "../errors.ts";
import { textOf } from "../latin1.ts";
import type { Slabs } from "../store/slabs.ts";
import { BytesValue, textValueBytesMax } from "./bytes-value.ts";
import { HashValue } from "./hash-value.ts";
import { ListValue } from "./list-value.ts";
import { SetValue } from "./set-value.ts";
import { ArrayValue, ModuleValue } from "./stored-value.ts";
import { StreamValue } from "./stream.ts";
import type { MutableValue, Value } from "./value.ts";
import { ZsetValue } from "./zset-value.ts";

const makers: Readonly<Record<RdbType, (slabs: Slabs) => MutableValue>> = {
  string: () => new BytesValue(),
  list: (slabs) => new ListValue(slabs),
  set: (slabs) => new SetValue(slabs),
  hash: (slabs) => new HashValue(slabs),
  zset: (slabs) => new ZsetValue(slabs),
  stream: () => new StreamValue(),
  module: () => new ModuleValue(),
  array: () => new ArrayValue(),
};

/** Builds the value of one key after the other from its events. */
export class ValueLoader {
  readonly #slabs: Slabs;
  #value: MutableValue | undefined;

  /** Where the values keep what is small. */
  constructor(slabs: Slabs) {
    this.#slabs = slabs;
  }

  /** Starts a key; the value when this event is all of it. */
  begin(event: KeyEvent): Value | undefined {
    const { items } = event;
    if (
      event.last &&
      items.of === "chunks" &&
      items.chunks.length === 1 &&
      items.chunks[0].length <= textValueBytesMax
    )
      return textOf(items.chunks[0]);
    this.#value = makers[event.type](this.#slabs);
    this.#value.load(items);
    return event.last ? this.#finish() : undefined;
  }

  /** The value when this event ends it. */
  add(event: Extract<RdbEvent, { kind: "items" }>): Value | undefined {
    if (this.#value === undefined) throw new KeyspaceError("KEYSPACE_EVENTS", "items without a key");
    this.#value.load(event.items);
    return event.last ? this.#finish() : undefined;
  }

  /** Gives up a value that will not be finished. */
  abandon(): void {
    this.#value?.dispose();
    this.#value = undefined;
  }

  #finish(): Value | undefined {
    const value = this.#value;
    this.#value = undefined;
    if (value instanceof BytesValue && value.size <= textValueBytesMax) return textOf(value.bytes);
    return value;
  }
}
