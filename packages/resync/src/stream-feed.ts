/**
 * What a primary writes into its stream: commands, with a SELECT where the db changes, and its own remarks.
 *
 *   SELECT 0 | SET k v | INCR c | SELECT 3 | DEL x | PING | REPLCONF GETACK * |
 *
 * A SELECT stands before the first command after every snapshot too: the replica that has just loaded one has selected nothing.
 * Whoever forwards the stream of a primary of its own uses none of this: chained replicas get the same bytes at the same offsets.
 * Source: replicationFeedSlaves() in replication.c of Redis 7.0.
 */
import { type CommandArgument, encodeCommand } from "@holdfast/resp";

/** Shared by all streams; counted in the offset like everything else. */
export const PING: Uint8Array = encodeCommand(["ping"]);
export const GETACK: Uint8Array = encodeCommand(["REPLCONF", "GETACK", "*"]);

export class StreamFeed {
  readonly #append: (bytes: Uint8Array) => void;
  #db: number | undefined;

  constructor(append: (bytes: Uint8Array) => void) {
    this.#append = append;
  }

  /** What the stream has selected; undefined when the next command gets a SELECT whatever its db is. */
  get db(): number | undefined {
    return this.#db;
  }

  /** One command, or several that belong together: MULTI, commands, EXEC. */
  write(db: number, ...commands: readonly (readonly CommandArgument[])[]): void {
    if (db !== this.#db) this.#append(encodeCommand(["SELECT", String(db)]));
    this.#db = db;
    for (const command of commands) this.#append(encodeCommand(command));
  }

  /** To be called in the moment a snapshot is taken, and when the history changes. */
  forgetDb(): void {
    this.#db = undefined;
  }

  ping(): void {
    this.#append(PING);
  }

  /** Asks all replicas how far they are. */
  getAck(): void {
    this.#append(GETACK);
  }
}
