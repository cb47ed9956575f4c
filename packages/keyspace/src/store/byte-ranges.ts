/**
 * Bytes compared and copied where they lie.
 *
 * Hot: both, for every word that a log writes. A word of 32 bits at a time is twice as fast as a byte at a time; from some hundred bytes on the
 * array that set() needs is worth its making.
 */
const loopBytesMax = 128;

/** What viewOf() was asked for last: whoever reads a batch of commands asks for its buffer again and again. */
let lastBytes = new Uint8Array(0);
let lastView = new DataView(lastBytes.buffer);
let lastBuffer: ArrayBufferLike = lastBytes.buffer;

/** A view of all the bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  if (bytes !== lastBytes) {
    lastBytes = bytes as Uint8Array<ArrayBuffer>;
    lastBuffer = bytes.buffer;
    lastView = new DataView(bytes.buffer, bytes.byteOffset, bytes.length) as DataView<ArrayBuffer>;
  }
  return lastView;
}

/** Whether `size` bytes are the same; from the end, where names differ. */
export function areSameBytes(
  one: DataView,
  oneStart: number,
  other: Uint8Array,
  otherStart: number,
  size: number,
): boolean {
  const view = viewOf(other);
  let left = size;
  for (; left >= 4; left -= 4)
    if (one.getInt32(oneStart + left - 4, true) !== view.getInt32(otherStart + left - 4, true)) return false;
  for (let at = 0; at < left; at++)
    if (one.getUint8(oneStart + at) !== view.getUint8(otherStart + at)) return false;
  return true;
}

/** Memory, and a view of it. */
export interface ViewedBytes {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** Copies `size` bytes between two places that do not overlap. */
export function copyBetween(
  target: ViewedBytes,
  at: number,
  source: ViewedBytes,
  from: number,
  size: number,
): void {
  if (size > loopBytesMax) target.bytes.set(source.bytes.subarray(from, from + size), at);
  else copyWords(target.view, at, source.view, from, from + size);
}

/** Copies source[start, end) to target[at, …). They are not the same memory. */
export function copyBytes(
  { bytes, view: target }: ViewedBytes,
  at: number,
  source: Uint8Array,
  start: number,
  end: number,
): void {
  const view = viewOf(source);
  if (end - start > loopBytesMax) {
    // The buffer of an array is a call into the engine.
    bytes.set(new Uint8Array(lastBuffer, source.byteOffset + start, end - start), at);
    return;
  }
  copyWords(target, at, view, start, end);
}

function copyWords(target: DataView, at: number, source: DataView, start: number, end: number): void {
  let from = start;
  let to = at;
  for (; from + 4 <= end; from += 4, to += 4) target.setInt32(to, source.getInt32(from, true), true);
  for (; from < end; from++, to++) target.setUint8(to, source.getUint8(from));
}
