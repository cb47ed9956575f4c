/** What the words of stream commands have in common: ids, groups that must be there, lists of ids, policies. */
import type { CommandArguments } from "../../arguments.ts";
import { Refusal, refusal } from "../../outcome.ts";
import type { ConsumerGroup } from "../../streams/consumer-group.ts";
import { type EntryId, parseEntryId } from "../../streams/entry-id.ts";
import { type ReferencePolicy, StreamValue } from "../../values/stream.ts";
import type { CommandContext } from "../command.ts";

export const invalidId = new Refusal("ERR Invalid stream ID specified as stream command argument");

/** A word that is an id. */
export function idAt(args: CommandArguments, index: number, missingSeq: "first" | "last" = "first"): EntryId {
  const found = parseEntryId(args.view(index), missingSeq);
  if (found === undefined) throw invalidId;
  return found;
}

/** The words [from, to) as ids; all are looked at before any is used. */
export function idsAt(args: CommandArguments, from: number, to = args.count): EntryId[] {
  const ids: EntryId[] = [];
  for (let index = from; index < to; index++) ids.push(idAt(args, index));
  return ids;
}

/** The stream under the key in word `index`, to be changed, with a group that is there; refuses as servers do. */
export function groupAt(
  { db }: CommandContext,
  args: CommandArguments,
  index: number,
): { readonly stream: StreamValue; readonly group: ConsumerGroup } {
  const key = args.text(index);
  const name = args.text(index + 1);
  if (db.find(key, StreamValue)?.group(name) === undefined)
    throw new Refusal(`NOGROUP No such key '${key}' or consumer group '${name}'`);
  const stream = db.edit(key, StreamValue)!;
  return { stream, group: stream.group(name)! };
}

const policies = [
  ["KEEPREF", "keepref"],
  ["DELREF", "delref"],
  ["ACKED", "acked"],
] as const;

/** The policy that a word names, if it names one. */
export function policyAt(args: CommandArguments, index: number): ReferencePolicy | undefined {
  for (const [word, policy] of policies) if (args.is(index, word)) return policy;
  return undefined;
}

/** [KEEPREF | DELREF | ACKED] IDS count id …, in either order, as XDELEX and XACKDEL have them behind their keys. */
export function policyAndIds(
  args: CommandArguments,
  from: number,
): { readonly policy: ReferencePolicy; readonly ids: readonly EntryId[] } {
  let policy: ReferencePolicy | undefined;
  let ids: readonly EntryId[] | undefined;
  for (let at = from; at < args.count; ) {
    const named = policyAt(args, at);
    if (named !== undefined && policy === undefined) {
      policy = named;
      at += 1;
    } else if (args.is(at, "IDS") && at + 1 < args.count && ids === undefined) {
      const end = at + 2 + args.integer(at + 1);
      if (end <= at + 2 || end > args.count) throw refusal.syntax;
      ids = idsAt(args, at + 2, end);
      at = end;
    } else throw refusal.syntax;
  }
  if (ids === undefined) throw refusal.syntax;
  return { policy: policy ?? "keepref", ids };
}

/** Deletes an entry unless the policy keeps it; with "delref" it is no longer pending anywhere. True when something changed. */
export function deleteByPolicy(stream: StreamValue, id: EntryId, policy: ReferencePolicy): boolean {
  if (policy === "acked" && stream.isReferenced(id)) return false;
  const wasPending = policy === "delref" && stream.removeReferences(id);
  return stream.delete(id) || wasPending;
}
