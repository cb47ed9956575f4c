/**
 * Which commands servers know, and how many arguments they take.
 *
 * A loader looks the name up before it runs anything: an unknown one ends the server, and one with too few arguments crashes it,
 * because the arity is checked for clients only (Valkey 9.1 checks). What COMMAND answers on six servers is in generated/command-table.ts.
 *
 * Names are looked up without making a string of them: this is done for every record of a file.
 */
import { NameMemo } from "@holdfast/bytes";
import { COMMAND_ROWS, COMMAND_SERVERS } from "./generated/command-table.ts";

/** A release whose commands are known; it stands for those that are nearest. */
export type AofServer = (typeof COMMAND_SERVERS)[number];

/** What a server thinks of a command before it runs it. */
export type CommandVerdict = "fine" | "reads-only" | "wrong-arity" | "unknown" | "of-a-module";

const SLOTS = 2048;
const EMPTY = -1;
const BAR = 0x7c;
const DOT = 0x2e;
const UNDERSCORE = 0x5f;

const NAMES: readonly Uint8Array[] = COMMAND_ROWS.map(([name]) => Buffer.from(name, "latin1"));
const ROWS: ReadonlyMap<string, number> = new Map(COMMAND_ROWS.map(([name], row) => [name, row]));
/** Rows by the hash of their names, -1 for none; a taken slot sends to the next. */
export const SLOT_ROWS = fillSlots();

/** Rows are numbered as in the generated table. */
export class CommandTable {
  /** Fewest and most arguments by row, the name included; 0 fewest for a command that is unknown. */
  readonly fewest = new Float64Array(COMMAND_ROWS.length);
  readonly most = new Float64Array(COMMAND_ROWS.length);
  /** By row: whether the second argument names a sub-command. */
  readonly hasInner = new Uint8Array(COMMAND_ROWS.length);
  readonly #memo = new NameMemo((buffer, start, size) => this.#lookUp(buffer, { start, size }, undefined));

  /** Of one server, or of all: then a command is known if one of them knows it, and fine if it is for one of them. */
  constructor(server?: AofServer) {
    const column = server === undefined ? undefined : COMMAND_SERVERS.indexOf(server);
    for (const [row, [name, , ...arities]] of COMMAND_ROWS.entries()) {
      const known = column === undefined ? arities : [arities[column]];
      this.#setArity(
        row,
        known.filter((arity) => arity !== 0),
      );
      const bar = name.indexOf("|");
      if (bar !== -1 && this.fewest[row] > 0) this.hasInner[rowOfCommand(name.slice(0, bar))] = 1;
    }
  }

  /** The row of the name in these bytes, in whatever case; -1 when there is none. */
  find(buffer: Uint8Array, start: number, size: number): number {
    return this.#memo.find(buffer, start, size);
  }

  /** The row of a sub-command. */
  findInner(buffer: Uint8Array, name: Span, inner: Span): number {
    return this.#lookUp(buffer, name, inner);
  }

  /** What a server thinks of a command without looking at its second argument. */
  judge(row: number, argumentCount: number): CommandVerdict {
    if (row === EMPTY || this.fewest[row] === 0) return "unknown";
    if (argumentCount < this.fewest[row] || argumentCount > this.most[row]) return "wrong-arity";
    return isPlainCommand(row) ? "fine" : "reads-only";
  }

  #setArity(row: number, arities: readonly number[]): void {
    if (arities.length === 0) return;
    this.fewest[row] = Math.min(...arities.map(Math.abs));
    this.most[row] = arities.some((arity) => arity < 0) ? Number.POSITIVE_INFINITY : Math.max(...arities);
  }

  #lookUp(buffer: Uint8Array, name: Span, inner: Span | undefined): number {
    let code = hash(0, buffer, name.start, name.size);
    if (inner !== undefined) {
      code = (Math.imul(code, 31) + BAR) >>> 0;
      code = hash(code, buffer, inner.start, inner.size);
    }
    let slot = code % SLOTS;
    for (let row = SLOT_ROWS[slot]; row !== EMPTY; row = SLOT_ROWS[slot]) {
      if (this.#isNamed(row, buffer, name, inner)) return row;
      slot = (slot + 1) % SLOTS;
    }
    return EMPTY;
  }

  #isNamed(row: number, buffer: Uint8Array, name: Span, inner: Span | undefined): boolean {
    const known = NAMES[row];
    const size = inner === undefined ? name.size : name.size + 1 + inner.size;
    if (known.length !== size || !isSameName(known, 0, buffer, name)) return false;
    return (
      inner === undefined || (known[name.size] === BAR && isSameName(known, name.size + 1, buffer, inner))
    );
  }
}

/** Bytes of a buffer by start and size. */
export interface Span {
  readonly start: number;
  readonly size: number;
}

/** The row of a name that is in the table. */
export function rowOfCommand(name: string): number {
  return ROWS.get(name) ?? EMPTY;
}

export function commandName(row: number): string {
  return COMMAND_ROWS[row][0];
}

/** How many rows there are: for tables beside this one. */
export const COMMAND_COUNT = COMMAND_ROWS.length;

/** How modules name their commands: JSON.SET, _FT._CREATEIFNX. No server of ours answers for them. */
export function isModuleName(buffer: Uint8Array, { start, size }: Span): boolean {
  return size > 2 && (buffer[start] === UNDERSCORE || buffer.subarray(start, start + size).includes(DOT));
}

/**
 * The server in the table that is nearest to a version, such as "7.2.4" of "redis": the newest that is not newer. Undefined for text that is no
 * version.
 */
export function nearestServer(family: "redis" | "valkey", version: string): AofServer | undefined {
  const wanted = releaseOf(version);
  if (wanted === undefined) return undefined;
  const ids = COMMAND_SERVERS.filter((id) => id.startsWith(`${family}-`));
  const older = ids.filter((id) => releaseOf(id.slice(family.length + 1))! <= wanted);
  return older.at(-1) ?? ids[0];
}

function releaseOf(version: string): number | undefined {
  const found = /^(\d{1,5})\.(\d{1,5})/.exec(version);
  return found === null ? undefined : Number(found[1]) * 100_000 + Number(found[2]);
}

const OF_LOGS = new Set(["multi", "exec", "select", "script", "script|load", "script|flush"]);

/** Whether a log may hold it: it writes, or belongs to the log itself. */
export function isPlainCommand(row: number): boolean {
  const [name, writes] = COMMAND_ROWS[row];
  return writes === 1 || OF_LOGS.has(name);
}

function fillSlots(): Int16Array {
  const slots = new Int16Array(SLOTS).fill(EMPTY);
  for (const [row, name] of NAMES.entries()) {
    let slot = hash(0, name, 0, name.length) % SLOTS;
    while (slots[slot] !== EMPTY) slot = (slot + 1) % SLOTS;
    slots[slot] = row;
  }
  return slots;
}

/** The same for both cases of a letter. */
function hash(seed: number, bytes: Uint8Array, start: number, size: number): number {
  let code = seed;
  for (let at = start; at < start + size; at++) code = (Math.imul(code, 31) + lower(bytes[at])) >>> 0;
  return code;
}

function isSameName(known: Uint8Array, at: number, buffer: Uint8Array, { start, size }: Span): boolean {
  for (let index = 0; index < size; index++) {
    if (known[at + index] !== lower(buffer[start + index])) return false;
  }
  return true;
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
}
