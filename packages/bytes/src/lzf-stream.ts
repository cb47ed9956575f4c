/**
 * One LZF block unpacked in pieces: for strings too long to hold. Instructions are explained in lzf.ts.
 *
 * Memory is one output piece and 8 KiB of history, whatever the block's size:
 *
 *   output   [ history, at most 8 KiB | the piece being made ]
 *
 * The state between two bytes of the block is where in an instruction we are and how much of it is still to copy.
 */

import { endsInside, LZF_HISTORY_BYTES, LZF_MAX_RATIO, LzfError, reachesBack, tooLong } from "./lzf.ts";

type Expecting = "control" | "length" | "distance";

export interface LzfStreamOptions {
  /** Size of the whole packed block. */
  readonly sourceBytes: number;
  /** Size that the block must unpack to. */
  readonly targetBytes: number;
  /** Size of the pieces that next() returns; the last may be shorter. Default 64 KiB. */
  readonly pieceBytes?: number;
}

/** Unpacks one block that arrives in pieces. After an error it is of no more use. */
export class LzfStream {
  readonly #sourceBytes: number;
  readonly #targetBytes: number;
  readonly #output: Uint8Array;
  #outputEnd = LZF_HISTORY_BYTES;
  #pieceStart = LZF_HISTORY_BYTES;

  #source: Uint8Array = new Uint8Array(0);
  #sourceAt = 0;
  /** Bytes of the block before `#source`. */
  #sourceBase = 0;
  #made = 0;

  #expecting: Expecting = "control";
  #instruction = 0;
  #literalLeft = 0;
  #copyLeft = 0;
  #distance = 0;

  /** Throws LzfError at once when the sizes cannot both be true. */
  constructor(options: LzfStreamOptions) {
    this.#sourceBytes = options.sourceBytes;
    this.#targetBytes = options.targetBytes;
    if (options.targetBytes > options.sourceBytes * LZF_MAX_RATIO) {
      throw new LzfError(`${options.sourceBytes} bytes cannot make ${options.targetBytes}`, 0);
    }
    const pieceBytes = Math.max(1, Math.min(options.pieceBytes ?? 65_536, options.targetBytes));
    this.#output = new Uint8Array(LZF_HISTORY_BYTES + pieceBytes);
  }

  /** True when every byte of the block was read and every output byte handed out. */
  get done(): boolean {
    const blockUsedUp = this.wanted === 0 && this.#sourceAt === this.#source.length;
    return blockUsedUp && this.#copyLeft === 0 && this.#made === this.#targetBytes;
  }

  /** How many bytes of the block were not pushed yet. */
  get wanted(): number {
    return this.#sourceBytes - this.#sourceBase - this.#source.length;
  }

  /**
   * Adds the next bytes of the block, borrowed until next() has returned undefined: only then may more be pushed.
   * Throws RangeError for bytes beyond the block.
   */
  push(bytes: Uint8Array): void {
    if (this.#sourceAt < this.#source.length) throw new RangeError("the bytes pushed before are not used up");
    if (bytes.length > this.wanted)
      throw new RangeError(`${bytes.length} bytes pushed, ${this.wanted} wanted`);
    this.#sourceBase += this.#source.length;
    this.#source = bytes;
    this.#sourceAt = 0;
  }

  /**
   * The next piece of output, borrowed until the next call; undefined when more of the block must be pushed, or
   * at the end. Throws LzfError when the block is damaged or does not make exactly the bytes stated.
   */
  next(): Uint8Array | undefined {
    if (this.#outputEnd === this.#output.length) this.#keepHistory();
    this.#run();
    if (this.#outputEnd < this.#output.length) {
      if (this.wanted > 0) return undefined;
      this.#checkEnd();
      if (this.#pieceStart === this.#outputEnd) return undefined;
    }
    const piece = this.#output.subarray(this.#pieceStart, this.#outputEnd);
    this.#pieceStart = this.#outputEnd;
    return piece;
  }

  /** Follows instructions until the output is full or the source is used up. */
  #run(): void {
    while (this.#outputEnd < this.#output.length) {
      if (this.#expecting === "control" && this.#copyLeft > 0) this.#copy();
      else if (this.#sourceAt === this.#source.length) return;
      else if (this.#literalLeft > 0) this.#copyLiteral();
      else this.#readInstruction(this.#source[this.#sourceAt++]);
    }
  }

  #readInstruction(byte: number): void {
    if (this.#expecting === "length") {
      this.#copyLeft += byte;
      this.#expecting = "distance";
    } else if (this.#expecting === "distance") {
      this.#distance += byte;
      this.#expecting = "control";
      if (this.#distance > this.#made) throw reachesBack(this.#instruction);
      this.#claim(this.#copyLeft);
    } else {
      this.#readControl(byte);
    }
  }

  #readControl(control: number): void {
    this.#instruction = this.#sourceBase + this.#sourceAt - 1;
    if (control < 32) {
      this.#literalLeft = control + 1;
      this.#claim(this.#literalLeft);
      return;
    }
    this.#copyLeft = (control >>> 5) + 2;
    this.#distance = ((control & 31) << 8) + 1;
    this.#expecting = control >>> 5 === 7 ? "length" : "distance";
  }

  #claim(count: number): void {
    this.#made += count;
    if (this.#made > this.#targetBytes) throw tooLong(this.#instruction, this.#targetBytes);
  }

  #copyLiteral(): void {
    const room = this.#output.length - this.#outputEnd;
    const count = Math.min(this.#literalLeft, room, this.#source.length - this.#sourceAt);
    for (let index = 0; index < count; index++) {
      this.#output[this.#outputEnd + index] = this.#source[this.#sourceAt + index];
    }
    this.#outputEnd += count;
    this.#sourceAt += count;
    this.#literalLeft -= count;
  }

  #copy(): void {
    const output = this.#output;
    const count = Math.min(this.#copyLeft, output.length - this.#outputEnd);
    const stop = this.#outputEnd + count;
    let from = this.#outputEnd - this.#distance;
    for (let out = this.#outputEnd; out < stop; out++) output[out] = output[from++];
    this.#outputEnd = stop;
    this.#copyLeft -= count;
  }

  #keepHistory(): void {
    this.#output.copyWithin(0, this.#outputEnd - LZF_HISTORY_BYTES, this.#outputEnd);
    this.#outputEnd = LZF_HISTORY_BYTES;
    this.#pieceStart = LZF_HISTORY_BYTES;
  }

  #checkEnd(): void {
    if (this.#expecting !== "control" || this.#literalLeft > 0) throw endsInside(this.#instruction);
    if (this.#made !== this.#targetBytes) {
      throw new LzfError(
        `the block makes ${this.#made} bytes, ${this.#targetBytes} were stated`,
        this.#sourceBytes,
      );
    }
  }
}
