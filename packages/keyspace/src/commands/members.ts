/** What SREM, ZREM and HDEL have in common. */
import type { ByteSlice } from "@holdfast/rdb";
import type { ValueClass } from "../database.ts";
import { appliedIf, unchanged } from "../outcome.ts";
import type { MutableValue } from "../values/value.ts";
import type { Handler } from "./command.ts";

/** Removes the members that the words behind the key name, and the key with the last of them. */
export function removeMembers<T extends MutableValue & { remove(member: ByteSlice): boolean }>(
  wanted: ValueClass<T>,
): Handler {
  return ({ db }, args) => {
    const key = args.slice(1);
    const value = db.edit(key, wanted);
    if (value === undefined) return unchanged;
    let hasChanged = false;
    for (let index = 2; index < args.count; index++) if (value.remove(args.slice(index))) hasChanged = true;
    db.dropIfEmpty(key, value);
    return appliedIf(hasChanged);
  };
}
