/**
 * Many commands at once, without an object for any of them: bounds of their arguments in one buffer.
 *
 *   ends       first argument behind the command     one number a command
 *   bounds     start, end                            two numbers an argument, counted from `origin`
 *
 * Everything in a batch is borrowed until the next call of the decoder's push() or next().
 */

export class CommandBatch {
  readonly kind = "commands";
  /** How many commands; at least 1. */
  readonly count: number;
  /** Holds the bytes of all arguments. */
  readonly buffer: Uint8Array;
  /** Stream offset of the first byte of the first command. */
  readonly offset: number;
  /** Stream offset behind the last command. */
  readonly endOffset: number;
  /** Index in `buffer` that bounds are counted from. */
  readonly origin: number;
  /** Start and end of every argument of all commands, in turns: for those who look at each of them. */
  readonly bounds: Float64Array;
  readonly #ends: Float64Array;
  readonly #starts: Float64Array;

  /** Made by the decoder only. `starts` are where commands begin; all indices are counted from `origin` in `buffer`. */
  constructor(
    place: {
      readonly buffer: Uint8Array;
      readonly origin: number;
      readonly offset: number;
      readonly endOffset: number;
    },
    count: number,
    tables: { readonly starts: Float64Array; readonly ends: Float64Array; readonly bounds: Float64Array },
  ) {
    this.buffer = place.buffer;
    this.offset = place.offset;
    this.endOffset = place.endOffset;
    this.origin = place.origin;
    this.count = count;
    this.#starts = tables.starts;
    this.#ends = tables.ends;
    this.bounds = tables.bounds;
  }

  /** Stream offset of this command's `*`. */
  offsetOf(command: number): number {
    return this.offset + this.#starts[command];
  }

  /** How many arguments, the name included: at least 1. */
  argumentCount(command: number): number {
    return this.#ends[command] - this.firstArgument(command);
  }

  /** A borrowed view of one argument; 0 is the command's name. */
  argument(command: number, index: number): Uint8Array {
    const at = 2 * (this.firstArgument(command) + index);
    return this.buffer.subarray(this.origin + this.bounds[at], this.origin + this.bounds[at + 1]);
  }

  /** Index in `buffer` where an argument begins, for those who look without a view. */
  argumentStart(command: number, index: number): number {
    return this.origin + this.bounds[2 * (this.firstArgument(command) + index)];
  }

  argumentSize(command: number, index: number): number {
    const at = 2 * (this.firstArgument(command) + index);
    return this.bounds[at + 1] - this.bounds[at];
  }

  /** Borrowed views of all arguments of a command. */
  args(command: number): Uint8Array[] {
    return Array.from({ length: this.argumentCount(command) }, (_, index) => this.argument(command, index));
  }

  /** Number of a command's first argument among those of all commands. */
  firstArgument(command: number): number {
    return command === 0 ? 0 : this.#ends[command - 1];
  }
}
