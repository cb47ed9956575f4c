/** What a server would hold that loads the files, and what became of each command on the way. */
import { locateAof } from "@holdfast/aof";
import type { CommandCounts } from "@holdfast/keyspace";
import { replay } from "../replay.ts";
import type { Session } from "../session.ts";

export interface AofStats {
  /** Most frequent first. */
  readonly commands: readonly (CommandCounts & { readonly name: string })[];
  readonly databases: readonly DatabaseStats[];
  /** Whether damage ended the count. */
  readonly isPartial: boolean;
}

export interface DatabaseStats {
  readonly db: number;
  readonly keys: number;
  readonly expiring: number;
}

/** Replays everything up to the first damage; memory as a server would need. */
export async function collectStats(session: Session): Promise<AofStats> {
  const { fileName, directoryName } = session.options;
  const location = await locateAof(session.files, session.path, { fileName, directoryName });
  const { keyspace, isPartial } = await replay(session, location, "salvage");
  const commands = [...keyspace.statistics.byName]
    .map(([name, counts]) => ({ name, ...counts }))
    .sort((one, other) => totalOf(other) - totalOf(one));
  const databases = keyspace.databases
    .used()
    .map(([db, database]) => ({ db, keys: database.keyCount, expiring: database.expiryCount }))
    .filter(({ keys }) => keys > 0);
  return { commands, databases, isPartial };
}

export function totalOf({ applied, unchanged, refused, kept }: CommandCounts): number {
  return applied + unchanged + refused + kept;
}
