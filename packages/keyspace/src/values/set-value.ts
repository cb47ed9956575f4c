/**
 * A set: members without order.
 *
 *   packed   member member …      up to 128 members and 4 KiB
 *   a map    by member            everything else
 */
import type { ByteSlice, ItemBatch, RdbType } from "@holdfast/rdb";
import { sizeOfWord, sliceOfWord, textOfWord, type Word } from "../latin1.ts";
import type { Slabs } from "../store/slabs.ts";
import { WideMap } from "../wide-map.ts";
import { type ItemPen, inBatches, type ValueBatch, wrongItems } from "./item-pen.ts";
import { PackedItems, packedSearchMax } from "./packed-items.ts";
import type { MutableValue } from "./value.ts";

export class SetValue implements MutableValue {
  readonly type: RdbType = "set";
  readonly rowName = "SET";
  readonly #slabs: Slabs;
  #packed: PackedItems | undefined;
  #packedCount = 0;
  /** In use when nothing is packed. */
  #members: WideMap<true> | undefined;

  constructor(slabs: Slabs) {
    this.#slabs = slabs;
    this.#packed = new PackedItems(slabs);
  }

  get itemCount(): number {
    return this.#members === undefined ? this.#packedCount : this.#members.size;
  }

  has(member: Word): boolean {
    if (this.#packed !== undefined) return this.#packed.find(sliceOfWord(member), 1) >= 0;
    return this.#members!.has(textOfWord(member));
  }

  /** False when it was there. */
  add(member: Word): boolean {
    const packed = this.#packed;
    if (packed !== undefined) {
      const bytes = sliceOfWord(member);
      if (packed.find(bytes, 1) >= 0) return false;
      if (this.#packedCount < packedSearchMax && packed.fits(sizeOfWord(member))) {
        packed.append(bytes);
        this.#packedCount += 1;
        return true;
      }
    }
    const members = this.#map();
    const before = members.size;
    members.set(textOfWord(member), true);
    return members.size > before;
  }

  /** False when it was not there. */
  remove(member: Word): boolean {
    const packed = this.#packed;
    if (packed === undefined) return this.#members!.delete(textOfWord(member));
    const at = packed.find(sliceOfWord(member), 1);
    if (at < 0) return false;
    packed.remove(at, packed.next(at));
    this.#packedCount -= 1;
    return true;
  }

  members(): IterableIterator<string> {
    return this.#members === undefined ? packedTexts(this.#packed!) : this.#members.keys();
  }

  clone(): SetValue {
    const copy = new SetValue(this.#slabs);
    copy.#packed = this.#packed?.clone();
    copy.#packedCount = this.#packedCount;
    copy.#members = this.#members?.clone();
    return copy;
  }

  dispose(): void {
    this.#packed?.dispose();
  }

  batches(pen: ItemPen): Iterable<ValueBatch> {
    const packed = this.#packed;
    if (packed !== undefined)
      return [{ items: { of: "elements", elements: packedSlices(packed) }, isLast: true }];
    return inBatches(
      pen,
      this.members(),
      (member) => pen.slice(member),
      (elements) => ({ of: "elements", elements }),
    );
  }

  load(items: ItemBatch): void {
    if (items.of !== "elements") throw wrongItems(items, "elements");
    for (const member of items.elements) this.add(member);
  }

  /** Members in a map, nothing packed from now on. */
  #map(): WideMap<true> {
    const packed = this.#packed;
    if (packed === undefined) return this.#members!;
    const members = new WideMap<true>();
    for (const member of packedTexts(packed)) members.set(member, true);
    packed.dispose();
    this.#packed = undefined;
    this.#members = members;
    return members;
  }
}

/** All items, as texts. */
export function* packedTexts(packed: PackedItems): IterableIterator<string> {
  for (let at = packed.first; at < packed.end; at = packed.next(at)) yield packed.textAt(at);
}

/** All items, where they lie: borrowed until the next change. */
export function packedSlices(packed: PackedItems): ByteSlice[] {
  const slices: ByteSlice[] = [];
  for (let at = packed.first; at < packed.end; at = packed.next(at)) slices.push(packed.sliceAt(at));
  return slices;
}
