/** Libraries of functions, on either side: by name, with the code that was loaded. */
import type { ServerAnswer } from "../../servers/connect-client.ts";
import { textOf } from "../target/target-facts.ts";
import { countDifference, type Verification } from "./verification.ts";

export type Libraries = ReadonlyMap<string, Buffer>;

/** The name stands in the first line of the code: `#!lua name=mylib`. */
export function libraryName(code: Uint8Array): string {
  const [head] = Buffer.from(code).toString("latin1").split("\n", 1);
  return /\bname=(\S+)/.exec(head)?.[1] ?? head;
}

/** Of FUNCTION LIST WITHCODE: fields and values in turn, for each library. */
export function librariesOf(answer: ServerAnswer): Libraries {
  const rows = Array.isArray(answer) ? (answer as readonly (readonly ServerAnswer[])[]) : [];
  return new Map(
    rows.map((row) => {
      const fieldOf = (field: string) => row[row.findIndex((each) => textOf(each) === field) + 1];
      return [textOf(fieldOf("library_name")), fieldOf("library_code") as Buffer];
    }),
  );
}

/** Counts what differs into the result. */
export function compareFunctions(ours: Libraries, theirs: Libraries, result: Verification): void {
  result.comparedFunctions = ours.size;
  for (const [name, code] of ours) {
    const other = theirs.get(name);
    if (other === undefined) countDifference(result, "missing", shownLibrary(name));
    else if (Buffer.compare(code, other) !== 0) countDifference(result, "content", shownLibrary(name));
  }
  for (const name of theirs.keys()) if (!ours.has(name)) countDifference(result, "extra", shownLibrary(name));
}

function shownLibrary(name: string): string {
  return `the function library ${name}`;
}
