/** XDEL, XDELEX, XACK, XACKDEL: entries that go, and entries that are done with. */
import type { CommandArguments } from "../../arguments.ts";
import { appliedIf, type Outcome, unchanged } from "../../outcome.ts";
import { StreamValue } from "../../values/stream.ts";
import type { CommandContext } from "../command.ts";
import { deleteByPolicy, idsAt, policyAndIds } from "./words.ts";

export function remove({ db }: CommandContext, args: CommandArguments): Outcome {
  const ids = idsAt(args, 2);
  const stream = db.edit(args.text(1), StreamValue);
  if (stream === undefined) return unchanged;
  let hasChanged = false;
  for (const id of ids) hasChanged = stream.delete(id) || hasChanged;
  return appliedIf(hasChanged);
}

/** XDELEX key [KEEPREF | DELREF | ACKED] IDS count id … */
export function removeByPolicy({ db }: CommandContext, args: CommandArguments): Outcome {
  const { policy, ids } = policyAndIds(args, 2);
  const stream = db.edit(args.text(1), StreamValue);
  if (stream === undefined) return unchanged;
  let hasChanged = false;
  for (const id of ids) hasChanged = deleteByPolicy(stream, id, policy) || hasChanged;
  return appliedIf(hasChanged);
}

export function acknowledge({ db }: CommandContext, args: CommandArguments): Outcome {
  const ids = idsAt(args, 3);
  const group = db.edit(args.text(1), StreamValue)?.group(args.text(2));
  if (group === undefined) return unchanged;
  let hasChanged = false;
  for (const id of ids) hasChanged = group.removePending(id) || hasChanged;
  return appliedIf(hasChanged);
}

/** XACKDEL key group [KEEPREF | DELREF | ACKED] IDS count id …: what the group did not have pending stays as it is. */
export function acknowledgeAndRemove({ db }: CommandContext, args: CommandArguments): Outcome {
  const { policy, ids } = policyAndIds(args, 3);
  const stream = db.edit(args.text(1), StreamValue);
  const group = stream?.group(args.text(2));
  if (stream === undefined || group === undefined) return unchanged;
  let hasChanged = false;
  for (const id of ids) {
    if (!group.removePending(id)) continue;
    deleteByPolicy(stream, id, policy);
    hasChanged = true;
  }
  return appliedIf(hasChanged);
}
