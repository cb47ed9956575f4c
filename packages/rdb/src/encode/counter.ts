/**
 * The first of two walks for values too large to be held: finds out how many parts they have.
 *
 *   events → RdbCounter → counts ┐
 *   the same events again ───────┴→ RdbEncoder → bytes, in bounded memory
 *
 * It takes the same events, with the same options, as the encoder will, and remembers a few numbers for each value above
 * `heldBytesMax`. Nobody needs it for a file without such values, or for values that are copied as stored.
 */
import type { RdbEvent } from "../events.ts";
import { type RdbCounts, RdbEncoder, type RdbEncoderOptions } from "./encoder.ts";

export class RdbCounter {
  readonly #encoder: RdbEncoder;

  constructor(options: Omit<RdbEncoderOptions, "onLoss" | "counts">) {
    this.#encoder = new RdbEncoder({ ...options, compressStrings: false, onLoss: () => {} }, "count");
  }

  /** Throws RdbEncodeError where the encoder would. */
  write(event: RdbEvent): void {
    this.#encoder.write(event);
  }

  /** To be handed to the encoder once all events were seen. */
  get counts(): RdbCounts {
    return this.#encoder.counts;
  }
}
