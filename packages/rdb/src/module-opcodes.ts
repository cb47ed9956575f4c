/**
 * What modules store: a run of opcodes, each a length, each followed by its payload, up to opcode 0.
 *
 * The run says where it ends without the module that wrote it, so it can be passed over and kept raw.
 *
 * Source: module.c and rdb.c of Redis and Valkey.
 */
import type { RdbCursor } from "./cursor.ts";
import type { RdbErrorCode } from "./errors.ts";
import { moduleOpcode } from "./format.ts";
import type { StringReader } from "./strings.ts";

/**
 * Steps over a whole run that must be in the window; for the small ones of aux records and key
 * metadata. A run above `limitBytes` is refused with RDB_LIMIT before it is waited for.
 */
export function skipModuleValue(
  cursor: RdbCursor,
  strings: StringReader,
  limitBytes: number,
  errorCode: RdbErrorCode = "RDB_BAD_MODULE",
): void {
  const start = cursor.window.position;
  for (;;) {
    const at = cursor.window.position;
    const code = cursor.length();
    switch (code) {
      case moduleOpcode.end:
        return;
      case moduleOpcode.signed:
      case moduleOpcode.unsigned:
        cursor.roughLength();
        break;
      case moduleOpcode.float:
        cursor.skip(4);
        break;
      case moduleOpcode.double:
        cursor.skip(8);
        break;
      case moduleOpcode.string:
        strings.head();
        checkSize(cursor, cursor.window.position - start + strings.storedBytes, limitBytes, start);
        cursor.skip(strings.storedBytes);
        break;
      default:
        cursor.fail(errorCode, `module opcode ${code} does not exist`, at);
    }
    checkSize(cursor, cursor.window.position - start, limitBytes, start);
  }
}

function checkSize(cursor: RdbCursor, sizeBytes: number, limitBytes: number, at: number): void {
  if (sizeBytes > limitBytes)
    cursor.fail(
      "RDB_LIMIT",
      `module data of ${sizeBytes} bytes or more is above the limit of ${limitBytes}`,
      at,
    );
}

/** Reads the id of a module type: nine characters and a version, never zero. */
export function readModuleId(cursor: RdbCursor): bigint {
  const at = cursor.window.position;
  const id = cursor.length64();
  if (id === 0n) cursor.fail("RDB_BAD_MODULE", "module id 0 does not exist", at);
  return id;
}
