/** RDB files small enough to be written by hand, for conversations. */
import { parseHex } from "@holdfast/testkit";

const MAGIC = Buffer.from("REDIS0011").toString("hex");
const END = "FF\n<crc64>";

const snapshots: Readonly<Record<string, string>> = {
  "empty.rdb": `${MAGIC} ${END}`,
  // One string key, called like the mark of the conversations: 40 times the letter c.
  "mark-as-key.rdb": `${MAGIC} FE00 00 28 63*40 0176 ${END}`,
  // Aux repl-stream-db with the value 7.
  "stream-db-7.rdb": `${MAGIC} FA 0E ${Buffer.from("repl-stream-db").toString("hex")} 0137 ${END}`,
};

export function smallSnapshot(name: string): Uint8Array {
  const hex = snapshots[name];
  if (hex === undefined) throw new Error(`there is no small snapshot called ${name}`);
  return parseHex(hex);
}
