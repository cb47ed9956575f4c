/**
 * A lane that writes commands: runs of whole records as what makes them in a server, without an event a key.
 *
 *   input   | record | record | record | of another type | record …
 *           └──── one `commands` event ───┘  └ an event of its own, for EventCommands
 *
 * What it writes for a key is what EventCommands writes in the form "either", except that plain strings that replace what is there come
 * many in one MSET, behind the other commands of the run. Values that the target does not take as they are stored, names under a
 * prefix, and everything rare are left to the decoder. A sync of 2 million keys in 540 MB took 4 s of processor time
 * with it and 16 s without. Sources in
 * assembly/commands.ts.
 */
import { strict as assert } from "node:assert";
import { instantiateModule } from "@holdfast/bytes";
import type { TypeRow } from "../format.ts";
import { LANE_BASE64 } from "../generated/lane.ts";
import { KernelLane, type LaneExports, type LaneRun } from "../lane.ts";
import { type CommandTarget, type FileOrigin, footerVersion } from "./command-target.ts";

export interface CommandLaneOptions {
  readonly target: CommandTarget;
  /** Whose stored values these are: the header of the file. */
  readonly origin: FileOrigin;
  /** Existing keys of the target are replaced. */
  readonly isReplacing: boolean;
  /** Names that begin so are left to the decoder; at most 256 bytes, none of them for none. */
  readonly leftPrefix: Uint8Array;
  /** Whether the keys of a database are taken: those of others are left to the decoder. */
  readonly takesDb: (db: number) => boolean;
  /** Records before this offset are left to the decoder. */
  readonly fromOffset: number;
}

const PREFIX_BYTES_MAX = 256;

export class CommandLane extends KernelLane {
  readonly goesUnasked = true;
  readonly #options: CommandLaneOptions;
  readonly #exports: LaneExports;
  /** The records that read() was given last were for the kernel. */
  #isMine = false;

  constructor(exports: LaneExports, options: CommandLaneOptions) {
    super(exports, exports.commandRecords);
    this.#exports = exports;
    this.#options = options;
    assert(options.leftPrefix.length <= PREFIX_BYTES_MAX, "a prefix that the kernel has no room for");
    new Uint8Array(exports.memory.buffer, exports.keptOut.value).set(options.leftPrefix);
  }

  override get wantsMore(): boolean {
    return this.#isMine && super.wantsMore;
  }

  override useTypes(types: readonly (TypeRow | undefined)[]): void {
    const { target, origin, isReplacing, leftPrefix } = this.#options;
    const versionOf = (row: TypeRow | undefined) => row && footerVersion(target, row, origin);
    super.useTypes(types.map((row) => (versionOf(row) === undefined ? undefined : row)));
    // It is the same for all types that the target takes at all.
    const version = types.map(versionOf).find((each) => each !== undefined) ?? 0;
    this.#exports.setCommands(isReplacing, version, leftPrefix.length);
  }

  override read(start: number, limit: number, db: number, windowStart: number): LaneRun | undefined {
    const { takesDb, fromOffset } = this.#options;
    this.#isMine = windowStart + start >= fromOffset && takesDb(db);
    if (!this.#isMine) return undefined;
    const run = super.read(start, limit, db, windowStart);
    if (run === undefined) return undefined;
    const { memory, commands, commandBytes, commandCount } = this.#exports;
    const bytes = new Uint8Array(memory.buffer, commands.value, commandBytes.value);
    const { keyCount, itemCount } = run;
    return { keyCount, itemCount, rows: undefined, commands: { bytes, count: commandCount.value } };
  }
}

/** Undefined where there is no WebAssembly. */
export function makeCommandLane(options: CommandLaneOptions): CommandLane | undefined {
  const exports = instantiateModule<LaneExports>(LANE_BASE64);
  return exports && new CommandLane(exports, options);
}
