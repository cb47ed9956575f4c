/** Places in files and keys, for people. */
import { previewBytes } from "@holdfast/bytes";
import { formatCount } from "./sizes-and-times.ts";

/** A place in a file for people: decimal and hex. */
export function formatOffset(offset: number): string {
  return `${formatCount(offset)} (0x${offset.toString(16)})`;
}

/** A key for people, with its db. */
export function formatKey(key: Uint8Array, db: number | undefined, maxWidth = 60): string {
  return `${previewBytes(key, { maxWidth })}${db === undefined ? "" : ` in db ${db}`}`;
}
