/**
 * Every value decoded into its elements, packed and compressed anew, and written to a synced file.
 *
 * The server's SAVE starts from values in memory; ours reads and decodes the file that holds them as well.
 */
import { againstSave } from "./against-save.ts";

export const writeQuestion = againstSave({
  name: "write",
  title: "How fast is a dump written, every value encoded anew?",
  args: ["convert", "--repack"],
  targets: { atLeast: 2 },
});
