/**
 * String values: type 0, as an integer, packed, or raw.
 *
 * A value that comes in pieces is gathered to be packed as a whole. Above `gatheredMax` it goes out raw, piece by piece, behind a gap for
 * its length.
 */
import type { Bytes, ItemBatch } from "../events.ts";
import { wrongBatch } from "./collection-writer.ts";
import type { ValueContext, ValueWriter } from "./value-context.ts";

const stringType = 0;
/** Longer values are not packed: gathering and packing take three times their size. */
const gatheredMax = 16 << 20;

export class StringValueWriter implements ValueWriter {
  readonly #context: ValueContext;
  #pieces: Bytes[] = [];
  #sizeBytes = 0;
  #isStreaming = false;

  constructor(context: ValueContext) {
    this.#context = context;
  }

  begin(): void {
    this.#pieces = [];
    this.#sizeBytes = 0;
    this.#isStreaming = false;
  }

  add(batch: ItemBatch, isLast: boolean): void {
    if (batch.of !== "chunks") throw wrongBatch(batch, "chunks");
    for (const chunk of batch.chunks) {
      this.#sizeBytes += chunk.length;
      if (this.#isStreaming) this.#context.output.bytes(chunk);
      else this.#pieces.push(isLast ? chunk : chunk.slice());
    }
    if (!this.#isStreaming && this.#sizeBytes > gatheredMax) this.#startStreaming();
  }

  end(): void {
    const { head, output } = this.#context;
    if (this.#isStreaming) {
      output.closeGap(this.#sizeBytes);
      return;
    }
    head(stringType);
    output.string(this.#pieces.length === 1 ? this.#pieces[0] : Buffer.concat(this.#pieces));
    this.#pieces = [];
  }

  #startStreaming(): void {
    const { head, output } = this.#context;
    this.#isStreaming = true;
    head(stringType);
    output.openGap();
    for (const piece of this.#pieces) output.bytes(piece);
    this.#pieces = [];
  }
}
