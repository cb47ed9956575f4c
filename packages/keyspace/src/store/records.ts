/**
 * What stands under a key, as one slot with the key in front.
 *
 *   [ key size ][ string size ][ key … string … ]        a string
 *   [ key size ][ ~(number × 2 + shared) ][ key … ]      an object, by its number
 *   [ key size ][ ~0 ][ key … ]                          gone: in a layer above one that has the key
 *
 * Both sizes are words of 32 bits. Strings that do not fit into a slot are objects, and so is everything that is no string. An object belongs to
 * one record; those of layers above may share it. Records do not know in which table they are.
 *
 * Hot: change(), for every string that a log writes.
 */
import { ByteSlice } from "@holdfast/rdb";
import { textIn } from "../latin1.ts";
import { BytesValue } from "../values/bytes-value.ts";
import type { MutableValue, Value } from "../values/value.ts";
import { areSameBytes, copyBytes } from "./byte-ranges.ts";
import { Slabs, slotBytesMax } from "./slabs.ts";

const headerBytes = 8;
const gone = ~0;

export class Records {
  readonly slabs: Slabs;
  /** By number; 0 is none. */
  readonly #objects: (MutableValue | undefined)[] = [undefined];
  readonly #freeNumbers: number[] = [];

  constructor(slabs: Slabs) {
    this.slabs = slabs;
  }

  isKey(record: number, key: ByteSlice): boolean {
    const { view } = this.slabs.regions[Slabs.regionOf(record)];
    const offset = Slabs.offsetOf(record);
    const size = key.end - key.start;
    if (view.getInt32(offset, true) !== size) return false;
    return areSameBytes(view, offset + headerBytes, key.buffer, key.start, size);
  }

  /** Borrowed until the record changes. */
  keyOf(record: number): ByteSlice {
    const { bytes } = this.slabs.regions[Slabs.regionOf(record)];
    const start = Slabs.offsetOf(record) + headerBytes;
    return new ByteSlice(bytes, start, start + this.#keySize(record));
  }

  isGone(record: number): boolean {
    return this.#content(record) === gone;
  }

  /** Reads the headers of records, of which some may be 0, and writes over their numbers: a read without a use would be left out. */
  warm(records: Uint32Array, count: number): void {
    const { regions } = this.slabs;
    for (let at = 0; at < count; at++) {
      const record = records[at];
      if (record !== 0)
        records[at] = regions[Slabs.regionOf(record)].view.getInt32(Slabs.offsetOf(record), true);
    }
  }

  /** Whether what stands there is an object that belongs to a record in a layer below. */
  isShared(record: number): boolean {
    const content = this.#content(record);
    return content < gone && (~content & 1) === 1;
  }

  /** A string that stands in the record itself, borrowed until it changes; undefined for everything else. */
  stringOf(record: number): ByteSlice | undefined {
    const size = this.#content(record);
    if (size < 0) return undefined;
    const start = Slabs.offsetOf(record) + headerBytes + this.#keySize(record);
    return new ByteSlice(this.slabs.regions[Slabs.regionOf(record)].bytes, start, start + size);
  }

  /** Undefined for a string that stands in the record. */
  objectOf(record: number): MutableValue | undefined {
    const content = this.#content(record);
    return content < gone ? this.#objects[~content >>> 1] : undefined;
  }

  /** The record is not gone. A string that stands in it comes as a text, which is a copy. */
  valueOf(record: number): Value {
    const found = this.stringOf(record);
    if (found === undefined) return this.objectOf(record)!;
    return textIn(this.slabs.regions[Slabs.regionOf(record)].buffer, found.start, found.end);
  }

  /** What `record` becomes, 0 for a new one, with these bytes, which are copied. The old number is not valid any more. */
  withBytes(record: number, key: ByteSlice, bytes: ByteSlice): number {
    const size = bytes.end - bytes.start;
    if (!this.#fits(key, size)) return this.withObject(record, key, new BytesValue(bytes.slice()));
    const changed = this.#change(record, key, size, size);
    const at = Slabs.offsetOf(changed) + headerBytes + (key.end - key.start);
    copyBytes(this.slabs.regions[Slabs.regionOf(changed)], at, bytes.buffer, bytes.start, bytes.end);
    return changed;
  }

  withText(record: number, key: ByteSlice, text: string): number {
    if (!this.#fits(key, text.length))
      return this.withObject(record, key, new BytesValue(new Uint8Array(Buffer.from(text, "latin1"))));
    const changed = this.#change(record, key, text.length, text.length);
    const at = Slabs.offsetOf(changed) + headerBytes + (key.end - key.start);
    writeText(this.slabs.regions[Slabs.regionOf(changed)].buffer, at, text);
    return changed;
  }

  /** The record owns the object from now on. */
  withObject(record: number, key: ByteSlice, object: MutableValue): number {
    const number = this.#freeNumbers.pop() ?? this.#objects.length;
    this.#objects[number] = object;
    return this.#change(record, key, ~(number << 1), 0);
  }

  /** A record above `below`, with the same content: strings are copied, objects shared. */
  above(below: number): number {
    const key = this.keyOf(below);
    const string = this.stringOf(below);
    if (string !== undefined) return this.withBytes(0, key, string);
    return this.#change(0, key, ~(~this.#content(below) | 1), 0);
  }

  asGone(record: number, key: ByteSlice): number {
    return this.#change(record, key, gone, 0);
  }

  free(record: number): void {
    this.#drop(record, true);
    this.slabs.free(record);
  }

  /** Frees the record and answers what it had, which is the caller's from now on: nothing else has it. */
  take(record: number): Value {
    const value = this.valueOf(record);
    const isCopied = typeof value === "string" || !this.isShared(record);
    this.#drop(record, false);
    this.slabs.free(record);
    return isCopied ? value : (value as MutableValue).clone();
  }

  /** Whether both have the same object. */
  haveSameObject(one: number, other: number): boolean {
    const object = this.objectOf(one);
    return object !== undefined && object === this.objectOf(other);
  }

  #keySize(record: number): number {
    return this.slabs.regions[Slabs.regionOf(record)].view.getInt32(Slabs.offsetOf(record), true);
  }

  #content(record: number): number {
    return this.slabs.regions[Slabs.regionOf(record)].view.getInt32(Slabs.offsetOf(record) + 4, true);
  }

  #fits(key: ByteSlice, size: number): boolean {
    return size <= slotBytesMax && headerBytes + (key.end - key.start) + size <= slotBytesMax;
  }

  /** A slot with the header and the key. The old one is used again when it has the size. */
  #change(record: number, key: ByteSlice, content: number, stringSize: number): number {
    const keySize = key.end - key.start;
    const size = headerBytes + keySize + stringSize;
    const { slabs } = this;
    if (record !== 0) {
      this.#drop(record, true);
      if (slabs.isSized(record, size)) {
        slabs.regions[Slabs.regionOf(record)].view.setInt32(Slabs.offsetOf(record) + 4, content, true);
        return record;
      }
      // First free, so that memory that is at hand is used again. The key is not read from the slot: it is the caller's.
      slabs.free(record);
    }
    const place = slabs.allocate(size);
    const region = slabs.regions[Slabs.regionOf(place)];
    const offset = Slabs.offsetOf(place);
    region.view.setInt32(offset, keySize, true);
    region.view.setInt32(offset + 4, content, true);
    copyBytes(region, offset + headerBytes, key.buffer, key.start, key.end);
    return place;
  }

  /** Lets go of an object that the record owns. */
  #drop(record: number, disposes: boolean): void {
    const content = this.#content(record);
    if (content >= gone || (~content & 1) === 1) return;
    const number = ~content >>> 1;
    if (disposes) this.#objects[number]?.dispose();
    this.#objects[number] = undefined;
    this.#freeNumbers.push(number);
  }
}

function writeText(target: Buffer, at: number, text: string): void {
  if (text.length > 24) target.write(text, at, "latin1");
  else for (let index = 0; index < text.length; index++) target[at + index] = text.charCodeAt(index);
}
