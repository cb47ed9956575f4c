/**
 * What an RDB says about itself: everything that is not a key.
 *
 * Collected by every pass, so that each command can name the server, warn about what it met and choose
 * the memory model. Lists are bounded; what is beyond the bound is counted.
 */
import { moduleTypeOf, type RdbDialect, type RdbEvent, type RdbWarningCode } from "@holdfast/rdb";

/** One warning, with the key as an owned copy. */
export interface WarningFact {
  readonly code: RdbWarningCode;
  readonly detail: string;
  readonly offset: number;
  readonly db: number;
  readonly key: Uint8Array | undefined;
}

export interface LibraryFact {
  readonly name: string;
  readonly engine: string;
  readonly codeBytes: number;
}

/** Plain data; fields that the file does not have are undefined. */
export interface FileFacts {
  dialect: RdbDialect | undefined;
  version: number | undefined;
  /** Aux fields by name in lower case, in file order; the last one of a name counts. */
  aux: Map<string, string>;
  /** Script bodies that servers up to 6.2 keep in aux fields. */
  scriptCount: number;
  libraries: LibraryFact[];
  /** Names of the modules that stored data beside the keys. */
  moduleAux: string[];
  slotImports: {
    readonly job: string;
    readonly ranges: readonly { readonly start: number; readonly end: number }[];
  }[];
  slotCount: number;
  hashTemplateCount: number;
  warningCount: number;
  warnings: WarningFact[];
  checksum: "ok" | "off" | "none" | "unchecked" | undefined;
  storedChecksum: bigint | undefined;
  /** Offset behind the checksum; undefined when the end was not reached. */
  endOffset: number | undefined;
  trailing: { readonly offset: number; readonly sizeBytes: number } | undefined;
}

const auxMax = 200;
const listMax = 1000;
const warningsMax = 20;
/** Longest aux value that is kept; names and values that people put there are short. */
const auxValueBytesMax = 4096;

export class FileFactsCollector {
  readonly facts: FileFacts = {
    dialect: undefined,
    version: undefined,
    aux: new Map(),
    scriptCount: 0,
    libraries: [],
    moduleAux: [],
    slotImports: [],
    slotCount: 0,
    hashTemplateCount: 0,
    warningCount: 0,
    warnings: [],
    checksum: undefined,
    storedChecksum: undefined,
    endOffset: undefined,
    trailing: undefined,
  };

  /** Takes any event; those of keys are ignored. */
  take(event: RdbEvent): void {
    const facts = this.facts;
    switch (event.kind) {
      case "header":
        facts.dialect = event.dialect;
        facts.version = event.version;
        break;
      case "aux":
        this.#takeAux(textOf(event.name).toLowerCase(), event.value);
        break;
      case "function":
        if (facts.libraries.length < listMax) facts.libraries.push(libraryOf(event.code, event.preGa));
        break;
      case "module-aux":
        if (facts.moduleAux.length < listMax) facts.moduleAux.push(moduleTypeOf(event.moduleId).name);
        break;
      case "slot-info":
        facts.slotCount++;
        break;
      case "slot-import":
        if (facts.slotImports.length < listMax)
          facts.slotImports.push({ job: textOf(event.job), ranges: event.ranges });
        break;
      case "hash-template":
        facts.hashTemplateCount++;
        break;
      case "warning":
        facts.warningCount++;
        if (facts.warnings.length < warningsMax) facts.warnings.push(withoutKind(event));
        break;
      case "end":
        facts.checksum = event.checksum;
        facts.storedChecksum = event.stored;
        facts.endOffset = event.endOffset;
        break;
      case "trailing":
        facts.trailing = { offset: event.offset, sizeBytes: event.sizeBytes };
        break;
    }
  }

  #takeAux(name: string, value: Uint8Array): void {
    if (name === "lua") this.facts.scriptCount++;
    else if (name === "slot-info") this.facts.slotCount++;
    else if (this.facts.aux.size < auxMax)
      this.facts.aux.set(name, textOf(value.subarray(0, auxValueBytesMax)));
  }
}

/** The facts of two parts of one file; `second` lies behind `first`. */
export function mergeFileFacts(first: FileFacts, second: FileFacts): FileFacts {
  return {
    dialect: first.dialect ?? second.dialect,
    version: first.version ?? second.version,
    aux: new Map([...first.aux, ...second.aux]),
    scriptCount: first.scriptCount + second.scriptCount,
    libraries: [...first.libraries, ...second.libraries],
    moduleAux: [...first.moduleAux, ...second.moduleAux],
    slotImports: [...first.slotImports, ...second.slotImports],
    slotCount: first.slotCount + second.slotCount,
    hashTemplateCount: first.hashTemplateCount + second.hashTemplateCount,
    warningCount: first.warningCount + second.warningCount,
    warnings: [...first.warnings, ...second.warnings]
      .sort((one, other) => one.offset - other.offset)
      .slice(0, warningsMax),
    checksum: second.checksum ?? first.checksum,
    storedChecksum: second.storedChecksum ?? first.storedChecksum,
    endOffset: second.endOffset ?? first.endOffset,
    trailing: second.trailing ?? first.trailing,
  };
}

/** Which server wrote the file, as far as the file says. */
export interface ServerName {
  readonly family: "redis" | "valkey";
  /** As the file has it, such as "7.0.15"; undefined in files older than RDB 7. */
  readonly version: string | undefined;
}

export function serverOf(facts: FileFacts): ServerName {
  const valkey = facts.aux.get("valkey-ver");
  if (valkey !== undefined) return { family: "valkey", version: valkey };
  return { family: facts.dialect ?? "redis", version: facts.aux.get("redis-ver") };
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

/** A library names itself in its first line: `#!lua name=mylib`. */
export function libraryOf(
  code: Uint8Array,
  preGa: { readonly name: Uint8Array; readonly engine: Uint8Array } | undefined,
): LibraryFact {
  if (preGa !== undefined)
    return { name: textOf(preGa.name), engine: textOf(preGa.engine), codeBytes: code.length };
  const lineEnd = code.indexOf(0x0a);
  const line = textOf(code.subarray(0, Math.min(lineEnd === -1 ? code.length : lineEnd, 1024)));
  const engine = /^#!(\S+)/.exec(line)?.[1] ?? "?";
  const name = /\sname=(\S+)/.exec(line)?.[1] ?? "(unnamed)";
  return { name, engine, codeBytes: code.length };
}

function withoutKind(event: WarningFact): WarningFact {
  return { code: event.code, detail: event.detail, offset: event.offset, db: event.db, key: event.key };
}
