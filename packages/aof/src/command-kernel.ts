/**
 * The lane of a check: the kernel of assembly/commands.ts, its table of commands, and what it has counted.
 *
 * It takes commands that servers know, with as many arguments as they take, written as servers write them, and MULTI, EXEC and SELECT where
 * they belong. Everything else is left to RecordWatch. One serves one decoder at a time.
 */
import { instantiateModule, slotsOf, type WindowHome } from "@holdfast/bytes";
import type { CommandLane } from "@holdfast/resp";
import { COMMAND_COUNT, type CommandTable, commandName, isPlainCommand, SLOT_ROWS } from "./command-table.ts";
import { COMMAND_KERNEL_BASE64 } from "./generated/command-kernel.ts";

interface KernelExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly slots: { readonly value: number };
  readonly rows: { readonly value: number };
  readonly counts: { readonly value: number };
  readonly names: { readonly value: number };
  readonly window: { readonly value: number };
  readonly windowBytes: { readonly value: number };
  readonly headroomBytes: { readonly value: number };
  readonly slotBytes: { readonly value: number };
  readonly homeBytes: { readonly value: number };
  readonly stoppedAt: { readonly value: number };
  readonly wantsMore: { readonly value: number };
  readonly commandCount: { readonly value: number };
  readonly unitCount: { readonly value: number };
  readonly isUnitOpen: { readonly value: number };
  readonly openedAt: { readonly value: number };
  readonly countAtOpening: { readonly value: number };
  readonly border: { readonly value: number };
  forgetLast(): void;
  readCommands(start: number, limit: number, isOpen: number, databases: number): void;
}

const ROW_BYTES = 16;
const NAME_BYTES_MAX = 32;
/** Kinds of rows in assembly/commands.ts; 0 is left to the general way. */
const KINDS: ReadonlyMap<string, number> = new Map([
  ["multi", 2],
  ["exec", 3],
  ["select", 4],
]);
const ORDINARY = 1;
const MOST_ARGUMENTS = 2 ** 32 - 1;

/** What a run of the kernel went over. */
export interface CommandRunFacts {
  readonly commands: number;
  /** Units that ended in it. */
  readonly units: number;
  /** A unit that is open behind the run: bytes from the run's start to its MULTI, and commands before that. Undefined if it began earlier. */
  readonly opened: { readonly bytes: number; readonly commands: number } | undefined;
  readonly isUnitOpen: boolean;
  /** Bytes from the run's start to the last place outside of all units; undefined when there was none. */
  readonly borderBytes: number | undefined;
}

export class CommandKernel implements CommandLane {
  readonly home: WindowHome;
  /** Memory to read chunks into, used in turn: such a chunk is read where it lies. */
  readonly slots: readonly Uint8Array[];
  /** By row of the command table: how often each was seen. */
  readonly counts: Float64Array;
  /** Whoever watches says whether a unit is open in front of the next record. */
  isUnitOpen = false;
  readonly #exports: KernelExports;
  readonly #windowAt: number;
  readonly #databases: number;
  #start = 0;

  private constructor(exports: KernelExports, table: CommandTable, databases: number) {
    const { buffer } = exports.memory;
    this.#exports = exports;
    this.#windowAt = exports.window.value;
    this.#databases = databases;
    const memory = new Uint8Array(buffer, exports.window.value, exports.homeBytes.value);
    const roomBytes = exports.windowBytes.value;
    const headroomBytes = exports.headroomBytes.value;
    this.home = { memory, roomBytes, headroomBytes };
    this.slots = slotsOf(this.home, exports.slotBytes.value);
    this.counts = new Float64Array(buffer, exports.counts.value, COMMAND_COUNT);
    fillTable(exports, table);
  }

  /** Undefined where there is no WebAssembly. */
  static make(table: CommandTable, databases: number): CommandKernel | undefined {
    const exports = instantiateModule<KernelExports>(COMMAND_KERNEL_BASE64);
    return exports && new CommandKernel(exports, table, databases);
  }

  get wantsMore(): boolean {
    return this.#exports.wantsMore.value !== 0;
  }

  read(start: number, limit: number): number {
    this.#start = start;
    const { readCommands, stoppedAt } = this.#exports;
    readCommands(this.#windowAt + start, this.#windowAt + limit, this.isUnitOpen ? 1 : 0, this.#databases);
    return stoppedAt.value - this.#windowAt;
  }

  /** Of the last run. */
  get run(): CommandRunFacts {
    const { commandCount, unitCount, isUnitOpen, openedAt, countAtOpening, border } = this.#exports;
    const bytesTo = (address: number) => address - this.#windowAt - this.#start;
    return {
      commands: commandCount.value,
      units: unitCount.value,
      opened:
        openedAt.value === 0 ? undefined : { bytes: bytesTo(openedAt.value), commands: countAtOpening.value },
      isUnitOpen: isUnitOpen.value !== 0,
      borderBytes: border.value === 0 ? undefined : bytesTo(border.value),
    };
  }
}

function fillTable(exports: KernelExports, table: CommandTable): void {
  const { buffer } = exports.memory;
  new Int16Array(buffer, exports.slots.value, SLOT_ROWS.length).set(SLOT_ROWS);
  const view = new DataView(buffer);
  let nameAt = exports.names.value;
  for (let row = 0; row < COMMAND_COUNT; row++) {
    const name = Buffer.from(commandName(row), "latin1");
    new Uint8Array(buffer, nameAt, name.length).set(name);
    const at = exports.rows.value + row * ROW_BYTES;
    view.setUint32(at, nameAt, true);
    view.setUint8(at + 6, name.length);
    view.setUint8(at + 7, kindOf(row, name.length, table));
    view.setUint32(at + 8, table.fewest[row], true);
    view.setUint32(at + 12, Math.min(table.most[row], MOST_ARGUMENTS), true);
    nameAt += name.length;
  }
  exports.forgetLast();
}

function kindOf(row: number, nameBytes: number, table: CommandTable): number {
  if (table.fewest[row] === 0 || nameBytes > NAME_BYTES_MAX) return 0;
  const special = KINDS.get(commandName(row));
  if (special !== undefined) return special;
  return table.hasInner[row] === 0 && isPlainCommand(row) ? ORDINARY : 0;
}
