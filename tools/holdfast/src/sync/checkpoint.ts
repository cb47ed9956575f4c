/**
 * How far a sync has come, kept in the target itself: a hash that changes in the same transaction as the data.
 *
 *   holdfast:checkpoint          phase     copy | stream
 *                                snapshot  which snapshot is being copied, or was
 *                                offset    copy: everything before this offset of it is in the target
 *                                state     stream: replid, offset and db behind everything applied (formatReplicaState)
 *                                rules     filters and new names: another set of them would be another copy
 *                                trouble   a command that was refused after others of its transaction had been applied
 *
 * In a cluster no transaction goes beyond a slot. There each slot's commands go together with a hash of their own, in the same slot:
 *
 *   holdfast:checkpoint:{tag}    offset    of the stream, up to which this slot has everything
 *
 * The main one moves when all slots have arrived, and then theirs are removed. A slot that moves to another node takes its own along.
 */
import { CLUSTER_SLOTS, slotOfKey } from "@holdfast/bytes";
import { exitCode, Problem } from "@holdfast/command-line";
import type { Reply } from "@holdfast/resp";
import { encodeCommand } from "@holdfast/resp";
import { formatReplicaState, parseReplicaState, type ReplicaState } from "@holdfast/resync";
import { problemOfAnswer } from "../servers/server-problem.ts";
import { CommandBuffer } from "./target/command-buffer.ts";
import type { Target } from "./target/target.ts";

export const CHECKPOINT_KEY = "holdfast:checkpoint";

export type Checkpoint =
  | {
      readonly phase: "copy";
      readonly snapshot: string;
      readonly offset: number;
      readonly rules: string;
      readonly trouble?: string | undefined;
    }
  | {
      readonly phase: "stream";
      readonly snapshot: string;
      readonly state: ReplicaState;
      readonly rules: string;
      readonly trouble?: string | undefined;
    };

/** The words of the command that sets it. */
export function checkpointCommand(checkpoint: Checkpoint): string[] {
  const { phase, snapshot, rules, trouble = "" } = checkpoint;
  const where =
    phase === "copy"
      ? ["offset", String(checkpoint.offset)]
      : ["state", formatReplicaState(checkpoint.state)];
  return [
    "HSET",
    CHECKPOINT_KEY,
    "phase",
    phase,
    "snapshot",
    snapshot,
    ...where,
    "rules",
    rules,
    "trouble",
    trouble,
  ];
}

/** Undefined when there is none. `db` is where it stands. Throws Problem for one that cannot be understood. */
export async function readCheckpoint(target: Target, db: number): Promise<Checkpoint | undefined> {
  const key = Buffer.from(CHECKPOINT_KEY);
  const node = target.nodes[target.nodeOfKey(key)];
  const select = encodeCommand(["SELECT", String(db)]);
  const replies = await node.ask(Buffer.concat([select, encodeCommand(["HGETALL", key])]), 2);
  const fields = fieldsOf(replies, target);
  if (fields.size === 0) return undefined;
  const rules = fields.get("rules") ?? "";
  const snapshot = fields.get("snapshot") ?? "";
  const trouble = fields.get("trouble") || undefined;
  const offset = Number(fields.get("offset"));
  const phase = fields.get("phase");
  if (phase === "stream")
    return { phase, snapshot, state: parseReplicaState(fields.get("state") ?? ""), rules, trouble };
  if (phase === "copy" && Number.isSafeInteger(offset)) return { phase, snapshot, offset, rules, trouble };
  throw new Problem(exitCode.corrupt, `${target.facts.shown}: the key ${CHECKPOINT_KEY} is no checkpoint`, {
    nextStep: "see who wrote it; --restart removes it and copies everything anew",
  });
}

export async function writeCheckpoint(target: Target, db: number, checkpoint: Checkpoint): Promise<void> {
  await onCheckpointNode(target, db, checkpointCommand(checkpoint));
}

export async function removeCheckpoint(target: Target, db: number): Promise<void> {
  await onCheckpointNode(target, db, ["DEL", CHECKPOINT_KEY]);
}

async function onCheckpointNode(target: Target, db: number, words: readonly string[]): Promise<void> {
  const node = target.nodes[target.nodeOfKey(Buffer.from(CHECKPOINT_KEY))];
  const select = encodeCommand(["SELECT", String(db)]);
  const [refused] = await node.send(Buffer.concat([select, encodeCommand(words)]), 2);
  if (refused !== undefined) throw problemOfAnswer(refused.answer, node.access, "the checkpoint");
}

/** The name of a slot's own checkpoint: its tag has that slot. */
export class SlotCheckpoints {
  readonly #tags: readonly string[] = findTags();

  keyOf(slot: number): string {
    return `${CHECKPOINT_KEY}:{${this.#tags[slot]}}`;
  }

  /** By slot: up to which offset it has everything, where it is ahead of the main checkpoint. */
  async read(target: Target): Promise<Map<number, number>> {
    const offsets = new Map<number, number>();
    for (let node = 0; node < target.nodes.length; node++) {
      const slots: number[] = [];
      const commands = new CommandBuffer();
      for (let slot = 0; slot < CLUSTER_SLOTS; slot++) {
        if (target.nodeOfSlot(slot) !== node) continue;
        slots.push(slot);
        commands.command(["HGET", this.keyOf(slot), "offset"]);
      }
      const replies = await target.nodes[node].ask(commands.view, slots.length);
      for (const [index, reply] of replies.entries()) {
        const text = textOfReply(reply, target);
        if (text !== undefined) offsets.set(slots[index], Number(text));
      }
    }
    return offsets;
  }
}

/** The first whole number of each slot. */
function findTags(): string[] {
  const tags = new Array<string>(CLUSTER_SLOTS);
  let found = 0;
  for (let number = 0; found < CLUSTER_SLOTS; number++) {
    const tag = String(number);
    const slot = slotOfKey(Buffer.from(tag));
    if (tags[slot] !== undefined) continue;
    tags[slot] = tag;
    found++;
  }
  return tags;
}

function fieldsOf([selected, reply]: readonly Reply[], target: Target): ReadonlyMap<string, string> {
  textOfReply(selected, target);
  const fields = new Map<string, string>();
  if (reply.kind === "error") textOfReply(reply, target);
  if (reply.kind !== "array") return fields;
  for (let index = 0; index + 1 < reply.items.length; index += 2)
    fields.set(
      textOfReply(reply.items[index], target) ?? "",
      textOfReply(reply.items[index + 1], target) ?? "",
    );
  return fields;
}

function textOfReply(reply: Reply, target: Target): string | undefined {
  if (reply.kind === "error")
    throw problemOfAnswer(
      Buffer.from(reply.bytes).toString("latin1"),
      target.nodes[0].access,
      "the checkpoint",
    );
  return reply.kind === "string" || reply.kind === "simple-string"
    ? Buffer.from(reply.bytes).toString("latin1")
    : undefined;
}
