/** The same version again: values are copied as they are stored, with a new checksum, into a synced file. */
import { againstSave } from "./against-save.ts";

export const convertQuestion = againstSave({
  name: "convert",
  title: "How fast is a dump written whose values are copied as stored?",
  args: ["convert"],
  targets: { atLeast: 8 },
});
