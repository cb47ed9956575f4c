/** All commands of a corpus, as pieces of about a megabyte; the same options give the same bytes. */
import { CommandWriter } from "./command-writer.ts";
import { type Family, families, fullCorpusMb } from "./families.ts";
import { TextMaker } from "./text-maker.ts";

/** Raise it when a change here, in the families or in the text makes other bytes: cached corpora are then rebuilt. */
export const generatorVersion = 1;

export interface CorpusSize {
  readonly seed: number;
  /** About how large the RDB file will be, in units of 10^6 bytes. */
  readonly corpusMb: number;
}

/** How many keys of `family` a corpus of that size has; at least one. */
export function keysOf(family: Family, corpusMb: number): number {
  return Math.max(1, Math.round((family.keyCount * corpusMb) / fullCorpusMb));
}

/** How many keys the whole corpus has. */
export function keyCountOf(corpusMb: number): number {
  return families.reduce((sum, family) => sum + keysOf(family, corpusMb), 0);
}

/** The commands in order. `onFamily` is told what comes next. */
export function* corpusCommands(
  size: CorpusSize,
  onFamily: (family: Family, keyCount: number) => void = () => {},
): Generator<Buffer, void, void> {
  const out = new CommandWriter();
  for (const [order, family] of families.entries()) {
    // A sequence of its own: another count in one family leaves the others as they were.
    const make = new TextMaker(size.seed + order * 1_000_003);
    const keyCount = keysOf(family, size.corpusMb);
    onFamily(family, keyCount);
    for (let index = 0; index < keyCount; index++) {
      family.write(out, make, index, size.corpusMb / fullCorpusMb);
      if (out.isFull) yield out.take();
    }
  }
  yield out.take();
}
