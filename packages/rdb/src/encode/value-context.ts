/**
 * What the writers of values share: where bytes go, for whom, what packs, and what to say about what does not fit.
 *
 * A writer is made once and serves value after value: begin(), add() for each batch, end(). It decides on a type number when it has seen
 * enough, calls head() with it, and writes the value behind. Batches are borrowed: what must wait is copied.
 */
import type { ItemBatch, KeyEvent } from "../events.ts";
import { ListpackWriter } from "./listpack-writer.ts";
import type { RdbLossKind } from "./losses.ts";
import type { PackingLimits } from "./packing-limits.ts";
import type { RdbOutput } from "./rdb-output.ts";
import type { RdbTarget } from "./targets.ts";
import { ZiplistWriter } from "./ziplist-writer.ts";

export interface ValueWriter {
  begin(event: KeyEvent): void;
  /** `isLast`: nothing comes behind these; end() follows at once. */
  add(items: ItemBatch, isLast: boolean): void;
  end(): void;
}

/** The first RDB version in which listpacks stand where ziplists stood. */
const listpacksFrom = 10;
const shortZiplistIntegersFrom = 6;

export class ValueContext {
  readonly target: RdbTarget;
  readonly limits: PackingLimits;
  readonly output: RdbOutput;
  /** Writes what stands in front of a value: the type number at least. */
  readonly head: (typeNumber: number) => void;
  /** The key under way loses something of this kind, so many of it. */
  readonly lose: (kind: RdbLossKind, count?: number) => void;
  /** The key under way is left out; head() was not called for it and will not be. */
  readonly loseKey: (kind: RdbLossKind) => void;
  readonly usesListpacks: boolean;
  /** The packed encoding of this target. Whoever begins it finishes it before anybody else begins. */
  readonly packed: ListpackWriter | ZiplistWriter;
  /** For streams, which are listpacks for every target. */
  readonly listpack: ListpackWriter;

  constructor(parts: Pick<ValueContext, "target" | "limits" | "output" | "head" | "lose" | "loseKey">) {
    this.target = parts.target;
    this.limits = parts.limits;
    this.output = parts.output;
    this.head = parts.head;
    this.lose = parts.lose;
    this.loseKey = parts.loseKey;
    this.listpack = new ListpackWriter(parts.target.wideEntryBytes);
    this.usesListpacks = parts.target.rdbVersion >= listpacksFrom;
    this.packed = this.usesListpacks
      ? this.listpack
      : new ZiplistWriter(parts.target.rdbVersion >= shortZiplistIntegersFrom);
  }
}
