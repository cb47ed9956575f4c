/**
 * The one vocabulary for the content of an RDB: the decoder yields these events, the encoder takes
 * them, and everything above speaks them.
 *
 *   header  aux*  (function | module-aux | …)*  (select-db resize-db? (key items*)*)*  end  trailing?
 *
 * A key is one `key` event when the whole value fits in a batch; otherwise `items` events follow until
 * one has `last: true`. A decoder with a lane also says `keys`: a run of whole keys, as rows.
 */
import type { Crc64 } from "@holdfast/bytes";
import type { ByteSlice } from "./byte-slice.ts";
import type { RdbFormatError, RdbWarningCode } from "./errors.ts";
import type { RdbDialect, RdbEncoding, RdbType, TypeRow } from "./format.ts";
import type { KeyRows } from "./key-rows.ts";

/** Borrowed: valid until the decoder's next `push()`. Copy with `.slice()` to keep it. */
export type Bytes = Uint8Array;

export type RdbEvent =
  | HeaderEvent
  | AuxEvent
  | SelectDbEvent
  | ResizeDbEvent
  | SlotInfoEvent
  | SlotImportEvent
  | HashTemplateEvent
  | FunctionEvent
  | ModuleAuxEvent
  | KeyEvent
  | KeysEvent
  | RecordsEvent
  | CommandsEvent
  | ItemsEvent
  | WarningEvent
  | DamageEvent
  | EndEvent
  | TrailingEvent;

export interface HeaderEvent {
  readonly kind: "header";
  readonly dialect: RdbDialect;
  readonly version: number;
}

export interface AuxEvent {
  readonly kind: "aux";
  readonly name: Bytes;
  readonly value: Bytes;
}

export interface SelectDbEvent {
  readonly kind: "select-db";
  readonly db: number;
}

/** A hint by the writer: how many keys the db holds, and how many of them expire. */
export interface ResizeDbEvent {
  readonly kind: "resize-db";
  readonly keyCount: number;
  readonly expiryCount: number;
}

/** A hint by the writer: the keys that follow are in this cluster slot. */
export interface SlotInfoEvent {
  readonly kind: "slot-info";
  readonly slot: number;
  readonly keyCount: number;
  readonly expiryCount: number;
}

/** Valkey 9: keys of these slots (inclusive ranges) belong to an import that had not finished. */
export interface SlotImportEvent {
  readonly kind: "slot-import";
  readonly job: Bytes;
  readonly ranges: readonly { readonly start: number; readonly end: number }[];
}

/** Redis 8.10: the field names that hashes of encoding "template" refer to. */
export interface HashTemplateEvent {
  readonly kind: "hash-template";
  readonly id: number;
  readonly fields: readonly Bytes[];
}

/** A function library. `preGa` has what release candidates of Redis 7.0 stored beside the code. */
export interface FunctionEvent {
  readonly kind: "function";
  readonly code: Bytes;
  readonly preGa?: { readonly name: Bytes; readonly engine: Bytes; readonly description: Bytes | undefined };
}

export interface ModuleAuxEvent {
  readonly kind: "module-aux";
  readonly moduleId: bigint;
  /** 1: stands before the keys; 2: after them; undefined when the record does not say. */
  readonly when: number | undefined;
  /** The module opcodes as stored, from the first one through the end opcode. */
  readonly payload: Bytes;
}

/** How much of a value is read: see `RdbDecoderOptions.level`. */
export type ReadLevel = "skip" | "raw" | "items" | "check";

/** Starts a key and carries its first batch. A small key is this one event, with `last: true`. */
export interface KeyEvent {
  readonly kind: "key";
  readonly db: number;
  /** Made anew at each use: in a hot loop use keyBuffer[keyStart, keyEnd), which is the same and borrowed alike. */
  readonly key: Bytes;
  readonly keyBuffer: Uint8Array;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly type: RdbType;
  readonly encoding: RdbEncoding;
  /** The row of the format's type table: number, name, layout. */
  readonly row: TypeRow;
  readonly expireAtMs: number | undefined;
  readonly idleSec: number | undefined;
  readonly frequency: number | undefined;
  /** Key metadata of Redis 8.6 as stored: class count, classes with their payloads. */
  readonly meta: Bytes | undefined;
  /**
   * Elements of the whole value (1 for a string), as soon as the file says so: at the latest on the
   * event with `last: true`. Undefined for modules.
   */
  readonly itemCount: number | undefined;
  readonly items: ItemBatch;
  readonly last: boolean;
  /** Byte offset of the first byte of the record: an expiry or another attribute, or the type byte. */
  readonly recordOffset: number;
  /** Byte offset of the type byte. */
  readonly offset: number;
  /** Byte offset just behind what this event covers; with `last`, behind the record. */
  readonly endOffset: number;
}

/** A run of keys that a lane read (lane.ts): only for decoders that were given one. */
export interface KeysEvent {
  readonly kind: "keys";
  readonly db: number;
  /** At least 1. */
  readonly keyCount: number;
  /** Elements of all the values. */
  readonly itemCount: number;
  /** One row a key, in file order. */
  readonly rows: KeyRows;
  /** Byte offset of the first record. */
  readonly recordOffset: number;
  /** Byte offset behind the last record. */
  readonly endOffset: number;
}

/** A run of whole records, only from a decoder with a copying lane: for an encoder that writes them as they are. */
export interface RecordsEvent {
  readonly kind: "records";
  readonly db: number;
  /** At least 1. */
  readonly keyCount: number;
  /** Elements of all the values. */
  readonly itemCount: number;
  /** Borrowed. Attributes, type, name and value of one key after the other, as stored or packed anew. */
  readonly bytes: Uint8Array;
  /** Borrowed. The checksum of the file before and behind these bytes; undefined when they are packed anew, or none is computed. */
  readonly summed: { readonly before: Crc64; readonly after: Crc64 } | undefined;
  /** Byte offset of the first record. */
  readonly recordOffset: number;
  /** Byte offset behind the last record. */
  readonly endOffset: number;
}

/** A run of whole keys as the commands that make them in a server, only from a decoder with a lane that writes them. */
export interface CommandsEvent {
  readonly kind: "commands";
  readonly db: number;
  /** At least 1. */
  readonly keyCount: number;
  /** Elements of all the values. */
  readonly itemCount: number;
  /** One RESTORE a key, or MSET of several, as RESP arrays. Borrowed until the next event is asked for. */
  readonly bytes: Uint8Array;
  readonly commandCount: number;
  /** Byte offset of the first record. */
  readonly recordOffset: number;
  /** Byte offset behind the last record. */
  readonly endOffset: number;
}

/** More of the key above. Never empty, except for the event that only says `last` at level "skip" or "check". */
export interface ItemsEvent {
  readonly kind: "items";
  readonly items: ItemBatch;
  readonly itemCount: number | undefined;
  readonly last: boolean;
  readonly endOffset: number;
}

export type ItemBatch =
  /** Level "skip" and "check": nothing is handed over. */
  | { readonly of: "nothing" }
  /** Level "skip" with `trace`: the numbers trace[start, end), see walker.ts. */
  | { readonly of: "trace"; readonly trace: Float64Array; readonly start: number; readonly end: number }
  /** Level "raw", and modules at every level that hands over data: the value's bytes as stored, in pieces. */
  | { readonly of: "opaque"; readonly bytes: Bytes }
  | { readonly of: "chunks"; readonly chunks: readonly Bytes[] }
  | { readonly of: "elements"; readonly elements: readonly ByteSlice[] }
  | { readonly of: "fields"; readonly fields: readonly HashField[] }
  | { readonly of: "scored"; readonly members: readonly ScoredMember[] }
  | { readonly of: "stream"; readonly parts: readonly StreamPart[] }
  /** `insertIndex`: where the server would insert next, if it keeps that. */
  | { readonly of: "array"; readonly slots: readonly ArraySlot[]; readonly insertIndex: bigint | undefined };

/** `Text`, here and below: slices of borrowed memory in events, owned arrays in entries (collect.ts). */
export interface HashField<Text = ByteSlice> {
  readonly field: Text;
  readonly value: Text;
  readonly expireAtMs: number | undefined;
}

export interface ScoredMember<Text = ByteSlice> {
  readonly member: Text;
  readonly score: number;
}

/** An element of a Redis 8.8 array; `value` is the text that the server would answer. */
export interface ArraySlot<Text = ByteSlice> {
  readonly index: bigint;
  readonly value: Text;
  readonly stored: "string" | "integer" | "double";
}

export interface StreamId {
  readonly ms: bigint;
  readonly seq: bigint;
}

/**
 * A stream in file order: entries, then `meta`, then each group followed by its pending entries, its
 * consumers (each followed by the ids it owns) and its nacked ids, then the idempotency parts.
 */
export type StreamPart<Text = ByteSlice> =
  | StreamEntry<Text>
  | StreamMeta
  | StreamGroup<Text>
  /** An entry delivered by the group above and not acknowledged. */
  | {
      readonly kind: "pending";
      readonly id: StreamId;
      readonly deliveredAtMs: number;
      readonly deliveryCount: number;
    }
  /** A consumer of the group above. `activeAtMs` is stored since RDB 11. */
  | {
      readonly kind: "consumer";
      readonly name: Text;
      readonly seenAtMs: number;
      readonly activeAtMs: number | undefined;
    }
  /** A pending entry that the consumer above owns. */
  | { readonly kind: "owned"; readonly id: StreamId }
  /** Redis 8.8: a pending entry of the group that no consumer owns, in the order of the zone. */
  | { readonly kind: "nacked"; readonly id: StreamId }
  /** Redis 8.6: the stream's settings for idempotent XADD. */
  | { readonly kind: "idmp"; readonly durationSec: number; readonly entriesMax: number }
  | { readonly kind: "producer"; readonly id: Text }
  /** An idempotency id of the producer above, and the entry that it made. */
  | { readonly kind: "idempotency"; readonly iid: Text; readonly id: StreamId }
  | { readonly kind: "idmp-totals"; readonly added: bigint; readonly duplicates: bigint };

export interface StreamEntry<Text = ByteSlice> {
  readonly kind: "entry";
  readonly id: StreamId;
  /** Field, value, field, value, … in order. */
  readonly fields: readonly Text[];
}

/** The counters that stand behind the entries; the last three are stored since RDB 10. */
export interface StreamMeta {
  readonly kind: "meta";
  readonly length: number;
  readonly lastId: StreamId;
  readonly firstId: StreamId | undefined;
  readonly maxDeletedId: StreamId | undefined;
  readonly entriesAdded: bigint | undefined;
}

export interface StreamGroup<Text = ByteSlice> {
  readonly kind: "group";
  readonly name: Text;
  readonly lastDeliveredId: StreamId;
  /** Undefined when the server did not know, and before RDB 10. */
  readonly entriesRead: bigint | undefined;
}

/** Something that a server would live with. */
export interface WarningEvent {
  readonly kind: "warning";
  readonly code: RdbWarningCode;
  readonly detail: string;
  readonly offset: number;
  readonly db: number;
  /** Owned copy. */
  readonly key: Uint8Array | undefined;
}

/** Level "check" only: the value is damaged, but where it ends is known, so reading goes on. */
export interface DamageEvent {
  readonly kind: "damage";
  readonly error: RdbFormatError;
}

/** The end opcode and the checksum behind it were read, and the checksum is right or absent. */
export interface EndEvent {
  readonly kind: "end";
  readonly checksum: "ok" | "off" | "none" | "unchecked";
  /** Stored CRC-64; undefined before RDB 5, 0 when the writer had checksums off. */
  readonly stored: bigint | undefined;
  readonly endOffset: number;
}

/** Input went on behind the end of the RDB; says so once, when the input has ended. */
export interface TrailingEvent {
  readonly kind: "trailing";
  readonly offset: number;
  readonly sizeBytes: number;
}
