/**
 * The first nine bytes: who wrote the file, and in which version of the format.
 *
 *   REDIS + 4 digits      Redis, and Valkey up to 8.1
 *   VALKEY + 3 digits     Valkey from 9.0 on
 *
 * Source: rdb.c of Redis and Valkey (rdbLoadRio).
 */
import type { RdbCursor } from "./cursor.ts";
import { headerBytes, knownVersions, type RdbDialect } from "./format.ts";

const magics: readonly { readonly magic: string; readonly dialect: RdbDialect }[] = [
  { magic: "REDIS", dialect: "redis" },
  { magic: "VALKEY", dialect: "valkey" },
];

export interface RdbHeader {
  readonly dialect: RdbDialect;
  readonly version: number;
}

/** Reads magic and version. Bytes that cannot begin a magic fail at once, however few there are. */
export function readHeader(cursor: RdbCursor): RdbHeader {
  const { window } = cursor;
  const available = Math.min(headerBytes, window.limit - window.position);
  const text = latin1(window.buffer.subarray(window.position, window.position + available));
  const found = magics.find(({ magic }) => text.startsWith(magic.slice(0, text.length)));
  if (found === undefined)
    return cursor.fail(
      "RDB_BAD_MAGIC",
      `no RDB: it starts with ${JSON.stringify(text)}, not with REDIS or VALKEY`,
    );
  cursor.need(headerBytes);
  const digits = text.slice(found.magic.length);
  if (!/^\d+$/.test(digits)) {
    cursor.fail(
      "RDB_UNSUPPORTED_VERSION",
      `no version in the header: ${JSON.stringify(text)}`,
      window.position + found.magic.length,
    );
  }
  const version = Number(digits);
  const known = knownVersions[found.dialect];
  if (version < known.first || version > known.last) {
    const range = known.first === known.last ? `${known.first}` : `${known.first} to ${known.last}`;
    const detail = `RDB version ${version} of ${found.magic} is not known, only ${range}`;
    cursor.fail("RDB_UNSUPPORTED_VERSION", detail, window.position + found.magic.length);
  }
  window.position += headerBytes;
  return { dialect: found.dialect, version };
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
