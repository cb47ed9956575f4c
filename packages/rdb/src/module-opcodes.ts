/**
 * What modules store: a run of opcodes, each a length, each followed by its payload, up to opcode 0.
 *
 * The run says where it ends without the module that wrote it, so it can be passed over and kept raw.
 *
 * Source: module.c and rdb.c of Redis and Valkey.
 */
import type { RdbCursor } from "./cursor.ts";
import { moduleOpcode } from "./format.ts";
import type { StringReader } from "./strings.ts";

/**
 * Steps over a whole run that must be in the window; for the small ones of aux records and key
 * metadata. Returns the first unsigned integer, which in an aux record says when it was written.
 */
export function skipModuleValue(cursor: RdbCursor, strings: StringReader): number | undefined {
  let first: number | undefined;
  for (;;) {
    const at = cursor.window.position;
    const code = cursor.length();
    switch (code) {
      case moduleOpcode.end:
        return first;
      case moduleOpcode.signed:
      case moduleOpcode.unsigned: {
        const value = cursor.roughLength();
        first ??= value;
        break;
      }
      case moduleOpcode.float:
        cursor.skip(4);
        break;
      case moduleOpcode.double:
        cursor.skip(8);
        break;
      case moduleOpcode.string:
        strings.head();
        cursor.skip(strings.storedBytes);
        break;
      default:
        cursor.fail("RDB_BAD_MODULE", `module opcode ${code} does not exist`, at);
    }
  }
}
