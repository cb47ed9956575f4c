/** The filters of filters.ts as options of a command, and back from what commander hands over. */
import { type Command, Option } from "commander";
import { type FilterOption, type FilterSettings, filterOptions, parseFilter } from "./filters.ts";

const filterFlags: Readonly<Record<FilterOption, readonly [value: string, description: string]>> = {
  db: ["<n>", "keys of this database"],
  key: ["<glob>", "keys whose name fits, as in KEYS: * ? [a-z] [^x] \\x"],
  "key-regex": ["<re>", "keys whose name fits a regular expression"],
  type: ["<type>", "string, list, set, zset, hash, stream, array or module"],
  slot: ["<a-b>", "keys of these cluster slots"],
  expires: ["<when>", "none, any, past, or A..B with now, 2h, -1d or a time"],
  "min-memory": ["<size>", "keys estimated at this size or more"],
  "min-elements": ["<n>", "keys with so many elements or more"],
};

/** What a command offers, and under which name where its own options leave no other. */
export type FilterNames = Partial<Readonly<Record<FilterOption, string>>>;

/** All of them, under their own names. */
const allFilters: FilterNames = Object.fromEntries(filterOptions.map((option) => [option, option]));

/** Adds the options, each with its hidden --not- form, as a group of the help. Default: all of them. */
export function addFilterOptions(command: Command, names: FilterNames = allFilters): void {
  command.optionsGroup("Filters (repeatable; values of one are alternatives, each has a --not- form):");
  for (const option of filterOptions) {
    const name = names[option];
    if (name === undefined) continue;
    const [value, description] = filterFlags[option];
    command.addOption(repeatable(`--${name} ${value}`, description));
    command.addOption(repeatable(`--not-${name} ${value}`, "").hideHelp());
  }
}

/** An option that may be given several times: commander then hands over an array. */
export function repeatable(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string, earlier: readonly string[] | undefined) => [
    ...(earlier ?? []),
    value,
  ]);
}

/** `--key` arrives as `key`, `--not-key` as `notKey`, each an array of texts. Throws UsageError. */
export function parseFilters(
  options: Readonly<Record<string, unknown>>,
  nowMs: number,
  names: FilterNames = allFilters,
): FilterSettings {
  return filterOptions.flatMap((option) =>
    [false, true].flatMap((isNegated) => {
      const name = names[option];
      if (name === undefined) return [];
      const texts = options[optionProperty(name, isNegated)] as readonly string[] | undefined;
      return texts === undefined ? [] : [parseFilter(option, texts, isNegated, nowMs, name)];
    }),
  );
}

/** The property under which commander keeps a filter's values. */
function optionProperty(name: string, isNegated: boolean): string {
  return `${isNegated ? "not-" : ""}${name}`.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
