/**
 * A key: its attributes, type and name while the value is read, and the `key` event after that.
 *
 * Keys are many, so one object serves for both, keeps where the name lies, and makes a view only for
 * those who ask.
 */
import type { RdbCursor } from "./cursor.ts";
import type { Bytes, ItemBatch, KeyEvent } from "./events.ts";
import { type RdbEncoding, type RdbType, type TypeRow, typeRows } from "./format.ts";
import type { StringReader } from "./strings.ts";

const nothing: ItemBatch = { of: "nothing" };

/** What `select` gets: the part of a key that is known before its value. Borrowed until it returns. */
export type KeyHead = Omit<KeyEvent, "kind" | "items" | "itemCount" | "last" | "endOffset">;

export class KeyRecord implements KeyEvent {
  readonly kind = "key";
  db = 0;
  row: TypeRow = typeRows[0];
  encoding: RdbEncoding = "raw";
  keyBuffer: Uint8Array = new Uint8Array(0);
  keyStart = 0;
  keyEnd = 0;
  expireAtMs: number | undefined = undefined;
  idleSec: number | undefined = undefined;
  frequency: number | undefined = undefined;
  meta: Bytes | undefined = undefined;
  recordOffset = 0;
  offset = 0;
  itemCount: number | undefined = undefined;
  items: ItemBatch = nothing;
  last = false;
  endOffset = 0;
  /** A name was read and its value is not over. */
  isOpen = false;
  /** The type byte was one that the file's dialect and version know: `row` is this key's. */
  isTyped = false;

  get type(): RdbType {
    return this.row.type;
  }

  get key(): Bytes {
    return this.keyBuffer.subarray(this.keyStart, this.keyEnd);
  }

  /** A record begins where the cursor stands. */
  begin(cursor: RdbCursor, db: number): void {
    this.db = db;
    this.expireAtMs = undefined;
    this.idleSec = undefined;
    this.frequency = undefined;
    this.meta = undefined;
    this.recordOffset = cursor.window.offset;
    this.isOpen = false;
    this.isTyped = false;
  }

  /** Reads the name behind the type byte. The encoding of a string shows in its first byte. */
  open(row: TypeRow, strings: StringReader, cursor: RdbCursor, limitBytes: number): void {
    this.row = row;
    this.isTyped = true;
    this.offset = cursor.window.offset - 1;
    strings.read(limitBytes);
    this.setName(strings);
    this.encoding = row.type === "string" ? stringEncoding(cursor.peek()) : row.encoding;
  }

  /** The string just read is the name. */
  setName(strings: StringReader): void {
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
