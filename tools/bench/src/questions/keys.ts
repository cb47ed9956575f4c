/** One CSV line a key, with sizes, estimated memory, expiry and slot. */
import { againstCheckRdb } from "./against-check-rdb.ts";

export const keysQuestion = againstCheckRdb({
  name: "keys",
  title: "How fast are all keys listed?",
  args: ["keys", "--format", "csv"],
  prints: "a line a key",
  targets: { atLeast: 3, aim: 6 },
});
