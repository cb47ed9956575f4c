/**
 * Commands of a batch for a server that is no cluster: one transaction, with the checkpoint at its end.
 *
 *   MULTI │ SELECT 0  INCR a  SET b …  SELECT 3  LPUSH l … │ SELECT 0  HSET holdfast:checkpoint … │ EXEC
 */
import { encodeCommand } from "@holdfast/resp";
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

export class SingleTransaction implements Transactions {
  readonly #options: TransactionOptions;
  readonly #group = new CommandGroup();

  constructor(options: TransactionOptions) {
    this.#options = options;
  }

  get sizeBytes(): number {
    return this.#group.buffer.size;
  }

  get commandCount(): number {
    return this.#group.count;
  }

  /** SWAPDB takes the checkpoint along with its database: it is written anew at the end, and must not stay behind there. */
  add(command: PlannedCommand, _endOffset: number, name: string): void {
    if (name === "swapdb") {
      const { checkpointDb, checkpoint } = this.#options;
      const [, key] = checkpoint({ offset: 0, db: undefined, trouble: undefined });
      this.#group.add({ db: checkpointDb, words: [Buffer.from("DEL"), Buffer.from(key)], keys: [] }, "DEL");
    }
    this.#group.add(command, name);
  }

  beginUnit(): void {
    this.#group.mark();
  }

  cutUnit(): void {
    this.#group.cutToMark();
  }

  async send(place: StreamPlace): Promise<readonly RefusedInside[]> {
    const { target, checkpoint, checkpointDb } = this.#options;
    const group = this.#group;
    const words = checkpoint(place).map((word) => Buffer.from(word));
    group.add({ db: checkpointDb, words, keys: [] }, "HSET");
    const [node] = target.nodes;
    const queuing = node.send(Buffer.concat([MULTI, group.buffer.view]), group.count + 1);
    const executing = node.ask(EXEC, 1);
    const [queued, [exec]] = await Promise.all([queuing, executing]);
    return refusedInside(group, queued, exec, this.#options);
  }
}
