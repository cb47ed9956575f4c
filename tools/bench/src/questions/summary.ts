/** Summary: every value stepped over for its sizes, memory estimated, largest keys and prefixes kept. */
import { againstCheckRdb } from "./against-check-rdb.ts";

export const summaryQuestion = againstCheckRdb({
  name: "summary",
  title: "How fast is a dump summed up?",
  args: ["summary"],
  prints: "something",
  targets: { atLeast: 5, aim: 10 },
});
