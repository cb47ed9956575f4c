/**
 * DUMP payloads: one value without its key, as DUMP answers and RESTORE takes it.
 *
 *   [F3 key metadata] type value | u16le RDB version | u64le CRC-64 of everything before it
 *
 * There is no magic, so the version tells the dialect: up to 11 is common ground, 12 to 79 is Redis,
 * from 80 on it is Valkey. It is the version of the server, not the least that the type needs.
 *
 * Source: cluster.c of Redis (createDumpPayload, verifyDumpPayload), and the same in Valkey 9.
 */
import { ByteWindow, crc64, formatCrc64 } from "@holdfast/bytes";
import { RdbCursor } from "./cursor.ts";
import { RdbDecoder } from "./decoder.ts";
import type { RdbDecoderOptions } from "./decoder-options.ts";
import { Damage, RdbFormatError } from "./errors.ts";
import type { ItemsEvent, KeyEvent, RdbEvent } from "./events.ts";
import { opcode, type RdbDialect, typeTable } from "./format.ts";
import { skipModuleValue } from "./module-opcodes.ts";
import { Arena, StringReader } from "./strings.ts";

const footerBytes = 10;
const crcBytes = 8;
const lastCommonVersion = 11;
const firstValkeyVersion = 80;

export interface DumpPayload {
  readonly version: number;
  readonly dialect: RdbDialect;
  /** "off": eight zero bytes, which Redis from 8.4 on writes and takes for "no checksum". */
  readonly checksum: "ok" | "off";
  /** Key metadata as stored, behind its opcode. Borrowed. */
  readonly meta: Uint8Array | undefined;
  readonly typeNumber: number;
  /** The value as stored. Borrowed. */
  readonly value: Uint8Array;
}

/** Takes a payload apart. Throws RdbFormatError for a footer that is not sound. Borrows from `payload`. */
export function parseDumpPayload(payload: Uint8Array): DumpPayload {
  const bodyBytes = payload.length - footerBytes;
  if (bodyBytes < 1) throw payloadError("RDB_TRUNCATED", "a payload has at least 11 bytes", payload.length);
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const version = view.getUint16(bodyBytes, true);
  const stored = view.getBigUint64(bodyBytes + 2, true);
  if (stored !== 0n) checkCrc(payload, stored);
  const dialect: RdbDialect = version >= firstValkeyVersion ? "valkey" : "redis";
  const typeAt =
    dialect === "redis" && payload[0] === opcode.keyMeta ? behindMeta(payload.subarray(0, bodyBytes)) : 0;
  return {
    version,
    dialect,
    checksum: stored === 0n ? "off" : "ok",
    meta: typeAt > 0 ? payload.subarray(1, typeAt) : undefined,
    typeNumber: payload[typeAt],
    value: payload.subarray(typeAt + 1, bodyBytes),
  };
}

function checkCrc(payload: Uint8Array, stored: bigint): void {
  const computed = crc64(payload.subarray(0, payload.length - crcBytes));
  if (computed === stored) return;
  const detail = `checksum is ${formatCrc64(stored)}, the bytes make ${formatCrc64(computed)}`;
  throw payloadError("RDB_CHECKSUM_MISMATCH", detail, payload.length - crcBytes);
}

/** Index of the type byte behind key metadata. */
function behindMeta(body: Uint8Array): number {
  const window = new ByteWindow();
  window.push(body);
  const cursor = new RdbCursor(window, body.length);
  const strings = new StringReader(cursor, new Arena(false));
  try {
    cursor.skip(1);
    for (let classes = cursor.length(); classes > 0; classes -= 1) {
      cursor.skip(4);
      skipModuleValue(cursor, strings, body.length);
    }
    cursor.need(1);
    return window.position;
  } catch (thrown) {
    if (thrown instanceof Damage) throw payloadError(thrown.code, thrown.detail, thrown.at);
    throw thrown;
  }
}

/**
 * Decodes the value of a payload: one `key` event with an empty key, then `items` events until `last`;
 * warnings in between. Offsets count from the start of the payload. Throws RdbFormatError.
 */
export function* decodeDumpPayload(
  payload: Uint8Array,
  options: Omit<RdbDecoderOptions, "resume" | "totalBytes"> = {},
): Generator<RdbEvent, void, void> {
  const { version, dialect, typeNumber, value } = parseDumpPayload(payload);
  const valueAt = value.byteOffset - payload.byteOffset;
  if (typeTable(dialect, version)[typeNumber] === undefined) {
    throw payloadError(
      "RDB_UNKNOWN_TYPE",
      `type ${typeNumber} is not known in RDB ${version} of ${dialect}`,
      valueAt - 1,
    );
  }
  // A record is type, key, value: an empty key of one byte takes the place before the value, so that
  // the offsets of the value come out right.
  const record = new Uint8Array(2 + value.length);
  record[0] = typeNumber;
  record.set(value, 2);
  const end = valueAt + value.length;
  const resume = { dialect, version, db: 0, offset: valueAt - 2 };
  const decoder = new RdbDecoder({ ...options, resume, totalBytes: end });
  decoder.push(record);
  decoder.end();
  for (let event = decoder.next(); event !== undefined; event = decoder.next()) {
    yield event;
    if (isLast(event)) break;
  }
  if (decoder.offset !== end)
    throw payloadError(
      "RDB_BAD_LENGTH",
      `${end - decoder.offset} bytes are left behind the value`,
      decoder.offset,
    );
}

function isLast(event: RdbEvent): event is KeyEvent | ItemsEvent {
  return (event.kind === "key" || event.kind === "items") && event.last;
}

/** Makes a payload with the footer of a server that writes this RDB version. */
export function encodeDumpPayload(parts: {
  readonly typeNumber: number;
  readonly value: Uint8Array;
  readonly version: number;
  readonly meta?: Uint8Array | undefined;
}): Uint8Array {
  const metaBytes = parts.meta === undefined ? 0 : parts.meta.length + 1;
  const payload = new Uint8Array(metaBytes + 1 + parts.value.length + footerBytes);
  if (parts.meta !== undefined) {
    payload[0] = opcode.keyMeta;
    payload.set(parts.meta, 1);
  }
  payload[metaBytes] = parts.typeNumber;
  payload.set(parts.value, metaBytes + 1);
  const view = new DataView(payload.buffer);
  const bodyBytes = payload.length - footerBytes;
  view.setUint16(bodyBytes, parts.version, true);
  view.setBigUint64(bodyBytes + 2, crc64(payload.subarray(0, bodyBytes + 2)), true);
  return payload;
}

/** A server as far as RESTORE's version test goes. */
export interface RestoringServer {
  readonly family: RdbDialect;
  /** The RDB version that the server writes. */
  readonly rdbVersion: number;
  /** Valkey 9: `rdb-version-check`. Default "strict". */
  readonly versionCheck?: "strict" | "relaxed";
}

/**
 * Whether a server's RESTORE takes a payload of this version. Redis, and Valkey before 9, refuse only
 * what is newer than themselves. Valkey 9 also refuses 12 to 79, which it calls foreign, unless relaxed.
 */
export function acceptsDumpVersion(server: RestoringServer, version: number): boolean {
  const isValkey9 = server.family === "valkey" && server.rdbVersion >= firstValkeyVersion;
  if (!isValkey9) return version <= server.rdbVersion;
  if (server.versionCheck === "relaxed") return true;
  return version <= lastCommonVersion || (version >= firstValkeyVersion && version <= server.rdbVersion);
}

function payloadError(code: RdbFormatError["code"], detail: string, offset: number): RdbFormatError {
  return new RdbFormatError(code, detail, { offset, path: "DUMP payload" });
}
