/**
 * Sorted sets: 17 (listpack), 12 (ziplist), 5 (binary scores, since RDB 8), 3 (scores as text).
 *
 * Packed ones stand in ascending order, by score and then by the bytes of the member, because servers take them as they are. Plain
 * ones may stand in any order; servers write the greatest first, which is what they insert fastest.
 */
import { ByteSlice } from "../byte-slice.ts";
import type { ItemBatch, ScoredMember } from "../events.ts";
import { type CollectionForm, wrongBatch } from "./collection-writer.ts";
import { packScore, writeTextScore } from "./score-text.ts";
import type { ValueContext } from "./value-context.ts";

const type = { textScores: 3, binaryScores: 5, ziplist: 12, listpack: 17 } as const;
const binaryScoresFrom = 8;

export class ZsetForm implements CollectionForm<ScoredMember> {
  readonly #context: ValueContext;
  readonly #hasBinaryScores: boolean;
  #areShort = true;

  constructor(context: ValueContext) {
    this.#context = context;
    this.#hasBinaryScores = context.target.rdbVersion >= binaryScoresFrom;
  }

  itemsOf(batch: ItemBatch): readonly ScoredMember[] {
    if (batch.of !== "scored") throw wrongBatch(batch, "members");
    return batch.members;
  }

  begin(): void {
    this.#areShort = true;
  }

  mayPack(items: readonly ScoredMember[], count: number): boolean {
    const { zsetEntriesMax, zsetValueBytesMax } = this.#context.limits;
    this.#areShort &&= items.every(({ member }) => member.length <= zsetValueBytesMax);
    return this.#areShort && count <= zsetEntriesMax;
  }

  own({ member, score }: ScoredMember): ScoredMember {
    return { member: ByteSlice.of(member.slice()), score };
  }

  writePacked(items: readonly ScoredMember[]): void {
    const { head, output, packed, usesListpacks } = this.#context;
    head(usesListpacks ? type.listpack : type.ziplist);
    packed.begin();
    for (const { member, score } of [...items].sort(ascending)) {
      packed.text(member.buffer, member.start, member.end);
      packScore(packed, score);
    }
    output.string(packed.finish());
  }

  beginPlain(): void {
    this.#context.head(this.#hasBinaryScores ? type.binaryScores : type.textScores);
  }

  writePlain({ member, score }: ScoredMember): void {
    const { output } = this.#context;
    output.string(member.buffer, member.start, member.end);
    if (this.#hasBinaryScores) output.double(score);
    else writeTextScore(output, score);
  }
}

function ascending(first: ScoredMember, second: ScoredMember): number {
  if (first.score !== second.score) return first.score < second.score ? -1 : 1;
  return Buffer.compare(first.member.view(), second.member.view());
}
