/** Whether two payloads of DUMP hold the same, however it is stored. */
import { decodeDumpPayload } from "@holdfast/rdb";
import { fingerprint } from "./key-content.ts";

export function isSameContent(first: Uint8Array, second: Uint8Array): boolean {
  if (Buffer.compare(first, second) === 0) return true;
  const a = fingerprint(decodeDumpPayload(first));
  const b = fingerprint(decodeDumpPayload(second));
  return a.every((word, index) => word === b[index]);
}
