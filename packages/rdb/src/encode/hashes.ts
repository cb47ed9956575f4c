/**
 * Hashes: 16 (listpack), 13 (ziplist), 4 (plain); with fields that expire 25 (listpack), 24 (plain) for Redis and 22 for Valkey.
 *
 *   24   int64 base, count, count × (t, field, value): t = 0 none, else base + t - 1
 *   25   int64 base, listpack of field, value, absolute ms (0 = none); those that expire first, ascending
 *   22   count, count × (field, value, int64 absolute ms, -1 = none)
 *
 * The base is the soonest expiry when all fields are at hand, which makes every t short. For a hash too large to wait for it is 0,
 * from where every time can be told.
 *
 * Source: rdb.c of Redis 7.4 and Valkey 9.
 */
import { ByteSlice } from "../byte-slice.ts";
import type { HashField, ItemBatch, KeyEvent } from "../events.ts";
import { fieldExpiryMaxMs } from "../format.ts";
import { type CollectionForm, wrongBatch } from "./collection-writer.ts";
import { targetHas } from "./targets.ts";
import type { ValueContext } from "./value-context.ts";

const type = {
  plain: 4,
  ziplist: 13,
  listpack: 16,
  valkeyExpiring: 22,
  expiring: 24,
  expiringListpack: 25,
} as const;

/** Stored types whose fields may expire, by the decoder's names. */
const expiringRows: ReadonlySet<string> = new Set([
  "HASH_METADATA_PRE_GA",
  "HASH_2",
  "HASH_LISTPACK_EX_PRE_GA",
  "HASH_METADATA",
  "HASH_LISTPACK_EX",
]);

/** How much of a hash with expiring fields is held to find the soonest. */
const heldBytesMax = 8 << 20;
/** What a held field takes beside its bytes, about. */
const heldFieldBytes = 200;

export class HashForm implements CollectionForm<HashField> {
  readonly #context: ValueContext;
  readonly #holdsExpiry: boolean;
  /** How expiries go out, when any does. */
  readonly #style: "redis" | "valkey";
  #areShort = true;
  #expires = false;
  #mayExpireLater = false;
  #heldBytes = 0;
  /** The plain value under way has expiries. */
  #writesExpiry = false;
  #base = 0;

  constructor(context: ValueContext) {
    this.#context = context;
    this.#holdsExpiry = targetHas(context.target, "fieldExpiry");
    this.#style = context.target.dialect;
  }

  itemsOf(batch: ItemBatch): readonly HashField[] {
    if (batch.of !== "fields") throw wrongBatch(batch, "fields");
    const isBounded = this.#holdsExpiry && this.#style === "redis";
    return isBounded && batch.fields.some(isBeyond)
      ? batch.fields.map((item) => this.#bounded(item))
      : batch.fields;
  }

  /** Redis loads field expiries from 1 ms to 2^48 - 1; Valkey knows others. */
  #bounded(item: HashField): HashField {
    if (!isBeyond(item)) return item;
    this.#context.lose("field-expiry");
    return { ...item, expireAtMs: undefined };
  }

  begin(event: KeyEvent): void {
    this.#areShort = true;
    this.#expires = false;
    this.#heldBytes = 0;
    this.#mayExpireLater = expiringRows.has(event.row.name);
  }

  mayPack(items: readonly HashField[], count: number): boolean {
    const { hashEntriesMax, hashValueBytesMax } = this.#context.limits;
    for (const { field, value, expireAtMs } of items) {
      if (field.length > hashValueBytesMax || value.length > hashValueBytesMax) this.#areShort = false;
      if (expireAtMs !== undefined && this.#holdsExpiry) this.#expires = true;
    }
    // Valkey packs no hash with fields that expire.
    if (this.#expires && this.#style === "valkey") return false;
    return this.#areShort && count <= hashEntriesMax;
  }

  mayWait(items: readonly HashField[]): boolean {
    if (!this.#mayExpireLater || !this.#holdsExpiry || this.#style === "valkey") return false;
    for (const { field, value } of items) this.#heldBytes += field.length + value.length + heldFieldBytes;
    return this.#heldBytes <= heldBytesMax;
  }

  own({ field, value, expireAtMs }: HashField): HashField {
    return { field: ByteSlice.of(field.slice()), value: ByteSlice.of(value.slice()), expireAtMs };
  }

  writePacked(items: readonly HashField[]): void {
    const { head, output, packed, usesListpacks } = this.#context;
    if (this.#expires) {
      this.#writeExpiringListpack(items);
      return;
    }
    head(usesListpacks ? type.listpack : type.ziplist);
    packed.begin();
    for (const { field, value, expireAtMs } of items) {
      packed.text(field.buffer, field.start, field.end);
      packed.text(value.buffer, value.start, value.end);
      if (expireAtMs !== undefined) this.#context.lose("field-expiry");
    }
    output.string(packed.finish());
  }

  #writeExpiringListpack(items: readonly HashField[]): void {
    const { head, output, listpack } = this.#context;
    head(type.expiringListpack);
    output.int64(soonest(items));
    listpack.begin();
    for (const { field, value, expireAtMs } of [...items].sort(soonestFirst)) {
      listpack.text(field.buffer, field.start, field.end);
      listpack.text(value.buffer, value.start, value.end);
      listpack.integer(expireAtMs ?? 0);
    }
    output.string(listpack.finish());
  }

  beginPlain(items: readonly HashField[], isAll: boolean): void {
    const { head, output } = this.#context;
    const expires = items.some((item) => item.expireAtMs !== undefined);
    this.#writesExpiry = this.#holdsExpiry && (expires || (!isAll && this.#mayExpireLater));
    if (!this.#writesExpiry) {
      head(type.plain);
    } else if (this.#style === "valkey") {
      head(type.valkeyExpiring);
    } else {
      head(type.expiring);
      this.#base = isAll ? soonest(items) : 0;
      output.int64(this.#base);
    }
  }

  writePlain({ field, value, expireAtMs }: HashField): void {
    const { output } = this.#context;
    if (this.#writesExpiry && this.#style === "redis")
      output.length(expireAtMs === undefined ? 0 : expireAtMs - this.#base + 1);
    output.string(field.buffer, field.start, field.end);
    output.string(value.buffer, value.start, value.end);
    if (this.#writesExpiry && this.#style === "valkey") output.int64(expireAtMs ?? -1);
    if (!this.#writesExpiry && expireAtMs !== undefined) this.#context.lose("field-expiry");
  }
}

function isBeyond({ expireAtMs }: HashField): boolean {
  return expireAtMs !== undefined && (expireAtMs < 1 || expireAtMs > fieldExpiryMaxMs);
}

function soonest(items: readonly HashField[]): number {
  return items.reduce((least, { expireAtMs = least }) => Math.min(least, expireAtMs), fieldExpiryMaxMs);
}

/** Keeps the order of fields that do not expire. */
function soonestFirst(first: HashField, second: HashField): number {
  const never = Number.POSITIVE_INFINITY;
  const [one, two] = [first.expireAtMs ?? never, second.expireAtMs ?? never];
  return one === two ? 0 : one - two;
}
