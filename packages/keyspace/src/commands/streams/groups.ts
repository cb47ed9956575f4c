/** XGROUP: groups and consumers come, move and go. */
import type { CommandArguments } from "../../arguments.ts";
import { applied, appliedIf, type Outcome, Refusal, refusal, unchanged, wrongArity } from "../../outcome.ts";
import { ConsumerGroup } from "../../streams/consumer-group.ts";
import type { EntryId } from "../../streams/entry-id.ts";
import { StreamValue } from "../../values/stream.ts";
import type { CommandContext, Handler } from "../command.ts";
import { groupAt, idAt } from "./words.ts";

const needsKey = new Refusal(
  "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.",
);

/** Words of each subcommand, as in the table of commands. */
const subcommands: Readonly<Record<string, readonly [arity: number, run: Handler]>> = {
  CREATE: [-5, create],
  SETID: [-5, setId],
  DESTROY: [4, destroy],
  CREATECONSUMER: [5, createConsumer],
  DELCONSUMER: [5, deleteConsumer],
};

export function group(context: CommandContext, args: CommandArguments): Outcome {
  const name = args.word(1);
  const found = Object.hasOwn(subcommands, name) ? subcommands[name] : undefined;
  if (found === undefined) {
    if (name === "HELP") return unchanged;
    throw new Refusal(`ERR unknown subcommand '${args.text(1)}'. Try XGROUP HELP.`);
  }
  const [arity, run] = found;
  if (arity < 0 ? args.count < -arity : args.count !== arity) throw wrongArity(`xgroup|${name}`);
  return run(context, args);
}

/** XGROUP CREATE key group id|$ [MKSTREAM] [ENTRIESREAD n] */
function create({ db }: CommandContext, args: CommandArguments): Outcome {
  const { makesStream, entriesRead } = parseOptions(args);
  const key = args.text(2);
  const name = args.text(3);
  const found = db.find(key, StreamValue);
  if (found === undefined && !makesStream) throw needsKey;
  const lastId = lastDelivered(args, found);
  if (found?.group(name) !== undefined) throw new Refusal("BUSYGROUP Consumer Group name already exists");
  db.editOrCreate(key, StreamValue).addGroup(new ConsumerGroup(name, lastId, entriesRead));
  return applied;
}

/** XGROUP SETID key group id|$ [ENTRIESREAD n] */
function setId(context: CommandContext, args: CommandArguments): Outcome {
  const { entriesRead } = parseOptions(args);
  requireKey(context, args);
  const lastId = lastDelivered(args, context.db.find(args.text(2), StreamValue));
  const { group } = groupAt(context, args, 2);
  group.lastDeliveredId = lastId;
  group.entriesRead = entriesRead;
  return applied;
}

function destroy(context: CommandContext, args: CommandArguments): Outcome {
  requireKey(context, args);
  const found = context.db.find(args.text(2), StreamValue);
  if (found?.group(args.text(3)) === undefined) return unchanged;
  return appliedIf(context.db.edit(args.text(2), StreamValue)!.removeGroup(args.text(3)));
}

function createConsumer(context: CommandContext, args: CommandArguments): Outcome {
  requireKey(context, args);
  const { group } = groupAt(context, args, 2);
  const name = args.text(4);
  if (group.consumer(name) !== undefined) return unchanged;
  group.addConsumer(name, context.nowMs());
  return applied;
}

function deleteConsumer(context: CommandContext, args: CommandArguments): Outcome {
  requireKey(context, args);
  const { group } = groupAt(context, args, 2);
  return appliedIf(group.removeConsumer(args.text(4)));
}

function requireKey({ db }: CommandContext, args: CommandArguments): void {
  if (db.find(args.text(2), StreamValue) === undefined) throw needsKey;
}

/** "$" is the id of the stream's last entry. */
function lastDelivered(args: CommandArguments, stream: StreamValue | undefined): EntryId {
  if (args.is(4, "$") && stream !== undefined) return stream.lastId;
  return args.is(4, "$") ? new StreamValue().lastId : idAt(args, 4);
}

function parseOptions(args: CommandArguments): {
  readonly makesStream: boolean;
  readonly entriesRead: bigint | undefined;
} {
  let makesStream = false;
  let entriesRead: bigint | undefined;
  for (let at = 5; at < args.count; at++) {
    if (args.is(at, "MKSTREAM")) makesStream = true;
    else if (args.is(at, "ENTRIESREAD") && at + 1 < args.count) {
      const stated = args.int64(++at);
      if (stated < -1n) throw new Refusal("ERR value for ENTRIESREAD must be positive or -1");
      // -1 says that it is not known. More than was ever added stays as it is, although Redis 8.6 cuts it.
      entriesRead = stated < 0n ? undefined : stated;
    } else throw refusal.syntax;
  }
  return { makesStream, entriesRead };
}
