/**
 * Hashes of Redis 8.10 whose field names come from a template: types 29 to 32.
 *
 *   29  names, listpack: placeholder integer, values      31  names, values
 *   30  listpack: template id, values                     32  template id, values
 */
import { ByteSlice } from "../byte-slice.ts";
import { readTemplateNames, readTemplateReference, templateOf } from "../templates.ts";
import type { ValueReader, ValueScan } from "./value-scan.ts";

const phase = { names: 0, values: 1 } as const;

type Names = readonly ByteSlice[];

/** Types 31 and 32. */
export const readTemplateArrayHash: ValueReader = (scan) => {
  const { cursor, strings, limits } = scan;
  if (scan.phase === phase.names) {
    const travels = scan.row.layout.startsWith("T");
    const names = travels
      ? readTemplateNames(cursor, strings, limits.packedLimitBytes)
      : readTemplateReference(cursor, scan.templates);
    scan.memory = names.map((name) => ByteSlice.of(name));
    scan.itemCount = names.length;
    scan.enter(phase.values, names.length);
  }
  const names = scan.memory as Names;
  while (scan.left > 0) {
    if (scan.isBatchFull) return false;
    scan.readElement();
    if (scan.building) scan.addField(names[names.length - scan.left], strings.text(), undefined);
    scan.roundDone();
  }
  return scan.finish();
};

/** Types 29 and 30. */
export const readTemplateListpackHash: ValueReader = (scan) => {
  const { packed } = scan;
  if (scan.phase === phase.names) {
    const travelling = scan.row.layout.startsWith("T")
      ? readTemplateNames(scan.cursor, scan.strings, scan.limits.packedLimitBytes)
      : undefined;
    if (!scan.openPacked("listpack")) return true;
    const names = travelling ?? namesByFirstEntry(scan);
    if (!valuesFit(scan, names, travelling !== undefined)) return true;
    scan.memory = names.map((name) => ByteSlice.of(name));
    scan.itemCount = names.length;
    scan.enter(phase.values);
    if (!scan.building) packed.left = 0;
  }
  const names = scan.memory as Names;
  while (packed.left > 0) {
    if (scan.isBatchFull) return false;
    const name = names[names.length - packed.left];
    packed.next();
    scan.addField(name, scan.packedText(), undefined);
  }
  return scan.finish();
};

/** The template that the first entry of the listpack names. */
function namesByFirstEntry(scan: ValueScan): readonly Uint8Array[] {
  const { packed, strings } = scan;
  if (packed.left > 0) packed.next();
  const id = packed.isInteger ? Number(packed.integer) : -1;
  return templateOf(scan.cursor, id, scan.templates, strings.at);
}

function valuesFit(scan: ValueScan, names: readonly Uint8Array[], hasPlaceholder: boolean): boolean {
  const { packed, strings } = scan;
  if (hasPlaceholder && packed.left > 0) packed.next();
  if (packed.left === names.length) return true;
  scan.report(
    "RDB_BAD_TEMPLATE",
    `${packed.left} values for a template of ${names.length} fields`,
    strings.at,
  );
  packed.left = 0;
  return false;
}
