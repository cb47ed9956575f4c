/**
 * Hashes of keys, with those of the next commands made ahead.
 *
 *   rows     SET a …   GET b …   DEL c …          ahead(): the keys of up to 64 commands, in the order in which they lie
 *   of()          ^ hashed already                 a key that lies where one of them was is not hashed again
 *
 * Hot: both, for every command of a log.
 */
import type { ByteSlice } from "@holdfast/rdb";
import type { CommandRows } from "../arguments.ts";
import { type HashSeed, hashOfBytes } from "./key-hash.ts";

/** So many commands may be looked at ahead. */
export const aheadMax = 64;

export class KeyHashes {
  readonly #seed0: number;
  readonly #seed1: number;
  /** Made ahead; `count` of them. */
  readonly made = new Int32Array(aheadMax);
  count = 0;
  readonly #starts = new Float64Array(aheadMax);
  readonly #ends = new Float64Array(aheadMax);
  #buffer: Uint8Array | undefined;
  /** The one at which of() looks first. */
  #next = 0;

  constructor(seed: HashSeed) {
    this.#seed0 = seed[0] | 0;
    this.#seed1 = seed[1] | 0;
  }

  /** Hashes the keys that are the first words of these commands, at most `aheadMax`. Their bytes must stay until forget(). */
  ahead(rows: CommandRows, from: number, to: number): void {
    const { buffer, bounds, origin } = rows;
    let count = 0;
    for (let command = from; command < to; command++) {
      if (rows.argumentCount(command) < 2) continue;
      const at = 2 * rows.firstArgument(command) + 2;
      const start = origin + bounds[at];
      const end = origin + bounds[at + 1];
      this.#starts[count] = start;
      this.#ends[count] = end;
      this.made[count++] = hashOfBytes(buffer, start, end, this.#seed0, this.#seed1);
    }
    this.#buffer = buffer;
    this.count = count;
    this.#next = 0;
  }

  /** The bytes of the keys that were hashed ahead may be others from now on. */
  forget(): void {
    this.#buffer = undefined;
  }

  of({ buffer, start, end }: ByteSlice): number {
    if (buffer === this.#buffer) {
      let at = this.#next;
      while (at < this.count && this.#starts[at] < start) at++;
      this.#next = at;
      if (at < this.count && this.#starts[at] === start && this.#ends[at] === end) return this.made[at];
    }
    return hashOfBytes(buffer, start, end, this.#seed0, this.#seed1);
  }
}
