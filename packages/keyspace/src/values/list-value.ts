/**
 * A list: its elements packed, or in chunks, so that both ends are near and the middle is a walk over chunks.
 *
 *   packed   element element …               up to 4 KiB, changed at its ends only
 *   chunks   [ [a b c] [d … ] … [y z] ]      everything else: up to 128 elements a chunk; after an insertion up to 256
 *
 * Indices count from 0 at the left.
 */
import type { ItemBatch, RdbType } from "@holdfast/rdb";
import { sizeOfWord, sliceOfWord, textOfWord, type Word } from "../latin1.ts";
import type { Slabs } from "../store/slabs.ts";
import { type ItemPen, inBatches, type ValueBatch, wrongItems } from "./item-pen.ts";
import { PackedItems } from "./packed-items.ts";
import { packedSlices, packedTexts } from "./set-value.ts";
import type { MutableValue } from "./value.ts";

const chunkItems = 128;

export type ListEnd = "left" | "right";

export class ListValue implements MutableValue {
  readonly type: RdbType = "list";
  readonly rowName = "LIST";
  readonly #slabs: Slabs;
  #packed: PackedItems | undefined;
  /** In use when nothing is packed. */
  #chunks: string[][] = [];
  #count = 0;

  constructor(slabs: Slabs) {
    this.#slabs = slabs;
    this.#packed = new PackedItems(slabs);
  }

  get itemCount(): number {
    return this.#count;
  }

  push(end: ListEnd, element: Word): void {
    const packed = this.#packed;
    if (packed?.fits(sizeOfWord(element)) === true) {
      if (end === "left") packed.prepend(sliceOfWord(element));
      else packed.append(sliceOfWord(element));
    } else pushTo(this.#spread(), end, textOfWord(element));
    this.#count += 1;
  }

  /** Takes an element off; undefined when there is none. */
  pop(end: ListEnd): string | undefined {
    if (this.#count === 0) return undefined;
    const element = this.at(end === "left" ? 0 : this.#count - 1);
    this.drop(end, 1);
    return element;
  }

  /** Takes up to `count` elements off. */
  drop(end: ListEnd, count: number): void {
    const dropped = Math.min(count, this.#count);
    if (this.#packed === undefined) dropFrom(this.#chunks, end, dropped);
    else if (end === "left") this.#packed.remove(this.#packed.first, this.#positionOf(dropped));
    else this.#packed.remove(this.#positionOf(this.#count - dropped), this.#packed.end);
    this.#count -= dropped;
  }

  /** `index` is within the list. */
  at(index: number): string {
    if (this.#packed !== undefined) return this.#packed.textAt(this.#positionOf(index));
    const [chunk, inner] = locate(this.#chunks, this.#count, index);
    return this.#chunks[chunk][inner];
  }

  /** `index` is within the list. */
  set(index: number, element: string): void {
    const chunks = this.#spread();
    const [chunk, inner] = locate(chunks, this.#count, index);
    chunks[chunk][inner] = element;
  }

  /** Puts an element beside the first one that is `pivot`; false when there is none. */
  insertBeside(pivot: string, side: "before" | "after", element: string): boolean {
    const chunks = this.#spread();
    for (const [index, chunk] of chunks.entries()) {
      const found = chunk.indexOf(pivot);
      if (found < 0) continue;
      chunk.splice(side === "before" ? found : found + 1, 0, element);
      this.#count += 1;
      if (chunk.length >= 2 * chunkItems) chunks.splice(index + 1, 0, chunk.splice(chunkItems));
      return true;
    }
    return false;
  }

  /** Removes elements that are `element`, from one end on, `countMax` at most; answers how many. */
  remove(element: string, from: ListEnd, countMax: number): number {
    const chunks = this.#spread();
    let removed = 0;
    for (let step = 0; step < chunks.length && removed < countMax; step++) {
      const chunk = chunks[from === "left" ? step : chunks.length - 1 - step];
      removed += removeFrom(chunk, element, from, countMax - removed);
    }
    if (removed > 0) this.#chunks = chunks.filter((chunk) => chunk.length > 0);
    this.#count -= removed;
    return removed;
  }

  elements(): IterableIterator<string> {
    return this.#packed === undefined ? elementsOf(this.#chunks) : packedTexts(this.#packed);
  }

  dispose(): void {
    this.#packed?.dispose();
  }

  clone(): ListValue {
    const copy = new ListValue(this.#slabs);
    copy.#packed = this.#packed?.clone();
    copy.#chunks = this.#chunks.map((chunk) => chunk.slice());
    copy.#count = this.#count;
    return copy;
  }

  batches(pen: ItemPen): Iterable<ValueBatch> {
    const packed = this.#packed;
    if (packed !== undefined)
      return [{ items: { of: "elements", elements: packedSlices(packed) }, isLast: true }];
    return inBatches(
      pen,
      this.elements(),
      (element) => pen.slice(element),
      (elements) => ({ of: "elements", elements }),
    );
  }

  load(items: ItemBatch): void {
    if (items.of !== "elements") throw wrongItems(items, "elements");
    for (const element of items.elements) this.push("right", element);
  }

  /** Where an element begins, or where the last one ends; the walk is over what is packed. */
  #positionOf(index: number): number {
    const packed = this.#packed!;
    if (index === this.#count) return packed.end;
    let at = packed.first;
    for (let left = index; left > 0; left--) at = packed.next(at);
    return at;
  }

  /** Elements in chunks, nothing packed from now on. */
  #spread(): string[][] {
    const packed = this.#packed;
    if (packed === undefined) return this.#chunks;
    for (const element of packedTexts(packed)) pushTo(this.#chunks, "right", element);
    packed.dispose();
    this.#packed = undefined;
    return this.#chunks;
  }
}

function* elementsOf(chunks: readonly string[][]): IterableIterator<string> {
  for (const chunk of chunks) yield* chunk;
}

function pushTo(chunks: string[][], end: ListEnd, element: string): void {
  const chunk = end === "left" ? chunks[0] : chunks[chunks.length - 1];
  if (chunk === undefined || chunk.length >= chunkItems) {
    if (end === "left") chunks.unshift([element]);
    else chunks.push([element]);
  } else if (end === "left") chunk.unshift(element);
  else chunk.push(element);
}

/** Takes `count` elements off, which are there. */
function dropFrom(chunks: string[][], end: ListEnd, count: number): void {
  for (let left = count; left > 0; ) {
    const chunk = end === "left" ? chunks[0] : chunks[chunks.length - 1];
    if (chunk.length > left) {
      chunk.splice(end === "left" ? 0 : chunk.length - left, left);
      return;
    }
    left -= chunk.length;
    if (end === "left") chunks.shift();
    else chunks.pop();
  }
}

function locate(
  chunks: readonly string[][],
  count: number,
  index: number,
): readonly [chunk: number, inner: number] {
  if (index < count / 2) {
    let [chunk, inner] = [0, index];
    for (; inner >= chunks[chunk].length; chunk++) inner -= chunks[chunk].length;
    return [chunk, inner];
  }
  let behind = count - index;
  let chunk = chunks.length - 1;
  for (; behind > chunks[chunk].length; chunk--) behind -= chunks[chunk].length;
  return [chunk, chunks[chunk].length - behind];
}

function removeFrom(chunk: string[], element: string, from: ListEnd, countMax: number): number {
  let removed = 0;
  const step = from === "left" ? 0 : -1;
  for (
    let at = from === "left" ? 0 : chunk.length - 1;
    at >= 0 && at < chunk.length && removed < countMax;
  ) {
    if (chunk[at] === element) {
      chunk.splice(at, 1);
      removed += 1;
      at += step;
    } else at += step + (from === "left" ? 1 : 0);
  }
  return removed;
}
