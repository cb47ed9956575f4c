/**
 * A lane for copying: runs of whole records that a target reads exactly as they are stored.
 *
 *   input   | record | record | record | of another type | record …
 *           └──── one `records` event ────┘  └ asked about and written on its own
 *
 * Or it packs them anew on the way: what comes out of such a run is what the encoder would write for the same keys, made in the kernel. Nodes
 * of lists and streams stay as they are cut, and packed sorted sets in their order.
 *
 * It is told the target once that is known, which may be as late as the header of the file, and reads nothing before. Values that the
 * target would have to get in another form are left to the decoder. Attributes of keys come with the records, so a target that
 * knows fewer of them gets none.
 */
import { instantiateModule } from "@holdfast/bytes";
import type { TypeRow } from "../format.ts";
import { LANE_BASE64 } from "../generated/lane.ts";
import { KernelLane, type LaneExports, type LaneRun } from "../lane.ts";
import type { PackingLimits } from "./packing-limits.ts";
import { holdsAsStored, type RdbTarget, targetHas } from "./targets.ts";

/** What the kernel packs anew: strings, tables, listpacks, intsets and streams of the newest form of a target. */
const repackedLayouts: ReadonlySet<number> = new Set([0, 2, 4, 5, 11, 16, 17, 18, 20, 15, 19, 21]);
/** Before, sorted sets, hashes and lists are packed in another way. */
const repacksFrom = 10;
/** The form of streams by the first RDB version that writes it. */
const streamTypes: readonly (readonly [since: number, typeNumber: number])[] = [
  [11, 21],
  [10, 19],
  [9, 15],
];

export class CopyLane extends KernelLane {
  readonly goesUnasked = true;
  readonly wantsChecksums: boolean;
  readonly #exports: LaneExports;
  readonly #repacks: boolean;
  #types: readonly (TypeRow | undefined)[] = [];
  #isOpen = false;

  constructor(exports: LaneExports, how: "as stored" | "packed anew") {
    const repacks = how === "packed anew";
    super(exports, repacks ? exports.repackRecords : exports.passRecords);
    this.#exports = exports;
    this.#repacks = repacks;
    this.wantsChecksums = !repacks;
  }

  override get wantsMore(): boolean {
    return this.#isOpen && super.wantsMore;
  }

  override useTypes(types: readonly (TypeRow | undefined)[]): void {
    this.#types = types;
    this.#isOpen = false;
  }

  /** From the next record on, what this target reads as it is stored. To be called behind the `header` event. */
  copyFor(target: RdbTarget): void {
    this.#isOpen = targetHas(target, "evictionHints") && (!this.#repacks || target.rdbVersion >= repacksFrom);
    if (!this.#isOpen) return;
    const isMine = this.#repacks ? isRepacked : holdsAsStored;
    super.useTypes(this.#types.map((row) => (row && isMine(target, row) ? row : undefined)));
    if (this.#repacks) this.#useLimits(target.packing);
  }

  #useLimits(limits: PackingLimits): void {
    this.#exports.setPackingLimits(
      limits.hashEntriesMax,
      limits.hashValueBytesMax,
      limits.zsetEntriesMax,
      limits.zsetValueBytesMax,
      limits.setEntriesMax,
      limits.setValueBytesMax,
      limits.intsetEntriesMax,
      limits.listNodeBytesMax,
    );
  }

  override read(start: number, limit: number, db: number, windowStart: number): LaneRun | undefined {
    if (!this.#isOpen) return undefined;
    const run = super.read(start, limit, db, windowStart);
    if (run === undefined) return undefined;
    const { keyCount, itemCount } = run;
    if (!this.#repacks) return { keyCount, itemCount, rows: undefined };
    const { memory, out, outSize } = this.#exports;
    return {
      keyCount,
      itemCount,
      rows: undefined,
      bytes: new Uint8Array(memory.buffer, out.value, outSize.value),
    };
  }
}

/** Whether the encoder writes this type for the target, so that a value keeps its type when it is packed anew. */
function isRepacked(target: RdbTarget, row: TypeRow): boolean {
  if (!holdsAsStored(target, row) || !repackedLayouts.has(row.number)) return false;
  if (row.type !== "stream") return true;
  return streamTypes.find(([since]) => target.rdbVersion >= since)?.[1] === row.number;
}

/** A lane for copying; undefined where there is no WebAssembly. */
export function makeCopyLane(): CopyLane | undefined {
  const exports = instantiateModule<LaneExports>(LANE_BASE64);
  return exports && new CopyLane(exports, "as stored");
}

/** A lane that packs anew what it copies, with LZF, as a target's own configuration does; undefined where there is no WebAssembly. */
export function makeRepackLane(): CopyLane | undefined {
  const exports = instantiateModule<LaneExports>(LANE_BASE64);
  return exports && new CopyLane(exports, "packed anew");
}
