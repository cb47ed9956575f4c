/** Deep check: every value unpacked, every inner encoding walked, the checksum compared. */
import { againstCheckRdb } from "./against-check-rdb.ts";

export const checkQuestion = againstCheckRdb({
  name: "check",
  title: "How fast does check walk a dump?",
  args: ["check"],
  prints: "something",
  targets: { atLeast: 3, aim: 8 },
});
