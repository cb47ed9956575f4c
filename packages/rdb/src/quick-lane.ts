/**
 * The common record in one go: at most an expiry, a type whose value is one string, a short plain name,
 * and the whole of it in the window. That is most keys of most files.
 *
 *   [FC expiry 8]  type  name: 6- or 14-bit length  value: raw, integer or LZF
 *
 * The same result as records.ts and walker.ts would give, a few times faster, because nothing is
 * remembered between bytes. Whatever is not common is left to them, untouched.
 *
 * Hot; watched by `bench summary`. Over the bench corpus, level "skip" with trace took 0.95 s through
 * the general way alone and takes 0.5 s with this lane.
 */
import type { ByteWindow } from "@holdfast/bytes";
import { LZF_MAX_RATIO, lzfPeek } from "@holdfast/bytes";
import { opcode, type PackedKind, type RdbEncoding, type TypeRow } from "./format.ts";
import type { KeyRecord } from "./key-record.ts";
import { packedHeadBytes, statedPackedCount } from "./packed/packed-reader.ts";
import { decimalDigits, storedInt } from "./strings.ts";

/** Unread bytes below which nothing is tried: an expiry, the longest heads, and what a count is read from. */
const marginBytes = 128;
/** Packed bytes that are sure to unpack to the head of a packed encoding. */
const lzfHeadBytes = 64;
const canonicalIntBytesMax = 20;

export class QuickLane {
  readonly #window: ByteWindow;
  readonly #skips: boolean;
  /** Rows that the lane can read, by number; filled for the file's dialect and version. */
  readonly #rows: (TypeRow | undefined)[] = new Array(256).fill(undefined);
  readonly #head = new Uint8Array(packedHeadBytes);

  /** Of the record just read: bytes of the value's text. */
  textBytes = 0;
  /** Of a string: 1 if it is an integer, else 0. Of a packed encoding: its number of entries. */
  second = 0;
  itemCount = 0;

  /** `skips`: values are only stepped over; otherwise the lane takes just those that have nothing to check. */
  constructor(window: ByteWindow, skips: boolean) {
    this.#window = window;
    this.#skips = skips;
  }

  useTypes(types: readonly (TypeRow | undefined)[]): void {
    for (const [number, row] of types.entries()) {
      const isCommon =
        row?.layout === "S" || (this.#skips && row?.layout === "p" && row.leadingEntries === undefined);
      this.#rows[number] = isCommon ? row : undefined;
    }
  }

  /** Reads a record into `key` and leaves the window behind it; false, with nothing moved, if it is not a common one. */
  read(key: KeyRecord): boolean {
    const window = this.#window;
    const { buffer, limit } = window;
    const recordAt = window.position;
    let at = recordAt;
    if (limit - at < marginBytes) return false;
    let expireAtMs: number | undefined;
    if (buffer[at] === opcode.expireTimeMs) {
      expireAtMs = window.view.getInt32(at + 5, true) * 4294967296 + window.view.getUint32(at + 1, true);
      at += 9;
    }
    const typeAt = at;
    const row = this.#rows[buffer[at]];
    if (row === undefined) return false;
    const first = buffer[at + 1];
    if (first >= 0x80) return false;
    const keyStart = first < 0x40 ? at + 2 : at + 3;
    const keyEnd = keyStart + (first < 0x40 ? first : ((first & 0x3f) << 8) | buffer[at + 2]);
    if (limit - keyEnd < marginBytes) return false;
    const end = this.#readValue(row, buffer, keyEnd, limit);
    if (end < 0) return false;
    key.row = row;
    key.encoding = row.layout === "S" ? encodingOf(buffer[keyEnd]) : row.encoding;
    key.keyBuffer = buffer;
    key.keyStart = keyStart;
    key.keyEnd = keyEnd;
    key.expireAtMs = expireAtMs;
    key.recordOffset = window.start + recordAt;
    key.offset = window.start + typeAt;
    window.position = end;
    return true;
  }

  /** Index behind the value whose string begins at `at`, or -1. */
  #readValue(row: TypeRow, buffer: Uint8Array, at: number, limit: number): number {
    const first = buffer[at];
    if (first < 0x40) return this.#readPlain(row, buffer, at + 1, first, limit);
    if (first < 0x80)
      return this.#readPlain(row, buffer, at + 2, ((first & 0x3f) << 8) | buffer[at + 1], limit);
    if (first === 0xc3) return this.#skips ? this.#readLzf(row, buffer, at + 1, limit) : -1;
    if (first < 0xc0 || first > 0xc2 || row.packed !== undefined) return -1;
    this.textBytes = decimalDigits(storedInt(buffer, at));
    this.second = this.itemCount = 1;
    return at + 1 + (1 << (first - 0xc0));
  }

  #readPlain(row: TypeRow, buffer: Uint8Array, body: number, size: number, limit: number): number {
    const end = body + size;
    if (end > limit) return -1;
    this.textBytes = size;
    if (row.packed === undefined) {
      this.itemCount = 1;
      if (size > canonicalIntBytesMax) {
        this.second = 0;
        return end;
      }
      const digit = buffer[body];
      // Text that may be an integer is judged by the general way, where somebody wants to know.
      if (this.#skips && size > 0 && (digit === 0x2d || (digit >= 0x30 && digit <= 0x39))) return -1;
      this.second = 0;
      return end;
    }
    return this.#setCount(row, row.packed, buffer, body, size) ? end : -1;
  }

  #readLzf(row: TypeRow, buffer: Uint8Array, at: number, limit: number): number {
    let position = at;
    let stored = buffer[position++];
    if (stored >= 0x80) return -1;
    if (stored >= 0x40) stored = ((stored & 0x3f) << 8) | buffer[position++];
    let text = buffer[position++];
    if (text === 0x80) {
      text =
        buffer[position] * 16777216 +
        ((buffer[position + 1] << 16) | (buffer[position + 2] << 8) | buffer[position + 3]);
      position += 4;
    } else if (text > 0x80) {
      return -1;
    } else if (text >= 0x40) {
      text = ((text & 0x3f) << 8) | buffer[position++];
    }
    const end = position + stored;
    if (end > limit || text > stored * LZF_MAX_RATIO || text === 0) return -1;
    this.textBytes = text;
    if (row.packed === undefined) {
      this.second = 0;
      this.itemCount = 1;
      return end;
    }
    return this.#peekCount(row, row.packed, buffer, position, stored) ? end : -1;
  }

  #peekCount(
    row: TypeRow,
    packed: PackedKind,
    buffer: Uint8Array,
    position: number,
    stored: number,
  ): boolean {
    try {
      const peeked = position + Math.min(stored, lzfHeadBytes);
      const made = lzfPeek(buffer, position, peeked, this.#head, packedHeadBytes);
      return this.#setCount(row, packed, this.#head, 0, made);
    } catch {
      // Damaged: the general way says what is to be said at this level.
      return false;
    }
  }

  #setCount(row: TypeRow, packed: PackedKind, bytes: Uint8Array, start: number, available: number): boolean {
    const count = statedPackedCount(packed, bytes, start, available);
    if (count === undefined) return false;
    this.second = count;
    this.itemCount = Math.floor(count / (row.entriesPerItem ?? 1));
    return true;
  }
}

function encodingOf(first: number): RdbEncoding {
  if (first < 0xc0) return "raw";
  return first === 0xc3 ? "lzf" : "int";
}
