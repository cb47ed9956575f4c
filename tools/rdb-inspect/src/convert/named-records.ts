/** What belongs to no key and must not stand twice in a merged file: function libraries and data of modules, by their names. */
import { type FunctionEvent, type ModuleAuxEvent, moduleTypeOf, type RdbEvent } from "@holdfast/rdb";

/** What happens when something stands in more than one file. No default: two of the answers lose data. */
export type OnDuplicate = "error" | "first" | "last";

type NamedEvent = FunctionEvent | ModuleAuxEvent;

/** `when` of module data that was written after the keys. */
const behindKeys = 2;

/** Function libraries and module data: each name once. */
export class NamedRecords {
  readonly #rule: OnDuplicate;
  readonly #records = new Map<string, { readonly event: NamedEvent; readonly bytes: Uint8Array }>();
  readonly #clashes = new Set<string>();

  constructor(rule: OnDuplicate) {
    this.#rule = rule;
  }

  /** Names under which different things stand. */
  get clashes(): readonly string[] {
    return [...this.#clashes];
  }

  /** Takes any event; those of keys and of the file are passed over. */
  take(event: RdbEvent): void {
    if (event.kind === "function") {
      const code = Uint8Array.from(event.code);
      this.#add(libraryName(code), { ...event, code }, code);
    } else if (event.kind === "module-aux") {
      const payload = Uint8Array.from(event.payload);
      const name = `data of module ${moduleTypeOf(event.moduleId).name}`;
      this.#add(event.when === behindKeys ? `${name} behind the keys` : name, { ...event, payload }, payload);
    }
  }

  /** The same record again is no clash. */
  #add(name: string, event: NamedEvent, bytes: Uint8Array): void {
    const before = this.#records.get(name);
    if (before !== undefined && Buffer.compare(before.bytes, bytes) === 0) return;
    if (before !== undefined) this.#clashes.add(name);
    if (before === undefined || this.#rule === "last") this.#records.set(name, { event, bytes });
  }

  /** The records to write in front of the keys, or behind them, in the order of their names' first occurrence. */
  events(place: "front" | "behind"): NamedEvent[] {
    const isBehind = (event: NamedEvent) => event.kind === "module-aux" && event.when === behindKeys;
    const all = [...this.#records.values()].map(({ event }) => event);
    return all.filter((event) => isBehind(event) === (place === "behind"));
  }
}

/** A library names itself in its first line: `#!lua name=mylib`. */
function libraryName(code: Uint8Array): string {
  const [line] = Buffer.from(code).toString("latin1").split("\n", 1);
  return `function library ${/\sname=(\S+)/.exec(line)?.[1] ?? line}`;
}
