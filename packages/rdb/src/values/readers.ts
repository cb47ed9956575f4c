/** Which function reads which value type. Modules have none: their bytes are walked and kept raw. */
import { type TypeRow, typeRows } from "../format.ts";
import { readArray } from "./arrays.ts";
import {
  readExpiringHash,
  readPackedExpiringHash,
  readPackedHash,
  readPlainHash,
  readPreGaExpiringHash,
  readValkeyExpiringHash,
} from "./hashes.ts";
import { readPackedList, readPlainList, readQuicklist } from "./lists.ts";
import { readIntset, readListpackSet, readPlainSet } from "./sets.ts";
import { readStream } from "./streams.ts";
import { readStringValue } from "./strings.ts";
import { readTemplateArrayHash, readTemplateListpackHash } from "./template-hashes.ts";
import type { ValueReader } from "./value-scan.ts";
import { readPackedZset, readPlainZset } from "./zsets.ts";

const readersByName: Readonly<Record<string, ValueReader>> = {
  STRING: readStringValue,
  LIST: readPlainList,
  SET: readPlainSet,
  ZSET: readPlainZset,
  HASH: readPlainHash,
  ZSET_2: readPlainZset,
  HASH_ZIPMAP: readPackedHash,
  LIST_ZIPLIST: readPackedList,
  SET_INTSET: readIntset,
  ZSET_ZIPLIST: readPackedZset,
  HASH_ZIPLIST: readPackedHash,
  LIST_QUICKLIST: readQuicklist,
  STREAM_LISTPACKS: readStream,
  HASH_LISTPACK: readPackedHash,
  ZSET_LISTPACK: readPackedZset,
  LIST_QUICKLIST_2: readQuicklist,
  STREAM_LISTPACKS_2: readStream,
  SET_LISTPACK: readListpackSet,
  STREAM_LISTPACKS_3: readStream,
  HASH_METADATA_PRE_GA: readPreGaExpiringHash,
  HASH_2: readValkeyExpiringHash,
  HASH_LISTPACK_EX_PRE_GA: readPackedExpiringHash,
  HASH_METADATA: readExpiringHash,
  HASH_LISTPACK_EX: readPackedExpiringHash,
  STREAM_LISTPACKS_4: readStream,
  STREAM_LISTPACKS_5: readStream,
  ARRAY: readArray,
  HASH_TMPL_LP: readTemplateListpackHash,
  HASH_LP_REF: readTemplateListpackHash,
  HASH_TMPL_ARRAY: readTemplateArrayHash,
  HASH_ARRAY_REF: readTemplateArrayHash,
};

const readers: ReadonlyMap<TypeRow, ValueReader | undefined> = new Map(
  typeRows.map((row) => [row, readersByName[row.name]]),
);

/** The reader of a type's elements; undefined for modules. */
export function readerOf(row: TypeRow): ValueReader | undefined {
  return readers.get(row);
}
