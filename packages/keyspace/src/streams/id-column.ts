/**
 * The ids of one page, in order: 16 bytes each, in a window of the memory that can give way at its front.
 *
 * Rows are counted from the front of the memory, and rows before `first` are gone: to drop the oldest entries, which is
 * what trimming does all day, moves nothing.
 */
import { compareEntryId, type EntryId, idBytes, readEntryId, writeEntryId } from "./entry-id.ts";

export class IdColumn {
  /** The first live row. */
  first = 0;
  /** Behind the last live row. */
  end = 0;
  #bytes: Uint8Array;

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity * idBytes);
  }

  get count(): number {
    return this.end - this.first;
  }

  /** How many rows the memory has. */
  get capacity(): number {
    return this.#bytes.length / idBytes;
  }

  copy(): IdColumn {
    const copy = new IdColumn(0);
    copy.#bytes = this.#bytes.slice();
    copy.first = this.first;
    copy.end = this.end;
    return copy;
  }

  /** The id of a live row. */
  at(row: number): EntryId {
    return readEntryId(this.#bytes, row * idBytes);
  }

  /** The first live row whose id is not below `id`; `end` when there is none. */
  seek(id: EntryId): number {
    let low = this.first;
    let high = this.end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareEntryId(this.#bytes, middle * idBytes, id) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Whether this live row, or `end`, has the id. */
  is(row: number, id: EntryId): boolean {
    return row < this.end && compareEntryId(this.#bytes, row * idBytes, id) === 0;
  }

  /** Makes room for a row at `row` and puts the id there; live rows from there on move up by one. */
  insert(row: number, id: EntryId): void {
    if (this.end === this.capacity) this.#bytes = grown(this.#bytes, idBytes * Math.max(4, 2 * this.end));
    this.#bytes.copyWithin((row + 1) * idBytes, row * idBytes, this.end * idBytes);
    writeEntryId(this.#bytes, row * idBytes, id);
    this.end++;
  }

  /** Takes a live row away: true when rows behind it moved down by one, false when it was the first. */
  remove(row: number): boolean {
    if (row === this.first) {
      this.first++;
      return false;
    }
    this.#bytes.copyWithin(row * idBytes, (row + 1) * idBytes, this.end * idBytes);
    this.end--;
    return true;
  }
}

function grown(bytes: Uint8Array, size: number): Uint8Array {
  const larger = new Uint8Array(size);
  larger.set(bytes);
  return larger;
}
