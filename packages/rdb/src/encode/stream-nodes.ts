/**
 * The entries of a stream as nodes: a listpack each, of about 4 KiB and at most 100 entries.
 *
 *   live count, deleted count, F, F field names, 0        the master entry: names of the first entry
 *   2, ms, seq, F values, F + 3                            an entry with these names
 *   0, ms, seq, n, n × (field, value), 2n + 4              an entry with others
 *
 * ms and seq are relative to the node's id, which is that of its first entry. Deleted entries are not written.
 *
 * Source: t_stream.c of Redis, streamAppendItem.
 */
import type { ByteSlice } from "../byte-slice.ts";
import type { StreamEntry, StreamId } from "../events.ts";
import { entryBytesMax } from "./listpack-writer.ts";
import type { ValueContext } from "./value-context.ts";

const flags = { none: 0, sameFields: 2 } as const;
/** The number of entries must stay in one byte. */
const entriesMax = 127;

export class StreamNodes {
  readonly #context: ValueContext;
  readonly #id = Buffer.alloc(16);
  #nodes = 0;
  #entries = 0;
  #first: StreamId = { ms: 0n, seq: 0n };
  #names: readonly Uint8Array[] = [];

  constructor(context: ValueContext) {
    this.#context = context;
  }

  begin(): void {
    this.#nodes = 0;
    this.#entries = 0;
  }

  /** Nodes written; right once finish() was called. */
  get count(): number {
    return this.#nodes;
  }

  add(entry: StreamEntry): void {
    const { listpack, limits } = this.#context;
    const sizeBytes = entry.fields.reduce((sum, text) => sum + entryBytesMax(text.length), 0);
    const isFull =
      this.#entries >= Math.min(entriesMax, limits.streamNodeEntriesMax) ||
      listpack.sizeBytes + sizeBytes >= limits.streamNodeBytesMax;
    if (this.#entries > 0 && isFull) this.finish();
    if (this.#entries === 0) this.#begin(entry);
    this.#entries += 1;
    this.#addEntry(entry);
  }

  /** Writes the node under way, if there is one. */
  finish(): void {
    if (this.#entries === 0) return;
    const { listpack, output } = this.#context;
    listpack.setFirst(this.#entries);
    output.string(this.#id);
    output.string(listpack.finish());
    this.#nodes += 1;
    this.#entries = 0;
  }

  #begin({ id, fields }: StreamEntry): void {
    const { listpack } = this.#context;
    this.#first = id;
    this.#id.writeBigUInt64BE(id.ms, 0);
    this.#id.writeBigUInt64BE(id.seq, 8);
    this.#names = fields.filter((_, index) => index % 2 === 0).map((name) => name.slice());
    listpack.begin();
    listpack.integer(0);
    listpack.integer(0);
    listpack.integer(this.#names.length);
    for (const name of this.#names) listpack.text(name);
    listpack.integer(0);
  }

  #addEntry({ id, fields }: StreamEntry): void {
    const { listpack } = this.#context;
    const isSame = this.#hasSameNames(fields);
    listpack.integer(isSame ? flags.sameFields : flags.none);
    listpack.integer(difference(id.ms, this.#first.ms));
    listpack.integer(difference(id.seq, this.#first.seq));
    const pairs = fields.length >> 1;
    if (!isSame) listpack.integer(pairs);
    for (let index = isSame ? 1 : 0; index < fields.length; index += isSame ? 2 : 1) {
      const { buffer, start, end } = fields[index];
      listpack.text(buffer, start, end);
    }
    listpack.integer(isSame ? pairs + 3 : 2 * pairs + 4);
  }

  #hasSameNames(fields: readonly ByteSlice[]): boolean {
    if (fields.length !== this.#names.length * 2) return false;
    return this.#names.every((name, index) => Buffer.compare(name, fields[index * 2].view()) === 0);
  }
}

/** As a signed number of 64 bits, which is how a reader adds it again. */
function difference(value: bigint, base: bigint): number | bigint {
  const signed = BigInt.asIntN(64, value - base);
  const number = Number(signed);
  return Number.isSafeInteger(number) ? number : signed;
}
