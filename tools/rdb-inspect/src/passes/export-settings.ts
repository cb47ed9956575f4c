/** What the exports have in common: settings, result, and what an export may have to leave out. */
import type { FilterSettings } from "@holdfast/command-line";
import { type FileFacts, mergeFileFacts } from "../file-facts.ts";
import type { ChosenKeys } from "./select.ts";

/** One kind of thing that the output cannot hold, and how often it was met. */
export interface LeftOut {
  readonly what: string;
  readonly count: number;
  /** True when data is missing, false when only a hint for the server is (such as idle times). */
  readonly isLoss: boolean;
}

export interface ExportResult {
  readonly file: FileFacts;
  readonly keyCount: number;
  readonly leftOut: readonly LeftOut[];
  /** The key whose record is only partly in the output, because the input failed within it. */
  readonly tornKey: { readonly db: number; readonly key: Uint8Array } | undefined;
}

export interface ExportSettings {
  readonly filters: FilterSettings;
  /** The keys to export, when the filters ask for sizes: see select.ts. */
  readonly chosen?: ChosenKeys | undefined;
}

/** Counts what is left out, by kind. */
export class LeftOutList {
  readonly #kinds = new Map<string, { count: number; isLoss: boolean }>();

  add(what: string, options: { readonly isLoss: boolean; readonly count?: number }): void {
    const kind = this.#kinds.get(what) ?? { count: 0, isLoss: options.isLoss };
    kind.count += options.count ?? 1;
    this.#kinds.set(what, kind);
  }

  finish(): LeftOut[] {
    return [...this.#kinds].map(([what, { count, isLoss }]) => ({ what, count, isLoss }));
  }
}

export function mergeExports(first: ExportResult, second: ExportResult): ExportResult {
  const leftOut = new LeftOutList();
  for (const { what, count, isLoss } of [...first.leftOut, ...second.leftOut])
    leftOut.add(what, { count, isLoss });
  return {
    file: mergeFileFacts(first.file, second.file),
    keyCount: first.keyCount + second.keyCount,
    leftOut: leftOut.finish(),
    tornKey: second.tornKey ?? first.tornKey,
  };
}
