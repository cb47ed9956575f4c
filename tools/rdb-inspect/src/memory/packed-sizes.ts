/**
 * Bytes of packed encodings as the target server would make them, when the file has another one.
 *
 *   listpack   6 bytes head, 1 byte end; per entry 1 to 5 bytes head, the text, 1 to 5 bytes of its length
 *   ziplist    10 bytes head, 1 byte end; per entry the previous length and a head, like a listpack's
 *   zipmap     1 byte head, 1 byte end; a byte before each text, one more before each value
 *
 * Source: listpack.c, ziplist.c, zipmap.c. Integers are shorter than their text; the trace does not tell
 * them apart, so a listpack made from plain elements is estimated as if all were texts.
 */

export const listpackFixedBytes = 7;
const ziplistFixedBytes = 11;
const zipmapFixedBytes = 2;
const zipmapOverheadPerEntry = 1.5;
const listpackOverheadPerEntry = 2;

/** Bytes of a text as an entry of a listpack. */
export function listpackEntryBytes(lengthBytes: number): number {
  const head = lengthBytes < 64 ? 1 : lengthBytes < 4096 ? 2 : 5;
  return head + lengthBytes + backLengthBytes(head + lengthBytes);
}

function backLengthBytes(entryBytes: number): number {
  if (entryBytes < 128) return 1;
  if (entryBytes < 16383) return 2;
  if (entryBytes < 2097151) return 3;
  return entryBytes < 268435455 ? 4 : 5;
}

export interface PackedShape {
  readonly kind: "listpack" | "ziplist" | "intset" | "zipmap";
  readonly sizeBytes: number;
  readonly entries: number;
}

/** Bytes of the same entries in a listpack, or in a ziplist for servers that know no listpack. */
export function repackedBytes(shape: PackedShape, target: "listpack" | "ziplist"): number {
  if (shape.kind === "intset") return shape.sizeBytes;
  const fixedBytes = target === "listpack" ? listpackFixedBytes : ziplistFixedBytes;
  // A damaged file may announce less than the smallest packed encoding has.
  return fixedBytes + Math.max(0, entriesBytes(shape));
}

/** Bytes of the entries alone, as a listpack or ziplist has them. */
function entriesBytes({ kind, sizeBytes, entries }: PackedShape): number {
  if (kind === "listpack") return sizeBytes - listpackFixedBytes;
  if (kind === "ziplist") return sizeBytes - ziplistFixedBytes;
  const overhead = (listpackOverheadPerEntry - zipmapOverheadPerEntry) * entries;
  return Math.round(sizeBytes - zipmapFixedBytes + overhead);
}

/** Bytes of the mean entry as text, for values that the server unpacks because they have too many entries. */
export function meanEntryBytes(shape: PackedShape): number {
  if (shape.entries <= 0) return 0;
  if (shape.kind === "intset") return meanDigits(shape.sizeBytes / shape.entries);
  const listpackBytes = repackedBytes(shape, "listpack") - listpackFixedBytes;
  return Math.max(0, Math.round(listpackBytes / shape.entries - listpackOverheadPerEntry));
}

/** Digits of a typical integer that needs 2, 4 or 8 bytes. */
function meanDigits(integerBytes: number): number {
  if (integerBytes < 3) return 4;
  return integerBytes < 6 ? 7 : 15;
}
