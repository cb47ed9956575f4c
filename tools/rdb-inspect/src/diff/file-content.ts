/**
 * What a file holds besides keys, for comparing: function libraries by name and data of modules by module, each as a
 * fingerprint. Aux fields, scripts, slot hints and imports are about the file or the server and are not compared.
 */
import { exitCode, formatCount, Problem } from "@holdfast/command-line";
import { ContentFingerprinter, moduleTypeOf, type RdbEvent } from "@holdfast/rdb";
import { libraryOf } from "../file-facts.ts";

/** No server has as many; names of more are not worth their memory. */
const recordsMax = 100_000;
/** `when` of module data that was written after the keys. */
const behindKeys = 2;

/** The fingerprint of each record by what people call it. */
export type FileContent = Map<string, string>;

/** Takes any event; those of keys are passed over. Throws Problem when there are too many records to compare. */
export function takeFileContent(content: FileContent, event: RdbEvent): void {
  if (event.kind === "function") {
    add(content, `function library ${libraryOf(event.code, event.preGa).name}`, event.code);
  } else if (event.kind === "module-aux") {
    const { name } = moduleTypeOf(event.moduleId);
    const place = event.when === behindKeys ? " behind the keys" : "";
    add(content, `data of module ${name}${place}`, event.payload);
  }
}

/** Two records of one name are one whose content is both. */
function add(content: FileContent, name: string, bytes: Uint8Array): void {
  if (content.size === recordsMax)
    throw new Problem(
      exitCode.unsupported,
      `more than ${formatCount(recordsMax)} function libraries and module records cannot be compared`,
      { nextStep: "leave them out with --ignore functions" },
    );
  const maker = new ContentFingerprinter();
  maker.setKey(0, bytes, 0, bytes.length);
  content.set(name, `${content.get(name) ?? ""} ${maker.words.subarray(0, 4).join(" ")}`);
}

/** A record that is not the same in both files. */
export interface RecordDifference {
  readonly name: string;
  readonly where: "only-in-a" | "only-in-b" | "changed";
}

export function compareFileContent(a: FileContent, b: FileContent): RecordDifference[] {
  const differences: RecordDifference[] = [];
  for (const [name, print] of a) {
    if (!b.has(name)) differences.push({ name, where: "only-in-a" });
    else if (b.get(name) !== print) differences.push({ name, where: "changed" });
  }
  for (const name of b.keys()) if (!a.has(name)) differences.push({ name, where: "only-in-b" });
  return differences;
}
