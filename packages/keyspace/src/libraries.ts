/**
 * Function libraries: code by name, as FUNCTION LOAD and the functions of an RDB bring them. Nothing is run.
 *
 *   #!lua name=mylib\n …code…      the first line names engine and library
 *
 * Source: functions.c of Redis 7.0, functionsCreateLibrary and functionExtractLibMetaData.
 */
import { KeyspaceError } from "./errors.ts";

const firstLine = /^#!([^ \t\n\r]+)((?:[ \t]+[^ \t\n\r]+)*)[ \t]*\r?(?:\n|$)/;
const nameWord = /^name=(?:"([A-Za-z0-9_]+)"|'([A-Za-z0-9_]+)'|([A-Za-z0-9_]+))$/i;

export class FunctionLibraries {
  /** Code by library name; both latin-1 texts. */
  #codes = new Map<string, string>();

  get count(): number {
    return this.#codes.size;
  }

  has(name: string): boolean {
    return this.#codes.has(name);
  }

  codeOf(name: string): string | undefined {
    return this.#codes.get(name);
  }

  /** Stores a library, in place of one of the same name. Throws KEYSPACE_BAD_LIBRARY. */
  store(code: string): void {
    const name = libraryName(code);
    if (name === undefined)
      throw new KeyspaceError("KEYSPACE_BAD_LIBRARY", "a library whose first line does not name it");
    this.#codes.set(name, code);
  }

  delete(name: string): boolean {
    return this.#codes.delete(name);
  }

  flush(): void {
    this.#codes = new Map();
  }

  names(): IterableIterator<string> {
    return this.#codes.keys();
  }

  /** The codes as they are now, whatever is done later. */
  freeze(): readonly string[] {
    return [...this.#codes.values()];
  }
}

/** The name of a library, from its code; undefined when the first line does not say it. */
export function libraryName(code: string): string | undefined {
  const words =
    firstLine
      .exec(code)?.[2]
      .trim()
      .split(/[ \t]+/) ?? [];
  if (words.length !== 1) return undefined;
  const found = nameWord.exec(words[0]);
  return found?.[1] ?? found?.[2] ?? found?.[3];
}
