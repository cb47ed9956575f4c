/**
 * One node of a stream: a listpack of entries that share the field names of its first, the master entry.
 *
 *   master  live count, deleted count, number of fields, field names …, 0
 *   entry   flags (1 deleted, 2 the master's fields), ms difference, seq difference,
 *           values …  |  number of fields, field, value, …            and the number of listpack entries before
 *
 * Differences are relative to the id of the node, and that of the sequence may be negative.
 *
 * Source: t_stream.c of Redis and Valkey.
 */
import { ByteSlice } from "../byte-slice.ts";
import { Damage } from "../errors.ts";
import type { StreamEntry, StreamId } from "../events.ts";
import { textsOfOneItemMax } from "../format.ts";
import type { PackedReader } from "../packed/packed-reader.ts";
import type { Arena } from "../strings.ts";

const flagDeleted = 1;
const flagSameFields = 2;
/** flags, ms, seq and the closing count, besides fields and values. */
const entriesBesidesSameFields = 3;
const entriesBesidesOwnFields = 4;

export class StreamNode {
  readonly #packed: PackedReader;
  /** Where the texts of integers go; undefined when the node is only checked. */
  readonly #arena: Arena | undefined;
  /** Where to report damage: index in the window of the string that holds the listpack. */
  readonly #at: number;
  readonly #ms: bigint;
  readonly #seq: bigint;
  #fields: readonly ByteSlice[] = [];
  readonly live: number;
  readonly deleted: number;
  #liveRead = 0;
  #deletedRead = 0;

  /** Reads the master entry. With an arena, entries are built, else only checked. Throws Damage. */
  constructor(packed: PackedReader, id: StreamId, at: number, arena: Arena | undefined) {
    this.#packed = packed;
    this.#arena = arena;
    this.#at = at;
    this.#ms = id.ms;
    this.#seq = id.seq;
    this.live = this.#count("live entries");
    this.deleted = this.#count("deleted entries");
    this.#fields = this.#texts(this.#count("fields"));
    if (this.#integer("end of the master entry") !== 0) this.#fail("the master entry does not end with 0");
  }

  get isOver(): boolean {
    return this.#packed.left === 0;
  }

  /** Reads the next entry; undefined for a deleted one, and always when not building. */
  next(): StreamEntry | undefined {
    const flags = Number(this.#integer("flags"));
    const ms = this.#integer("ms difference");
    const seq = this.#integer("sequence difference");
    const fields = (flags & flagSameFields) !== 0 ? this.#sameFields() : this.#ownFields();
    const isDeleted = (flags & flagDeleted) !== 0;
    if (isDeleted) this.#deletedRead += 1;
    else this.#liveRead += 1;
    if (isDeleted || this.#arena === undefined) return undefined;
    return { kind: "entry", id: { ms: wrapped(this.#ms, ms), seq: wrapped(this.#seq, seq) }, fields };
  }

  /** To be called behind the last entry: the counts must be as the master entry says. Throws Damage. */
  finish(): void {
    if (this.#liveRead !== this.live || this.#deletedRead !== this.deleted) {
      const found = `found ${this.#liveRead} and ${this.#deletedRead}`;
      this.#fail(`the node says ${this.live} live and ${this.deleted} deleted entries, ${found}`);
    }
  }

  #sameFields(): ByteSlice[] {
    const fields: ByteSlice[] = [];
    for (const field of this.#fields) {
      this.#advance("a value");
      if (this.#arena !== undefined) fields.push(field, this.#packed.text(this.#arena));
    }
    this.#checkClosing(entriesBesidesSameFields + this.#fields.length);
    return fields;
  }

  #ownFields(): ByteSlice[] {
    const count = this.#count("fields");
    const fields = this.#texts(count * 2);
    this.#checkClosing(entriesBesidesOwnFields + count * 2);
    return fields;
  }

  #checkClosing(expected: number): void {
    const closing = this.#integer("closing count");
    if (Number(closing) !== expected) this.#fail(`an entry of ${expected} listpack entries says ${closing}`);
  }

  #texts(count: number): ByteSlice[] {
    if (count > this.#packed.left)
      this.#fail(`${count} texts announced, ${this.#packed.left} entries are left`);
    if (count > textsOfOneItemMax)
      throw new Damage(
        "RDB_LIMIT",
        `${count} texts in one entry, above the limit of ${textsOfOneItemMax}`,
        this.#at,
      );
    const texts: ByteSlice[] = this.#arena !== undefined ? [] : new Array<ByteSlice>(count).fill(noBytes);
    for (let index = 0; index < count; index += 1) {
      this.#packed.next();
      if (this.#arena !== undefined) texts.push(this.#packed.text(this.#arena));
    }
    return texts;
  }

  #count(what: string): number {
    const value = Number(this.#integer(what));
    if (value < 0) this.#fail(`number of ${what} is ${value}`);
    return value;
  }

  #integer(what: string): number | bigint {
    this.#advance(what);
    if (!this.#packed.isInteger) this.#fail(`${what}: an integer was due, found text`);
    return this.#packed.integer;
  }

  #advance(what: string): void {
    if (this.#packed.left === 0) this.#fail(`${what}: the listpack is over`);
    this.#packed.next();
  }

  #fail(detail: string): never {
    throw new Damage("RDB_BAD_STREAM", detail, this.#at);
  }
}

/** Servers add in 64 bits: a stream that began at a small id can hold the greatest one, as a difference of -1. */
function wrapped(base: bigint, difference: number | bigint): bigint {
  return BigInt.asUintN(64, base + BigInt(difference));
}

const noBytes = ByteSlice.of(new Uint8Array(0));
