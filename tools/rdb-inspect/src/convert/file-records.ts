/**
 * What a converted file says about itself: the aux fields and hints of the source, as far as they are still true.
 *
 *   redis-ver, valkey-ver       the target's release, unless the source's is of it
 *   repl-id, repl-offset, …     only while the keys are those of the source: a replica must not take up another history
 *   slot-info, sizes of a db    the same: they count keys
 *   aof-preamble                not when it says that a log follows: the log is not in the copy
 */
import type { AuxEvent, RdbEvent, RdbTarget } from "@holdfast/rdb";

const replicationNames: ReadonlySet<string> = new Set(["repl-id", "repl-offset", "repl-stream-db"]);
const versionNames: ReadonlySet<string> = new Set(["redis-ver", "valkey-ver"]);
/** The first Valkey that names itself so. */
const ownNameFrom = 8;

export class FileRecords {
  readonly #target: RdbTarget;
  readonly #sourceVersion: number;
  readonly #isWhole: boolean;
  #saidVersion = false;

  /** `isWhole`: the copy has the keys of the source, under their names and with their expiries. */
  constructor(target: RdbTarget, sourceVersion: number, isWhole: boolean) {
    this.#target = target;
    this.#sourceVersion = sourceVersion;
    this.#isWhole = isWhole;
  }

  /** The events to write for a record of the source that is no key, in order. */
  replace(event: RdbEvent): readonly RdbEvent[] {
    if (event.kind === "aux") return this.#replaceAux(event);
    if (event.kind === "resize-db" || event.kind === "slot-info") return this.#isWhole ? [event] : [];
    if (event.kind === "header" || event.kind === "trailing") return [];
    return [...this.missing(), event];
  }

  /** The version of the server, when the source did not say one and its aux fields are over. */
  missing(): readonly RdbEvent[] {
    if (this.#saidVersion) return [];
    this.#saidVersion = true;
    const version = this.#versionAux();
    return version === undefined ? [] : [version];
  }

  #replaceAux(event: AuxEvent): readonly RdbEvent[] {
    const name = textOf(event.name).toLowerCase();
    if (versionNames.has(name)) {
      if (!this.#isStillTrue(name, textOf(event.value))) return this.missing();
      this.#saidVersion = true;
      return [event];
    }
    if (name === "aof-preamble" && textOf(event.value) === "1") return [];
    const dependsOnKeys = replicationNames.has(name) || name === "slot-info";
    return dependsOnKeys && !this.#isWhole ? [] : [event];
  }

  #isStillTrue(name: string, value: string): boolean {
    const { family, rdbVersion } = this.#target;
    if (family === "any") return rdbVersion === this.#sourceVersion;
    return name === this.#versionName() && value.startsWith(`${this.#release}.`);
  }

  /** Servers only log the version; other tools tell the server by it. */
  #versionAux(): AuxEvent | undefined {
    if (this.#target.family === "any") return undefined;
    const value = Buffer.from(`${this.#release}.0`, "latin1");
    return { kind: "aux", name: Buffer.from(this.#versionName(), "latin1"), value };
  }

  get #release(): string {
    return this.#target.name.split("-")[1];
  }

  #versionName(): string {
    return this.#target.family === "valkey" && Number.parseInt(this.#release, 10) >= ownNameFrom
      ? "valkey-ver"
      : "redis-ver";
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
