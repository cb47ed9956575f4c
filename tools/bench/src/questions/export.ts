/** Every element decoded, and written as JSON that leads back to the exact bytes. */
import { againstCheckRdb } from "./against-check-rdb.ts";

export const exportQuestion = againstCheckRdb({
  name: "export",
  title: "How fast is everything written out as NDJSON?",
  args: ["export", "--format", "ndjson"],
  prints: "a line a key",
  targets: { atLeast: 1, aim: 2 },
});
