/** What a check wants to know of the RDB at the start of a file: its facts, and damage inside values whose end is known. */
import type { RdbEvent } from "@holdfast/rdb";
import type { AofServer } from "./command-table.ts";
import { consequenceOf } from "./outcomes.ts";
import type { AofProblem, AofRdbPart } from "./report.ts";

/** Of each kind, how many are listed; all are counted. */
const LISTED_MAX = 20;

type RdbFinding = Pick<AofProblem, "code" | "offset" | "detail" | "cause">;

export class RdbPartWatch {
  #part: AofRdbPart | undefined;
  #dialect: "redis" | "valkey" = "redis";
  #version = 0;
  #keyCount = 0;
  #serverVersion: string | undefined;
  #serverFamily: "redis" | "valkey" | undefined;
  #createdAtSec: number | undefined;
  readonly #damages: RdbFinding[] = [];
  readonly #warnings: RdbFinding[] = [];
  #damageCount = 0;
  #warningCount = 0;

  /** Undefined until the end of the RDB was read. */
  get part(): AofRdbPart | undefined {
    return this.#part;
  }

  /** Whose version it is that the file states. */
  get serverFamily(): "redis" | "valkey" | undefined {
    return this.#serverFamily;
  }

  get serverVersion(): string | undefined {
    return this.#serverVersion;
  }

  /** Whether a value is damaged although the file as a whole can be read. */
  get hasDamage(): boolean {
    return this.#damageCount > 0;
  }

  take(event: RdbEvent): void {
    switch (event.kind) {
      case "header":
        this.#dialect = event.dialect;
        this.#version = event.version;
        break;
      case "aux":
        this.#aux(Buffer.from(event.name).toString("latin1"), Buffer.from(event.value).toString("latin1"));
        break;
      case "keys":
        this.#keyCount += event.keyCount;
        break;
      case "key":
        this.#keyCount++;
        break;
      case "damage": {
        const { offset, detail, code } = event.error;
        if (this.#damageCount++ < LISTED_MAX)
          this.#damages.push({ code: "AOF_RDB_DAMAGED", offset, detail, cause: code });
        break;
      }
      case "warning":
        if (this.#warningCount++ < LISTED_MAX) {
          const { offset, detail, code } = event;
          this.#warnings.push({ code: "AOF_RDB_WARNING", offset, detail, cause: code });
        }
        break;
      case "end":
        this.#end(event.endOffset);
        break;
    }
  }

  *problems(path: string, server: AofServer | undefined): Generator<AofProblem, void, void> {
    for (const [found, count] of [
      [this.#damages, this.#damageCount],
      [this.#warnings, this.#warningCount],
    ] as const) {
      for (const [index, finding] of found.entries()) {
        const further = index === found.length - 1 ? count - found.length : 0;
        yield {
          ...finding,
          path,
          ...consequenceOf(finding.code, server),
          ...(further === 0 ? {} : { further }),
        };
      }
    }
  }

  #aux(name: string, value: string): void {
    if (name === "redis-ver" || name === "valkey-ver") {
      this.#serverFamily = name === "redis-ver" ? "redis" : "valkey";
      this.#serverVersion = value;
    }
    if (name === "ctime" && /^\d{1,15}$/.test(value)) this.#createdAtSec = Number(value);
  }

  #end(sizeBytes: number): void {
    this.#part = {
      sizeBytes,
      dialect: this.#dialect,
      version: this.#version,
      keyCount: this.#keyCount,
      ...(this.#serverVersion === undefined ? {} : { serverVersion: this.#serverVersion }),
      ...(this.#createdAtSec === undefined ? {} : { createdAtSec: this.#createdAtSec }),
    };
  }
}
