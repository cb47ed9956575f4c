/**
 * Commands of a batch for a cluster: a transaction for each slot, with that slot's own checkpoint at its end.
 *
 *   slot 12182   MULTI  SET foo 1  HSET holdfast:checkpoint:{26} offset 4711  EXEC  ┐
 *   slot  5061   MULTI  INCR bar   HSET holdfast:checkpoint:{…} offset 4711  EXEC   ├─ all answered ─▶ HSET holdfast:checkpoint …
 *   …                                                                               ┘                  DEL holdfast:checkpoint:{26} …
 *
 * After a break the stream is read again from the main checkpoint; slots that are ahead of it step over what they have.
 * What is for all nodes (FLUSHALL, FUNCTION) goes in a slot of each node, alone in its batch.
 */
import { slotOfKey } from "@holdfast/bytes";
import { exitCode, Problem } from "@holdfast/command-line";
import { encodeCommand } from "@holdfast/resp";
import { CHECKPOINT_KEY, SlotCheckpoints } from "../checkpoint.ts";
import { CommandBuffer } from "../target/command-buffer.ts";
import {
  CommandGroup,
  type RefusedInside,
  refusedInside,
  type StreamPlace,
  type TransactionOptions,
  type Transactions,
} from "./command-group.ts";
import type { PlannedCommand } from "./plan-command.ts";

const MULTI = encodeCommand(["MULTI"]);
const EXEC = encodeCommand(["EXEC"]);
const checkpointSlot = slotOfKey(Buffer.from(CHECKPOINT_KEY));

export class SlotTransactions implements Transactions {
  readonly #options: TransactionOptions;
  readonly #keys = new SlotCheckpoints();
  readonly #groups = new Map<number, CommandGroup>();
  #touchedInUnit = new Set<CommandGroup>();
  sizeBytes = 0;
  commandCount = 0;

  constructor(options: TransactionOptions) {
    this.#options = options;
  }

  add(command: PlannedCommand, endOffset: number, name: string): void {
    if (command.keys.length > 0) this.#addTo(slotOfKey(command.keys[0]), command, endOffset, name);
    else if (name === "publish") this.#addTo(checkpointSlot, command, endOffset, name);
    else for (const slot of this.#slotOfEachNode()) this.#addEverywhere(slot, command, endOffset, name);
  }

  beginUnit(): void {
    this.#touchedInUnit = new Set();
    for (const group of this.#groups.values()) group.mark();
  }

  cutUnit(): void {
    for (const group of this.#touchedInUnit) group.cutToMark();
  }

  async send(place: StreamPlace): Promise<readonly RefusedInside[]> {
    const { target, checkpoint } = this.#options;
    const refused = await Promise.all([...this.#groups].map((entry) => this.#sendSlot(...entry, place)));
    const main = target.nodes[target.nodeOfSlot(checkpointSlot)];
    const [failed] = await main.send(encodeCommand(checkpoint(place)), 1);
    if (failed !== undefined)
      throw new Problem(exitCode.differences, `the checkpoint was refused: ${failed.answer}`);
    await this.#removeSlotCheckpoints();
    return refused.flat();
  }

  async #sendSlot(slot: number, group: CommandGroup, place: StreamPlace): Promise<RefusedInside[]> {
    if (group.count === 0) return [];
    const node = this.#options.target.nodes[this.#options.target.nodeOfSlot(slot)];
    const words = ["HSET", this.#keys.keyOf(slot), "offset", String(place.offset)].map((word) =>
      Buffer.from(word),
    );
    group.add({ db: 0, words, keys: [] }, "HSET");
    const queuing = node.send(Buffer.concat([MULTI, group.buffer.view]), group.count + 1);
    const [queued, [exec]] = await Promise.all([queuing, node.ask(EXEC, 1)]);
    return refusedInside(group, queued, exec, this.#options);
  }

  /** They are needed only until the main one has moved. */
  async #removeSlotCheckpoints(): Promise<void> {
    const { target } = this.#options;
    const byNode = target.nodes.map(() => ({ buffer: new CommandBuffer(), count: 0 }));
    for (const slot of this.#groups.keys()) {
      const node = byNode[target.nodeOfSlot(slot)];
      node.buffer.command(["DEL", this.#keys.keyOf(slot)]);
      node.count++;
    }
    await Promise.all(
      byNode.map(({ buffer, count }, node) =>
        count === 0 ? undefined : target.nodes[node].send(Buffer.from(buffer.view), count),
      ),
    );
  }

  /** What empties the node of the main checkpoint takes that along: it is put back in the same transaction, as it was. */
  #addEverywhere(slot: number, command: PlannedCommand, endOffset: number, name: string): void {
    this.#addTo(slot, command, endOffset, name);
    if (slot !== checkpointSlot || !name.startsWith("flush")) return;
    const { checkpoint, appliedPlace } = this.#options;
    const words = checkpoint(appliedPlace()).map((word) => Buffer.from(word));
    this.#addTo(slot, { db: 0, words, keys: [] }, endOffset, "hset");
  }

  #addTo(slot: number, command: PlannedCommand, endOffset: number, name: string): void {
    if (endOffset <= (this.#options.slotOffsets.get(slot) ?? 0)) return;
    let group = this.#groups.get(slot);
    if (group === undefined) this.#groups.set(slot, (group = new CommandGroup()));
    this.#touchedInUnit.add(group);
    const before = group.buffer.size;
    group.add(command, name);
    this.sizeBytes += group.buffer.size - before;
    this.commandCount++;
  }

  /** The checkpoint's own slot for the node that has it: what empties the node must write it again in the same transaction. */
  #slotOfEachNode(): number[] {
    const { target } = this.#options;
    return target.nodes.map((_, node) => {
      if (target.nodeOfSlot(checkpointSlot) === node) return checkpointSlot;
      for (let slot = 0; ; slot++) if (target.nodeOfSlot(slot) === node) return slot;
    });
  }
}
