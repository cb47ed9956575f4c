/** Which keys of a batch are in the target already: one question for all of them, and only where some are one for each. */
import { errorText, type Pipeline } from "../../servers/pipeline.ts";
import { CommandBuffer } from "../target/command-buffer.ts";
import type { BatchKey, CopyBatch } from "./copy-batch.ts";

interface ExistingOptions {
  /** Keys of one question would have to be in one slot: then each is asked for by itself at once. */
  readonly isCluster: boolean;
  /** Makes what is thrown of an answer that is an error. */
  readonly refusal: (answer: string) => Error;
}

/** The first key of a batch may go on from the batch before, and is ours. */
export async function existingKeys(
  pipeline: Pipeline,
  batch: CopyBatch,
  { isCluster, refusal }: ExistingOptions,
): Promise<readonly BatchKey[]> {
  const keys = batch.continues ? batch.keys.slice(1) : batch.keys;
  if (keys.length === 0) return [];
  const count = async (groups: readonly (readonly BatchKey[])[]): Promise<number[]> => {
    const commands = new CommandBuffer();
    commands.command(["SELECT", String(batch.db)]);
    for (const group of groups) commands.command(["EXISTS", ...group.map(({ name }) => name)]);
    const replies = await pipeline.ask(commands.view, 1 + groups.length);
    for (const reply of replies) if (reply.kind === "error") throw refusal(errorText(reply));
    return replies.slice(1).map((reply) => (reply.kind === "integer" ? Number(reply.value) : 0));
  };
  if (!isCluster && (await count([keys]))[0] === 0) return [];
  const counts = await count(keys.map((key) => [key]));
  return keys.filter((_, index) => counts[index] > 0);
}
