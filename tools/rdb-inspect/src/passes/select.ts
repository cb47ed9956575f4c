/**
 * How a filter becomes the decoder's choice: asked before a value is read, only when there is something to ask.
 *
 * Filters on memory and elements can be answered only behind a value. A command that reads values for other
 * things than sizes asks in two steps: `choosing` marks the keys in a first walk, the second reads those.
 */
import { type FilterSettings, KeyFilter } from "@holdfast/command-line";
import type { KeyHead, RdbDecoderOptions, RdbEvent, ReadLevel } from "@holdfast/rdb";
import { FileFactsCollector } from "../file-facts.ts";
import { chooseModel, KeyMeter } from "../key-meter.ts";
import type { Pass, PassKind } from "../pass.ts";

/** One bit a key, in file order: set when the key fits all filters. */
export type ChosenKeys = Uint8Array;

/** The decoder's choice for keys that fit the filters on heads, or for the ones chosen before. */
export function selectBy(
  filter: KeyFilter,
  level: ReadLevel | ((head: KeyHead) => ReadLevel),
  chosen?: ChosenKeys,
): Pick<RdbDecoderOptions, "select"> {
  if (filter.isOpen && chosen === undefined && typeof level === "string") return {};
  const levelOf = typeof level === "string" ? () => level : level;
  if (chosen === undefined) return { select: (head) => (filter.fitsHead(head) ? levelOf(head) : "omit") };
  let ordinal = 0;
  return {
    select: (head) => {
      const isChosen = ((chosen[ordinal >> 3] >> (ordinal & 7)) & 1) === 1;
      ordinal++;
      return isChosen ? levelOf(head) : "omit";
    },
  };
}

export interface ChoosingSettings {
  readonly filters: FilterSettings;
  readonly modelName: string | undefined;
}

/** Marks the keys that fit all filters; memory is a bit a key. */
class ChoosingPass implements Pass<ChosenKeys> {
  readonly decoder: Pass<ChosenKeys>["decoder"];
  readonly pendingBytes = 0;
  readonly #settings: ChoosingSettings;
  readonly #filter: KeyFilter;
  readonly #file = new FileFactsCollector();
  #meter: KeyMeter | undefined;
  #bits = new Uint8Array(1 << 12);
  /** Count of keys met, and with it the ordinal of the one behind the key under way. */
  #met = 0;

  constructor(settings: ChoosingSettings) {
    this.#settings = settings;
    this.#filter = new KeyFilter(settings.filters);
    this.decoder = { level: "skip", trace: true, select: (head) => this.#meet(head) };
  }

  consume(event: RdbEvent): void {
    if (event.kind !== "key" && event.kind !== "items") {
      this.#file.take(event);
      return;
    }
    this.#meter ??= new KeyMeter(chooseModel(this.#settings.modelName, this.#file.facts), this.#filter);
    if (this.#meter.take(event)) this.#bits[(this.#met - 1) >> 3] |= 1 << ((this.#met - 1) & 7);
  }

  takeOutput(): undefined {}

  finish(): ChosenKeys {
    return this.#bits;
  }

  #meet(head: KeyHead): ReadLevel | "omit" {
    if (this.#met >> 3 >= this.#bits.length) {
      const larger = new Uint8Array(this.#bits.length * 2);
      larger.set(this.#bits);
      this.#bits = larger;
    }
    this.#met++;
    return this.#filter.fitsHead(head) ? "skip" : "omit";
  }
}

export const choosingPass: PassKind<ChoosingSettings, ChosenKeys> = {
  name: "choosing",
  create: (settings) => new ChoosingPass(settings),
};
