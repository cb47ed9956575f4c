/**
 * The first bytes of a module value: the id of its type, as a length in the form of nine bytes.
 *
 *   81  iiiiiiii iiiiiiii …   eight bytes big-endian: nine characters of six bits, ten bits of version
 *
 * A shorter length form is allowed by the format and read as well. See lengths in the RDB format.
 */
import { moduleTypeOf } from "../format.ts";

export class ModuleHead {
  name = "";
  version = 0;
  #bytes = new Uint8Array(0);

  /** Takes a piece of the value; returns what lies behind the id once it is complete, else undefined. */
  take(piece: Uint8Array): Uint8Array | undefined {
    const joined = this.#bytes.length === 0 ? piece : Buffer.concat([this.#bytes, piece]);
    const headBytes = joined.length === 0 ? 1 : lengthFormBytes(joined[0]);
    if (joined.length < headBytes) {
      this.#bytes = joined.slice();
      return undefined;
    }
    const type = moduleTypeOf(readLength(joined.subarray(0, headBytes)));
    this.name = type.name;
    this.version = type.version;
    return joined.subarray(headBytes);
  }
}

function lengthFormBytes(first: number): number {
  if (first < 0x40) return 1;
  if (first < 0x80) return 2;
  return first === 0x80 ? 5 : 9;
}

function readLength(bytes: Uint8Array): bigint {
  let value = bytes.length <= 2 ? BigInt(bytes[0] & 0x3f) : 0n;
  for (const byte of bytes.subarray(1)) value = (value << 8n) | BigInt(byte);
  return value;
}
