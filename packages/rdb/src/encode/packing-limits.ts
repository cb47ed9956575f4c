/**
 * When a server packs a collection into one string, and when it does not: its thresholds, under the names of its
 * configuration.
 *
 * Source: config.c of the releases. The defaults have hardly changed since Redis 2.6; what changed is what is packed.
 */

/** A collection with more entries, or with a longer element, than this is stored plain. */
export interface PackingLimits {
  readonly hashEntriesMax: number;
  readonly hashValueBytesMax: number;
  readonly zsetEntriesMax: number;
  readonly zsetValueBytesMax: number;
  /** Sets of strings, packed since RDB 11. */
  readonly setEntriesMax: number;
  readonly setValueBytesMax: number;
  /** Sets of integers. */
  readonly intsetEntriesMax: number;
  /** Lists as a whole: only before RDB 7. */
  readonly listEntriesMax: number;
  readonly listValueBytesMax: number;
  /** One node of a list, since RDB 7. */
  readonly listNodeBytesMax: number;
  /** One node of a stream. */
  readonly streamNodeBytesMax: number;
  /** At most 127: the number of entries stands in one byte. */
  readonly streamNodeEntriesMax: number;
}

const defaults: PackingLimits = {
  hashEntriesMax: 512,
  hashValueBytesMax: 64,
  zsetEntriesMax: 128,
  zsetValueBytesMax: 64,
  setEntriesMax: 128,
  setValueBytesMax: 64,
  intsetEntriesMax: 512,
  listEntriesMax: 512,
  listValueBytesMax: 64,
  listNodeBytesMax: 8192,
  streamNodeBytesMax: 4096,
  streamNodeEntriesMax: 100,
};

/** First version with packed lists, sorted sets and sets of integers; hashes were zipmaps then, which are not written. */
const packsFrom = 2;
const packsHashesFrom = 4;
const packsSetsFrom = 11;

/** The defaults of the servers that write this RDB version; 0 entries where such a server packs nothing. */
export function packingLimitsOf(rdbVersion: number): PackingLimits {
  const since = (version: number, entriesMax: number) => (rdbVersion >= version ? entriesMax : 0);
  return {
    ...defaults,
    hashEntriesMax: since(packsHashesFrom, defaults.hashEntriesMax),
    zsetEntriesMax: since(packsFrom, defaults.zsetEntriesMax),
    listEntriesMax: since(packsFrom, defaults.listEntriesMax),
    intsetEntriesMax: since(packsFrom, defaults.intsetEntriesMax),
    setEntriesMax: since(packsSetsFrom, defaults.setEntriesMax),
  };
}

/**
 * A target's limits with others in their place. What the target does not pack at all stays so: its servers could not read it.
 */
export function limitsWith(own: PackingLimits, wanted: Partial<PackingLimits> | undefined): PackingLimits {
  const may = (name: keyof PackingLimits) => (own[name] === 0 ? 0 : (wanted?.[name] ?? own[name]));
  return {
    ...own,
    ...wanted,
    hashEntriesMax: may("hashEntriesMax"),
    zsetEntriesMax: may("zsetEntriesMax"),
    setEntriesMax: may("setEntriesMax"),
    intsetEntriesMax: may("intsetEntriesMax"),
    listEntriesMax: may("listEntriesMax"),
  };
}
