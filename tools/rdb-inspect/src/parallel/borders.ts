/**
 * Guesses where a record begins behind some offset of an RDB, without having read what is in front.
 *
 *   offset                                   border
 *     |··· middle of some record ···|rec|rec|rec|rec|rec| …
 *
 * RDB has no marks to find a record by, but a long chain of sound records is hardly anything else. It remains a guess:
 * whoever uses it proves it, by reading up to it from the record before (section-runner.ts).
 */
import { type KernelLane, makeSkipLane, type RdbDialect, typeTable } from "@holdfast/rdb";
import type { Input } from "../input.ts";

/** Bytes that are looked at for one border. */
const searchedBytes = 512 << 10;

export class BorderFinder {
  readonly #input: Input;
  readonly #lane: KernelLane;

  private constructor(input: Input, lane: KernelLane) {
    this.#input = input;
    this.#lane = lane;
  }

  /** Undefined where there is no WebAssembly. */
  static over(input: Input, dialect: RdbDialect, version: number): BorderFinder | undefined {
    const lane = makeSkipLane();
    lane?.useTypes(typeTable(dialect, version));
    return lane && new BorderFinder(input, lane);
  }

  /** Offset of a record that probably begins soon behind `offset`; undefined when none shows. */
  async after(offset: number): Promise<number | undefined> {
    const { memory } = this.#lane.home;
    let filled = 0;
    const part = { end: offset + searchedBytes, chunkBytes: searchedBytes };
    for await (const chunk of this.#input.chunks(offset, part)) {
      memory.set(chunk, filled);
      filled += chunk.length;
    }
    const found = this.#lane.findRecord(0, filled);
    return found === undefined ? undefined : offset + found;
  }
}
