/**
 * Keys under other names: what stands in front of a name is replaced.
 *
 *   --rename old:=new:      a name that begins with old: begins with new: instead; the first rule that fits counts
 */
import { UsageError } from "./problems.ts";

export interface Rename {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
}

/** Throws UsageError for a rule without an equals sign, or with nothing in front of it. */
export function parseRename(text: string): Rename {
  const at = text.indexOf("=");
  if (at < 1) throw new UsageError(`--rename wants FROM=TO, such as old:=new:, not "${text}"`);
  return { from: Buffer.from(text.slice(0, at), "utf8"), to: Buffer.from(text.slice(at + 1), "utf8") };
}

/** The name under which a key is written; the given one when no rule fits. */
export function renamed(key: Uint8Array, renames: readonly Rename[]): Uint8Array {
  for (const { from, to } of renames)
    if (key.length >= from.length && Buffer.compare(key.subarray(0, from.length), from) === 0)
      return Buffer.concat([to, key.subarray(from.length)]);
  return key;
}
