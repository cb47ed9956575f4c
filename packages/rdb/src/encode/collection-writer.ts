/**
 * Sets, hashes and sorted sets: packed into one string when they are small, plain element by element when not.
 *
 *   items come → held while the value may still be packed → last: packed
 *                                                         → too many or too long: plain, and nothing is held from there on
 *
 * So memory is bounded by the packing limits, and by mayWait() of a form that has it. What a type is made of is a CollectionForm.
 */
import type { ItemBatch, KeyEvent } from "../events.ts";
import { RdbEncodeError } from "./losses.ts";
import type { ValueContext, ValueWriter } from "./value-context.ts";

/** What differs between the types. One object serves one value after the other. */
export interface CollectionForm<Item> {
  /** The items of a batch of this type; throws for one of another type. */
  itemsOf(batch: ItemBatch): readonly Item[];
  begin(event: KeyEvent): void;
  /** Looks at further items: whether `count` items in all, these among them, may still be packed. */
  mayPack(items: readonly Item[], count: number): boolean;
  /** Items that cannot be packed may still be held a while, because the head of a plain value depends on all of them. */
  mayWait?(items: readonly Item[]): boolean;
  /** An item that does not borrow. */
  own(item: Item): Item;
  /** Head and value, packed. At least one item. */
  writePacked(items: readonly Item[]): void;
  /** The head of a plain value that begins with these items; `isAll` when no others follow. */
  beginPlain(items: readonly Item[], isAll: boolean): void;
  writePlain(item: Item): void;
}

export class CollectionWriter<Item> implements ValueWriter {
  readonly #context: ValueContext;
  readonly #form: CollectionForm<Item>;
  #held: Item[] = [];
  #isPlain = false;
  #statedCount: number | undefined;
  #count = 0;

  constructor(context: ValueContext, form: CollectionForm<Item>) {
    this.#context = context;
    this.#form = form;
  }

  begin(event: KeyEvent): void {
    this.#held = [];
    this.#isPlain = false;
    this.#statedCount = event.itemCount;
    this.#count = 0;
    this.#form.begin(event);
  }

  add(batch: ItemBatch, isLast: boolean): void {
    const items = this.#form.itemsOf(batch);
    this.#count += items.length;
    if (this.#isPlain) {
      this.#writePlain(items);
      return;
    }
    const all = this.#held.length === 0 ? items : this.#held.concat(items);
    const expected = isLast ? this.#count : Math.max(this.#count, this.#statedCount ?? 0);
    const mayPack = this.#form.mayPack(items, expected) && expected > 0;
    if (isLast && mayPack) this.#form.writePacked(all);
    else if (isLast || !(mayPack || this.#form.mayWait?.(items))) this.#startPlain(all, isLast);
    else for (const item of items) this.#held.push(this.#form.own(item));
  }

  end(): void {
    if (!this.#isPlain) return;
    if (this.#statedCount === undefined) this.#context.output.closeGap(this.#count);
    else if (this.#statedCount !== this.#count) throw miscounted(this.#statedCount, this.#count);
  }

  #startPlain(items: readonly Item[], isAll: boolean): void {
    this.#isPlain = true;
    if (isAll) this.#statedCount = this.#count;
    this.#form.beginPlain(items, isAll);
    if (this.#statedCount === undefined) this.#context.output.openGap();
    else this.#context.output.length(this.#statedCount);
    this.#writePlain(items);
    this.#held = [];
  }

  #writePlain(items: readonly Item[]): void {
    for (const item of items) this.#form.writePlain(item);
  }
}

function miscounted(stated: number, found: number): RdbEncodeError {
  return new RdbEncodeError("RDB_ENCODE_EVENTS", `a value of ${stated} elements came with ${found}`);
}

/** A batch of another kind than its key's type has. */
export function wrongBatch(found: ItemBatch, wanted: string): RdbEncodeError {
  return new RdbEncodeError("RDB_ENCODE_EVENTS", `${found.of} where ${wanted} belong`);
}
