/** Every command that a log can hold, by name. One file a family; a family is a list of rows. */
import { bitCommands } from "./bits.ts";
import { CommandRow, type FamilyRow } from "./command.ts";
import { counterCommands } from "./counters.ts";
import { databaseCommands } from "./databases.ts";
import { functionCommands } from "./functions.ts";
import { geoCommands } from "./geo.ts";
import { hashExpiryCommands } from "./hash-expiry.ts";
import { hashCommands } from "./hashes.ts";
import { hyperLogLogCommands } from "./hyperloglog.ts";
import { keyCommands } from "./keys.ts";
import { listCommands } from "./lists.ts";
import { notAppliedCommands, readCommands } from "./not-applied.ts";
import { restoreCommands } from "./restore.ts";
import { setCommands } from "./sets.ts";
import { sortCommands } from "./sort.ts";
import { streamCommands } from "./streams.ts";
import { stringCommands } from "./strings.ts";
import { zsetStoreCommands } from "./zset-stores.ts";
import { zsetCommands } from "./zsets.ts";

const familyRows: readonly FamilyRow[] = [
  ...keyCommands,
  ...restoreCommands,
  ...stringCommands,
  ...bitCommands,
  ...hyperLogLogCommands,
  ...geoCommands,
  ...sortCommands,
  ...streamCommands,
  ...functionCommands,
  ...counterCommands,
  ...listCommands,
  ...setCommands,
  ...zsetCommands,
  ...zsetStoreCommands,
  ...hashCommands,
  ...hashExpiryCommands,
  ...databaseCommands,
  ...notAppliedCommands,
  ...readCommands,
];

/** All rows but MULTI, EXEC and DISCARD, which are the keyspace's own. */
export const commandRows: readonly CommandRow[] = familyRows.map((row, index) => new CommandRow(row, index));
