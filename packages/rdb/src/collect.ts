/** Events to whole entries: for tests, tools and small values. Everything handed over is owned. */
import type { ByteSlice } from "./byte-slice.ts";
import type {
  ArraySlot,
  HashField,
  ItemBatch,
  KeyEvent,
  RdbEvent,
  ScoredMember,
  StreamPart,
} from "./events.ts";
import type { RdbEncoding, RdbType, TypeRow } from "./format.ts";

/** A key with its whole value in memory. */
export interface RdbEntry {
  readonly db: number;
  readonly key: Uint8Array;
  readonly type: RdbType;
  readonly encoding: RdbEncoding;
  readonly row: TypeRow;
  readonly expireAtMs: number | undefined;
  readonly idleSec: number | undefined;
  readonly frequency: number | undefined;
  readonly meta: Uint8Array | undefined;
  readonly itemCount: number | undefined;
  readonly value: EntryValue;
}

export type EntryValue =
  | { readonly of: "string"; readonly bytes: Uint8Array }
  | { readonly of: "elements"; readonly elements: readonly Uint8Array[] }
  | { readonly of: "fields"; readonly fields: readonly HashField<Uint8Array>[] }
  | { readonly of: "scored"; readonly members: readonly ScoredMember<Uint8Array>[] }
  | { readonly of: "stream"; readonly parts: readonly StreamPart<Uint8Array>[] }
  | {
      readonly of: "array";
      readonly slots: readonly ArraySlot<Uint8Array>[];
      readonly insertIndex: bigint | undefined;
    }
  /** The value's bytes as stored. */
  | { readonly of: "opaque"; readonly bytes: Uint8Array };

/** A value is larger than the caller is ready to hold. */
export class RdbEntryTooLarge extends Error {
  override readonly name = "RdbEntryTooLarge";
  readonly key: Uint8Array;
  readonly limitBytes: number;

  constructor(key: Uint8Array, limitBytes: number) {
    super(`rdb: a value is larger than ${limitBytes} bytes`);
    this.key = key;
    this.limitBytes = limitBytes;
  }
}

/** Hands over each key as one entry; other events are passed over. Throws RdbEntryTooLarge above the limit. */
export function* collectEntries(
  events: Iterable<RdbEvent>,
  options: { readonly limitBytes: number },
): Generator<RdbEntry, void, void> {
  let entry: EntryBuilder | undefined;
  for (const event of events) {
    if (event.kind === "key") entry = new EntryBuilder(event, options.limitBytes);
    else if (event.kind !== "items") continue;
    if (entry === undefined) continue;
    entry.add(event.items);
    if (event.last) yield entry.finish(event.itemCount);
  }
}

class EntryBuilder {
  readonly #head: Omit<RdbEntry, "value" | "itemCount">;
  readonly #limitBytes: number;
  #sizeBytes = 0;
  #of: ItemBatch["of"] = "nothing";
  readonly #pieces: Uint8Array[] = [];
  readonly #fields: HashField<Uint8Array>[] = [];
  readonly #members: ScoredMember<Uint8Array>[] = [];
  readonly #parts: StreamPart<Uint8Array>[] = [];
  readonly #slots: ArraySlot<Uint8Array>[] = [];
  #insertIndex: bigint | undefined;

  constructor(event: KeyEvent, limitBytes: number) {
    const { db, type, encoding, row, expireAtMs, idleSec, frequency } = event;
    const meta = event.meta?.slice();
    this.#head = { db, key: event.key.slice(), type, encoding, row, expireAtMs, idleSec, frequency, meta };
    this.#limitBytes = limitBytes;
  }

  add(items: ItemBatch): void {
    if (items.of !== "nothing") this.#of = items.of;
    switch (items.of) {
      case "opaque":
        this.#pieces.push(this.#own(items.bytes));
        break;
      case "chunks":
        for (const chunk of items.chunks) this.#pieces.push(this.#own(chunk));
        break;
      case "elements":
        for (const element of items.elements) this.#pieces.push(this.#own(element));
        break;
      case "fields":
        for (const { field, value, expireAtMs } of items.fields) {
          this.#fields.push({ field: this.#own(field), value: this.#own(value), expireAtMs });
        }
        break;
      case "scored":
        for (const { member, score } of items.members)
          this.#members.push({ member: this.#own(member), score });
        break;
      case "stream":
        for (const part of items.parts) this.#parts.push(this.#ownPart(part));
        break;
      case "array":
        this.#insertIndex = items.insertIndex;
        for (const slot of items.slots) this.#slots.push({ ...slot, value: this.#own(slot.value) });
        break;
      default:
    }
  }

  finish(itemCount: number | undefined): RdbEntry {
    return { ...this.#head, itemCount, value: this.#value() };
  }

  #value(): EntryValue {
    switch (this.#of) {
      case "chunks":
        return { of: "string", bytes: joined(this.#pieces) };
      case "elements":
        return { of: "elements", elements: this.#pieces };
      case "fields":
        return { of: "fields", fields: this.#fields };
      case "scored":
        return { of: "scored", members: this.#members };
      case "stream":
        return { of: "stream", parts: this.#parts };
      case "array":
        return { of: "array", slots: this.#slots, insertIndex: this.#insertIndex };
      default:
        return { of: "opaque", bytes: joined(this.#pieces) };
    }
  }

  #own(bytes: Uint8Array | ByteSlice): Uint8Array {
    this.#sizeBytes += bytes.length;
    if (this.#sizeBytes > this.#limitBytes) throw new RdbEntryTooLarge(this.#head.key, this.#limitBytes);
    return bytes.slice();
  }

  #ownPart(part: StreamPart): StreamPart<Uint8Array> {
    switch (part.kind) {
      case "entry":
        return { ...part, fields: part.fields.map((bytes) => this.#own(bytes)) };
      case "group":
      case "consumer":
        return { ...part, name: this.#own(part.name) };
      case "producer":
        return { ...part, id: this.#own(part.id) };
      case "idempotency":
        return { ...part, iid: this.#own(part.iid) };
      default:
        return part;
    }
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0];
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
