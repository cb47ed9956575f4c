/** Commands on streams, in every form that a log can hold. */
import { rowsOf } from "./command.ts";
import { add, configure, recordIdempotency, setId, trim } from "./streams/add-and-trim.ts";
import { claim, claimIdle, readGroup } from "./streams/claims.ts";
import { acknowledge, acknowledgeAndRemove, remove, removeByPolicy } from "./streams/deletions.ts";
import { group } from "./streams/groups.ts";

export const streamCommands = rowsOf("streams", [
  ["XADD", -5, add],
  ["XTRIM", -4, trim],
  ["XSETID", -3, setId],
  ["XDEL", -3, remove],
  ["XDELEX", -5, removeByPolicy],
  ["XACK", -4, acknowledge],
  ["XACKDEL", -6, acknowledgeAndRemove],
  ["XGROUP", -2, group],
  ["XCLAIM", -6, claim],
  ["XAUTOCLAIM", -6, claimIdle],
  ["XREADGROUP", -7, readGroup],
  ["XCFGSET", -4, configure],
  ["XIDMPRECORD", 5, recordIdempotency],
]);
