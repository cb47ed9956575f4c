/**
 * The pass behind `rdb-inspect merge`: one file after the other into the same encoder.
 *
 * Keys that lost the contest are omitted. What belongs to no key comes once: aux fields of the first file, function libraries and
 * module data by their names, under the rule for keys.
 */
import { KeyFilter } from "@holdfast/command-line";
import { encodeLevel, type KeyHead, type RdbEncoder, type RdbEvent, type RdbTarget } from "@holdfast/rdb";
import { type FileFacts, FileFactsCollector } from "../file-facts.ts";
import type { Pass, PassKind } from "../pass.ts";
import { selectBy } from "../passes/select.ts";
import { FileRecords } from "./file-records.ts";
import type { LossList } from "./loss-list.ts";
import type { Contest, MergeSource } from "./merge-survey.ts";
import type { NamedRecords } from "./named-records.ts";

/** What all files of a merge share. */
export interface MergeState {
  readonly target: RdbTarget;
  readonly encoder: RdbEncoder;
  readonly contest: Contest;
  readonly losses: LossList;
  readonly sourceCount: number;
  readonly named: NamedRecords;
}

export interface MergedFile {
  readonly file: FileFacts;
  readonly keyCount: number;
}

class MergePass implements Pass<MergedFile> {
  readonly decoder: Pass<MergedFile>["decoder"];
  readonly #state: MergeState;
  readonly #source: MergeSource;
  readonly #file = new FileFactsCollector();
  #records: FileRecords | undefined;
  #keyCount = 0;

  constructor(source: MergeSource, state: MergeState) {
    this.#state = state;
    this.#source = source;
    const { target, contest } = state;
    const fits = selectBy(
      new KeyFilter(source.filters),
      (head) => encodeLevel(target, head.row),
      source.chosen,
    ).select;
    const select = (head: KeyHead) => {
      // Asked first in any case: it counts the keys.
      const level = fits?.(head) ?? "items";
      return contest.wins(source.index, head) ? level : "omit";
    };
    this.decoder = { level: "items", select };
  }

  get pendingBytes(): number {
    return this.#state.encoder.pendingBytes;
  }

  consume(event: RdbEvent): void {
    const { encoder } = this.#state;
    if (event.kind === "key" || event.kind === "items") {
      if (event.kind === "key") this.#keyCount += 1;
      this.#writeFront();
      encoder.write(event);
    } else this.#consumeRecord(event);
  }

  takeOutput(): Uint8Array | undefined {
    return this.#state.encoder.take();
  }

  finish(): MergedFile {
    return { file: this.#file.facts, keyCount: this.#keyCount };
  }

  /** What stands in front of the keys, once, behind the aux fields of the first file. */
  #writeFront(): void {
    const records = this.#records;
    if (records === undefined) return;
    this.#records = undefined;
    const { encoder, named } = this.#state;
    for (const record of [...records.missing(), ...named.events("front")]) encoder.write(record);
  }

  #consumeRecord(event: RdbEvent): void {
    const { encoder, sourceCount, target, losses, named } = this.#state;
    this.#file.take(event);
    const isFirst = this.#source.index === 0;
    switch (event.kind) {
      case "header":
        if (isFirst) this.#records = new FileRecords(target, event.version, false);
        break;
      case "function":
      case "module-aux":
        // All files were asked for theirs before: #writeFront() has them.
        break;
      case "end":
        this.#writeFront();
        if (this.#source.index !== sourceCount - 1) break;
        for (const record of named.events("behind")) encoder.write(record);
        encoder.write(event);
        break;
      case "trailing":
        if (this.#file.facts.aux.get("aof-preamble") === "1") losses.addLog();
        break;
      case "aux":
        for (const replacement of this.#records?.replace(event) ?? []) encoder.write(replacement);
        break;
      case "slot-import":
        encoder.write(event);
        break;
      default:
    }
  }
}

/** For one walk over one of the files. */
export function mergePass(state: MergeState): PassKind<MergeSource, MergedFile> {
  return { name: "merge", create: (source) => new MergePass(source, state) };
}
