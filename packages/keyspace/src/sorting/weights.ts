/**
 * What SORT sorts by: a number that a text spells, or the text of another key.
 *
 *   weight_*      the string under "weight_" and the element
 *   data_*->f     the field "f" of the hash under "data_" and the element
 *   #             the element itself
 *
 * Source: redis src/sort.c.
 */
import type { Database } from "../database.ts";
import { parseDouble } from "../numbers/floats.ts";
import { BytesValue, textOfString } from "../values/bytes-value.ts";
import { HashValue } from "../values/hash-value.ts";

const spaceInFront = /^[ \t\n\v\f\r]+/;

/** The number; 0 for an empty text; undefined for what is none. */
export function weightOf(text: string): number | undefined {
  // For the C library a text ends at its first NUL.
  const end = text.indexOf("\0");
  const whole = end < 0 ? text : text.slice(0, end);
  return whole === "" ? 0 : parseDouble(whole.replace(spaceInFront, ""));
}

/** What the pattern finds for an element; undefined when there is nothing. */
export function lookUp(db: Database, pattern: string, element: string): string | undefined {
  if (pattern === "#") return element;
  const star = pattern.indexOf("*");
  if (star < 0) return undefined;
  const arrow = pattern.indexOf("->", star + 1);
  const isField = arrow >= 0 && arrow + 2 < pattern.length;
  const keyEnd = isField ? arrow : pattern.length;
  const value = db.get(pattern.slice(0, star) + element + pattern.slice(star + 1, keyEnd));
  if (isField) return value instanceof HashValue ? value.get(pattern.slice(arrow + 2)) : undefined;
  return typeof value === "string" || value instanceof BytesValue ? textOfString(value) : undefined;
}
