/**
 * Rows of the table by the name as it stands in a command, without making a text of it where the name has been met.
 *
 * Hot: find(), once for every command of a log. A text and a Map took 0.1 µs of the 0.9 that a short command takes.
 */
import { NameMemo } from "@holdfast/bytes";
import type { CommandArguments } from "../arguments.ts";
import { bufferOver, textIn } from "../latin1.ts";
import type { CommandRow } from "./command.ts";

/** Longer names are none. */
const nameBytesMax = 64;

export class CommandIndex {
  readonly #rows: readonly CommandRow[];
  readonly #byName: ReadonlyMap<string, number>;
  readonly #memo = new NameMemo((buffer, start, size) => this.#lookUp(buffer, start, size));

  constructor(rows: readonly CommandRow[]) {
    this.#rows = rows;
    this.#byName = new Map(rows.map(({ name }, at) => [name, at]));
  }

  /** The row of the command that these words are; undefined when there is none. */
  find(args: CommandArguments): CommandRow | undefined {
    const at = this.#memo.find(args.bytes, args.startOf(0), args.sizeOf(0));
    return at < 0 ? undefined : this.#rows[at];
  }

  #lookUp(buffer: Uint8Array, start: number, size: number): number {
    if (size > nameBytesMax) return -1;
    return this.#byName.get(textIn(bufferOver(buffer), start, start + size).toUpperCase()) ?? -1;
  }
}
