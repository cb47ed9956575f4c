/**
 * Scores of sorted sets: binary, as ASCII text with a size byte (type 3), or as an entry of a packed
 * encoding (an integer, or text in %.17g form).
 *
 *   size, text   253 = NaN, 254 = inf, 255 = -inf, otherwise so many bytes of text
 */

import type { RdbCursor } from "../cursor.ts";
import { Damage } from "../errors.ts";
import type { PackedReader } from "../packed/packed-reader.ts";

const sizeNan = 253;
const sizeInfinity = 254;
const sizeMinusInfinity = 255;

const numberText = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const infinityText = /^([+-]?)inf(inity)?$/i;

export function readBinaryScore(cursor: RdbCursor): number {
  const at = cursor.window.position;
  const score = cursor.double();
  if (Number.isNaN(score)) cursor.fail("RDB_BAD_SCORE", "score is not a number", at);
  return score;
}

export function readTextScore(cursor: RdbCursor): number {
  const at = cursor.window.position;
  const size = cursor.byte();
  if (size === sizeInfinity) return Number.POSITIVE_INFINITY;
  if (size === sizeMinusInfinity) return Number.NEGATIVE_INFINITY;
  if (size === sizeNan) cursor.fail("RDB_BAD_SCORE", "score is not a number", at);
  cursor.need(size);
  return parseScore(cursor.window.take(size)) ?? cursor.fail("RDB_BAD_SCORE", "score is no number", at);
}

/** The entry just read, as a score. Throws Damage at place `at`. */
export function packedScore(packed: PackedReader, at: number): number {
  if (packed.isInteger) return Number(packed.integer);
  const score = parseScore(packed.bytes.subarray(packed.start, packed.end));
  if (score === undefined)
    throw new Damage("RDB_BAD_SCORE", `score "${latin1(packed.text().view())}" is no number`, at);
  return score;
}

function parseScore(text: Uint8Array): number | undefined {
  const score = latin1(text);
  if (numberText.test(score)) return Number(score);
  const infinity = infinityText.exec(score);
  if (infinity === null) return undefined;
  return infinity[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
