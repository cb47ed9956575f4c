/** How a filter becomes the decoder's choice: asked before a value is read, only when there is something to ask. */
import type { RdbDecoderOptions, ReadLevel } from "@holdfast/rdb";
import type { KeyFilter } from "../filters.ts";

export function selectBy(filter: KeyFilter, level: ReadLevel): Pick<RdbDecoderOptions, "select"> {
  return filter.isOpen ? {} : { select: (head) => (filter.fitsHead(head) ? level : "omit") };
}
