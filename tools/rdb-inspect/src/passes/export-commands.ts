/**
 * The pass behind `rdb-inspect export --format resp|restore`: commands that make the data again.
 *
 *   resp      ordinary commands, and RESTORE for what has none
 *   restore   one RESTORE a key with the value as stored
 *
 * The commands are those of EventCommands. What it leaves out is counted and named here.
 */
import { KeyFilter } from "@holdfast/command-line";
import {
  type CommandTarget,
  EventCommands,
  type FileOrigin,
  isLoss,
  type LeftOutKind,
  type LeftOutPart,
  type RdbEvent,
} from "@holdfast/rdb";
import { type FileFacts, FileFactsCollector } from "../file-facts.ts";
import { ByteSink } from "../output/byte-sink.ts";
import type { Pass, SectionedPassKind } from "../pass.ts";
import { targetOf, targetOfFile } from "../targets.ts";
import { type ExportResult, type ExportSettings, LeftOutList, mergeExports } from "./export-settings.ts";
import { selectBy } from "./select.ts";

export interface ExportCommandsSettings extends ExportSettings {
  readonly form: "commands" | "restore";
  /** Undefined: the server that wrote the file. */
  readonly targetName: string | undefined;
  /** Existing keys of the target are replaced. */
  readonly isReplacing: boolean;
  /** For a section that does not begin with the header. */
  readonly file?: FileOrigin;
}

/** In words; those of "form" and "vector-set" need more than a kind. */
const words: Readonly<Record<Exclude<LeftOutKind, "form" | "vector-set">, string>> = {
  "consumer-time": "times at which stream consumers were last seen",
  "deleted-pending-entry": "pending entries of deleted stream entries (use --format restore)",
  "field-expiry": "expiries of hash fields, which the target does not have",
  frequency: "access frequencies (use --format restore)",
  function: "function libraries, which the target cannot load",
  "idempotency-record": "idempotency records of streams",
  "idempotency-settings": "idempotency settings of streams",
  "idle-time": "idle times (use --format restore)",
  "key-metadata": "key metadata of modules (use --format restore)",
  "module-aux": "records of module data beside the keys",
  "too-large": "values above 512 MiB, which no server takes in one command",
  "unowned-pending-entry": "pending stream entries that no consumer owns",
  "unsearched-pending-entry":
    "pending entries in streams too long to be searched: the server drops those of deleted entries",
};

class ExportCommandsPass implements Pass<ExportResult> {
  readonly decoder: Pass<ExportResult>["decoder"];
  readonly #settings: ExportCommandsSettings;
  readonly #file = new FileFactsCollector();
  readonly #sink = new ByteSink();
  readonly #commands: EventCommands;
  readonly #leftOut = new LeftOutList();
  #keyCount = 0;

  constructor(settings: ExportCommandsSettings) {
    this.#settings = settings;
    this.#commands = new EventCommands({
      sink: this.#sink,
      form: settings.form,
      target: () => this.#target,
      origin: () => settings.file ?? originOf(this.#file.facts),
      isReplacing: settings.isReplacing,
      leaveOut: (part) => this.#leaveOut(part),
    });
    const filter = new KeyFilter(settings.filters);
    this.decoder = {
      level: "items",
      ...selectBy(filter, (head) => this.#commands.levelOf(head), settings.chosen),
    };
  }

  get pendingBytes(): number {
    return this.#sink.size;
  }

  consume(event: RdbEvent): void {
    if (this.#commands.take(event)) {
      this.#sink.commit();
      if (event.kind === "key" || event.kind === "items") this.#keyCount++;
    }
    this.#file.take(event);
  }

  takeOutput(): Uint8Array | undefined {
    return this.#sink.take();
  }

  finish(): ExportResult {
    const isTorn = this.#sink.isTorn;
    const { db, name } = isTorn ? this.#commands.key : { db: 0, name: undefined };
    const tornKey = name === undefined ? undefined : { db, key: name };
    if (!isTorn) this.#sink.rollback();
    return { file: this.#file.facts, keyCount: this.#keyCount, leftOut: this.#leftOut.finish(), tornKey };
  }

  get #target(): CommandTarget {
    const { targetName } = this.#settings;
    return targetName === undefined ? targetOfFile(this.#file.facts) : targetOf(targetName);
  }

  #leaveOut(part: LeftOutPart): void {
    const { count = 1 } = part;
    this.#leftOut.add(this.#inWords(part), { isLoss: isLoss(part.kind), count });
  }

  #inWords({ kind, type, row }: LeftOutPart): string {
    if (kind === "form")
      return `${type} keys in a form (${row?.name}) that ${this.#target.name} does not restore`;
    if (kind === "vector-set") return `vector sets, which ${this.#target.name} does not have`;
    return words[kind];
  }
}

/** A section does not see the header: what follows from it is said in its settings. */
function sectionSettings(settings: ExportCommandsSettings, facts: FileFacts): ExportCommandsSettings {
  const targetName = settings.targetName ?? targetOfFile(facts).name;
  return { ...settings, targetName, file: originOf(facts) };
}

function originOf({ dialect, version }: FileFacts): FileOrigin {
  return { dialect: dialect ?? "redis", version: version ?? 1 };
}

export const exportCommandsPass: SectionedPassKind<ExportCommandsSettings, ExportResult> = {
  name: "export-commands",
  create: (settings) => new ExportCommandsPass(settings),
  sections: (settings) =>
    settings.chosen === undefined
      ? { isOrderFree: false, settingsFor: (facts) => sectionSettings(settings, facts) }
      : undefined,
  merge: mergeExports,
};
