/**
 * What a command is to a keyspace: a row of the table.
 *
 * A handler is synchronous. It parses all its words before it changes anything, so that a refusal leaves the data as it was, as in servers.
 * Words are borrowed: what is kept is taken as text. Commands that a server rewrites before it logs them (EXPIRE, BLPOP, SPOP) are understood in
 * both forms where the result does not depend on chance.
 */
import type { CommandArguments } from "../arguments.ts";
import type { Database } from "../database.ts";
import type { Databases } from "../databases.ts";
import type { FunctionLibraries } from "../libraries.ts";
import type { Outcome } from "../outcome.ts";
import type { ClaimRules } from "../streams/claim-rules.ts";

/** What a handler sees of the keyspace. */
export interface CommandContext {
  /** The selected database. */
  readonly db: Database;
  readonly dbNumber: number;
  readonly databases: Databases;
  readonly libraries: FunctionLibraries;
  /** The highest database number that SELECT takes. */
  readonly dbNumberMax: number;
  /** Whose XCLAIM it is. */
  readonly claimRules: ClaimRules;
  select(db: number): void;
  /** Unix ms, for times that a command states as a distance. Logs of Redis 7 and later state none. */
  nowMs(): number;
}

/** Throws a Refusal, before anything is changed. */
export type Handler = (context: CommandContext, args: CommandArguments) => Outcome;

export type CommandFamily =
  | "keys"
  | "strings"
  | "bits"
  | "hyperloglog"
  | "lists"
  | "sets"
  | "sorted-sets"
  | "geo"
  | "hashes"
  | "streams"
  | "functions"
  | "databases"
  | "transactions"
  | "reads"
  | "not-applied";

/** What a family's file says of a command. */
export interface FamilyRow {
  /** In capitals. */
  readonly name: string;
  readonly family: CommandFamily;
  /** Words, the name included: exactly so many, or when negative at least so many. */
  readonly arity: number;
  readonly run: Handler;
}

/**
 * A row of the table of all commands. A class, because engines give objects that were spread, each with a function of its own, shapes of their own:
 * looking up their fields took a twenty-fifth of the time of a command.
 */
export class CommandRow implements FamilyRow {
  readonly name: string;
  readonly family: CommandFamily;
  readonly arity: number;
  readonly run: Handler;
  /** In the table. */
  readonly index: number;

  constructor({ name, family, arity, run }: FamilyRow, index: number) {
    this.name = name;
    this.family = family;
    this.arity = arity;
    this.run = run;
    this.index = index;
  }
}

/** One family's rows, from [name, arity, handler]. */
export function rowsOf(
  family: CommandFamily,
  rows: readonly (readonly [name: string, arity: number, run: Handler])[],
): readonly FamilyRow[] {
  return rows.map(([name, arity, run]) => ({ name, family, arity, run }));
}
