/**
 * The head of a key (attributes, type, name) while its value is read, and the event made of it.
 *
 * Keys are many: the event keeps where the name lies and makes a view only for those who ask.
 */
import type { RdbCursor } from "./cursor.ts";
import type { Bytes, ItemBatch, KeyEvent } from "./events.ts";
import { type RdbEncoding, type RdbType, type TypeRow, typeRows } from "./format.ts";
import type { StringReader } from "./strings.ts";

const nothing: ItemBatch = { of: "nothing" };

/** What is known of a key before its value is read. Reused for every key: borrowed by whoever gets it. */
export class KeyHead {
  db = 0;
  row: TypeRow = typeRows[0];
  encoding: RdbEncoding = "raw";
  /** The name: keyBuffer[keyStart, keyEnd). */
  keyBuffer: Uint8Array = new Uint8Array(0);
  keyStart = 0;
  keyEnd = 0;
  expireAtMs: number | undefined;
  idleSec: number | undefined;
  frequency: number | undefined;
  meta: Bytes | undefined;
  /** Stream offsets of the first byte of the record and of the type byte. */
  recordOffset = 0;
  typeOffset = 0;
  /** A name was read and its value is not over. */
  isOpen = false;

  get type(): RdbType {
    return this.row.type;
  }

  get key(): Bytes {
    return this.keyBuffer.subarray(this.keyStart, this.keyEnd);
  }

  begin(cursor: RdbCursor, db: number): void {
    this.db = db;
    this.expireAtMs = undefined;
    this.idleSec = undefined;
    this.frequency = undefined;
    this.meta = undefined;
    this.recordOffset = cursor.window.offset;
    this.isOpen = false;
  }

  /** Reads the name behind the type byte. The encoding of a string shows in its first byte. */
  open(row: TypeRow, strings: StringReader, cursor: RdbCursor, limitBytes: number): void {
    this.row = row;
    this.typeOffset = cursor.window.offset - 1;
    strings.read(limitBytes);
    this.setKey(strings);
    this.encoding = row.type === "string" ? stringEncoding(cursor.peek()) : row.encoding;
  }

  /** The string just read is the name. */
  setKey(strings: StringReader): void {
    this.keyBuffer = strings.buffer;
    this.keyStart = strings.start;
    this.keyEnd = strings.end;
    this.isOpen = true;
  }

  close(): void {
    this.isOpen = false;
  }
}

function stringEncoding(first: number): RdbEncoding {
  if (first < 0xc0) return "raw";
  return first === 0xc3 ? "lzf" : "int";
}

/** The `key` event. */
export class KeyRecord implements KeyEvent {
  readonly kind = "key";
  readonly db: number;
  readonly row: TypeRow;
  readonly encoding: RdbEncoding;
  readonly keyBuffer: Uint8Array;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly expireAtMs: number | undefined;
  readonly idleSec: number | undefined;
  readonly frequency: number | undefined;
  readonly meta: Bytes | undefined;
  readonly recordOffset: number;
  readonly offset: number;
  itemCount: number | undefined = undefined;
  items: ItemBatch = nothing;
  last = false;
  endOffset = 0;

  constructor(head: KeyHead) {
    this.db = head.db;
    this.row = head.row;
    this.encoding = head.encoding;
    this.keyBuffer = head.keyBuffer;
    this.keyStart = head.keyStart;
    this.keyEnd = head.keyEnd;
    this.expireAtMs = head.expireAtMs;
    this.idleSec = head.idleSec;
    this.frequency = head.frequency;
    this.meta = head.meta;
    this.recordOffset = head.recordOffset;
    this.offset = head.typeOffset;
  }

  get type(): RdbType {
    return this.row.type;
  }

  get key(): Bytes {
    return this.keyBuffer.subarray(this.keyStart, this.keyEnd);
  }
}
