import { createReadStream, createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { decodeRdb, encodeLevel, encodeRdb, type RdbLoss, type RdbTarget } from "@holdfast/rdb";

/** Writes a copy that `target` loads, without keys below session:, and answers what that server cannot hold. */
export async function copyFor(target: RdbTarget, from: string, to: string): Promise<RdbLoss[]> {
  const losses: RdbLoss[] = [];
  const events = decodeRdb(createReadStream(from), {
    path: from,
    select: ({ key, row }) =>
      Buffer.from(key).toString("latin1").startsWith("session:") ? "omit" : encodeLevel(target, row),
  });
  const chunks = encodeRdb(events, { target, onLoss: (loss) => losses.push(loss) });
  await pipeline(chunks, createWriteStream(to));
  return losses;
}
