import { createReadStream } from "node:fs";
import { decodeRdb } from "@holdfast/rdb";

/** Counts the members of every sorted set with a score above `score`, without holding any set in memory. */
export async function countAbove(path: string, score: number): Promise<number> {
  let found = 0;
  const events = decodeRdb(createReadStream(path), {
    path,
    select: (head) => (head.type === "zset" ? "items" : "omit"),
  });
  for await (const batch of events) {
    for (const event of batch) {
      if (event.kind !== "key" && event.kind !== "items") continue;
      if (event.items.of !== "scored") continue;
      found += event.items.members.filter((member) => member.score > score).length;
    }
  }
  return found;
}
