/**
 * A sorted set: scores by member, and the order (zset-order.ts) from the first time that a command asks for it.
 *
 *   packed   member score member score …      up to 128 members and 4 KiB; a score is the 8 bytes of a double
 *   a map    scores by member, and order      everything else
 *
 * Most sorted sets of a log are only added to: they never pay for an order. A packed one makes it anew whenever it is asked for.
 */
import { ByteSlice, type ItemBatch, type RdbType } from "@holdfast/rdb";
import { sizeOfWord, sliceOfWord, textOfWord, type Word } from "../latin1.ts";
import type { Slabs } from "../store/slabs.ts";
import { WideMap } from "../wide-map.ts";
import { type ItemPen, inBatches, type ValueBatch, wrongItems } from "./item-pen.ts";
import { PackedItems, packedSearchMax } from "./packed-items.ts";
import type { MutableValue } from "./value.ts";
import { ZsetOrder } from "./zset-order.ts";

const scoreBytes = 8;
/** A score on its way in or out; of no state between two calls. */
const scoreNumber = new Float64Array(1);
const scoreBuffer = Buffer.from(scoreNumber.buffer);
const scoreSlice = new ByteSlice(scoreBuffer, 0, scoreBytes);

export class ZsetValue implements MutableValue {
  readonly type: RdbType = "zset";
  readonly rowName = "ZSET_2";
  readonly #slabs: Slabs;
  #packed: PackedItems | undefined;
  #packedCount = 0;
  /** In use when nothing is packed. */
  #scores: WideMap<number> | undefined;
  #order: ZsetOrder | undefined;

  constructor(slabs: Slabs) {
    this.#slabs = slabs;
    this.#packed = new PackedItems(slabs);
  }

  get itemCount(): number {
    return this.#scores === undefined ? this.#packedCount : this.#scores.size;
  }

  score(member: Word): number | undefined {
    const packed = this.#packed;
    if (packed === undefined) return this.#scores!.get(textOfWord(member));
    const at = packed.find(sliceOfWord(member), 2);
    return at < 0 ? undefined : packedScore(packed, packed.next(at));
  }

  /** Adds a member or gives it another score. */
  put(member: Word, score: number): void {
    if (!this.#putPacked(member, score)) this.#putMapped(textOfWord(member), score);
  }

  /**
   * Gives a member the score that `decide` makes of the one it has; undefined leaves it as it is. Answers whether something changed. As score() and
   * put(), with one search.
   */
  change(member: Word, decide: (before: number | undefined) => number | undefined): boolean {
    const packed = this.#packed;
    if (packed === undefined) {
      const after = decide(this.score(member));
      if (after !== undefined) this.put(member, after);
      return after !== undefined;
    }
    const at = packed.find(sliceOfWord(member), 2);
    const after = decide(at < 0 ? undefined : packedScore(packed, packed.next(at)));
    if (after === undefined) return false;
    if (at < 0) this.put(member, after);
    else replaceScore(packed, at, after);
    return true;
  }

  /** False when it was not there. */
  remove(member: Word): boolean {
    const packed = this.#packed;
    if (packed === undefined) return this.#removeMapped(textOfWord(member));
    const at = packed.find(sliceOfWord(member), 2);
    if (at < 0) return false;
    packed.remove(at, packed.next(packed.next(at)));
    this.#packedCount -= 1;
    return true;
  }

  /** Removes the members of ranks [from, to); answers how many. */
  removeRange(from: number, to: number): number {
    const order = this.#ordered();
    const members = order.takeRange(from, to);
    for (const member of members) {
      if (this.#scores === undefined) this.remove(member);
      else this.#scores.delete(member);
    }
    return members.length;
  }

  /** Members in order: to look at. Valid until the next change. */
  order(): Pick<ZsetOrder, "count" | "firstRank" | "range"> {
    return this.#ordered();
  }

  /** In no order. */
  entries(): IterableIterator<[member: string, score: number]> {
    return this.#scores === undefined ? packedEntries(this.#packed!) : this.#scores.entries();
  }

  clone(): ZsetValue {
    const copy = new ZsetValue(this.#slabs);
    copy.#packed = this.#packed?.clone();
    copy.#packedCount = this.#packedCount;
    copy.#scores = this.#scores?.clone();
    copy.#order = this.#order?.clone();
    return copy;
  }

  dispose(): void {
    this.#packed?.dispose();
  }

  batches(pen: ItemPen): Iterable<ValueBatch> {
    const packed = this.#packed;
    if (packed !== undefined)
      return [{ items: { of: "scored", members: packedMembers(packed) }, isLast: true }];
    return inBatches(
      pen,
      this.#scores!.entries(),
      ([member, score]) => ({ member: pen.slice(member), score }),
      (members) => ({ of: "scored", members }),
    );
  }

  load(items: ItemBatch): void {
    if (items.of !== "scored") throw wrongItems(items, "scored members");
    for (const { member, score } of items.members) this.put(member, score);
  }

  #ordered(): ZsetOrder {
    if (this.#scores === undefined) return ZsetOrder.of(this.entries());
    this.#order ??= ZsetOrder.of(this.#scores.entries());
    return this.#order;
  }

  /** False when it does not fit. */
  #putPacked(member: Word, score: number): boolean {
    const packed = this.#packed;
    if (packed === undefined) return false;
    const name = sliceOfWord(member);
    const at = packed.find(name, 2);
    if (
      at < 0 &&
      (this.#packedCount === packedSearchMax || !packed.fits(sizeOfWord(member) + 2 + scoreBytes))
    )
      return false;
    if (at >= 0) replaceScore(packed, at, score);
    else {
      scoreNumber[0] = score;
      packed.append(name);
      packed.append(scoreSlice);
      this.#packedCount += 1;
    }
    return true;
  }

  #putMapped(member: string, score: number): void {
    const scores = this.#map();
    const order = this.#order;
    if (order !== undefined) {
      const before = scores.get(member);
      // Zero and minus zero stand in one place: a new score alone is no reason to keep the old one in the order.
      if (before !== undefined) order.remove(before, member);
      order.insert(score, member);
    }
    scores.set(member, score);
  }

  #removeMapped(member: string): boolean {
    const scores = this.#scores!;
    const score = scores.get(member);
    if (score === undefined) return false;
    this.#order?.remove(score, member);
    return scores.delete(member);
  }

  /** Scores by member, nothing packed from now on. */
  #map(): WideMap<number> {
    const packed = this.#packed;
    if (packed === undefined) return this.#scores!;
    const scores = new WideMap<number>();
    for (const [member, score] of packedEntries(packed)) scores.set(member, score);
    packed.dispose();
    this.#packed = undefined;
    this.#scores = scores;
    return scores;
  }
}

function packedScore(packed: PackedItems, at: number): number {
  const { buffer, start } = packed.sliceAt(at);
  for (let index = 0; index < scoreBytes; index++) scoreBuffer[index] = buffer[start + index];
  return scoreNumber[0];
}

/** `at` is where the member stands. */
function replaceScore(packed: PackedItems, at: number, score: number): void {
  scoreNumber[0] = score;
  packed.replace(packed.next(at), scoreSlice);
}

function* packedEntries(packed: PackedItems): IterableIterator<[member: string, score: number]> {
  for (let at = packed.first; at < packed.end; ) {
    const behind = packed.next(at);
    yield [packed.textAt(at), packedScore(packed, behind)];
    at = packed.next(behind);
  }
}

function packedMembers(packed: PackedItems) {
  const members = [];
  for (let at = packed.first; at < packed.end; ) {
    const behind = packed.next(at);
    members.push({ member: packed.sliceAt(at), score: packedScore(packed, behind) });
    at = packed.next(behind);
  }
  return members;
}
