/**
 * A lane that makes fingerprints of content (content-fingerprint.ts) where the records lie: assembly/content-lane.ts.
 *
 *   row      | key: 4 words | content: 4 words |       eight words a row, beside what every run of a lane has
 */
import { instantiateModule } from "@holdfast/bytes";
import { CONTENT_BASE64 } from "../generated/content.ts";
import { KernelLane, type LaneExports } from "../lane.ts";
import type { ContentRules } from "./parts.ts";

interface ContentExports extends LaneExports {
  readonly content: { readonly value: number };
  contentRecords(start: number, limit: number, db: number): number;
  setRange(first: number, last: number): void;
  ignoreExpiry(isIgnored: boolean): void;
  ignoreGroups(isIgnored: boolean): void;
}

const rowWords = 8;
/** A large value costs much less here than in JavaScript, but not without end: see KernelLane. */
const patienceBytes = 15 << 20;

export class ContentLane extends KernelLane {
  /** Eight words for each row of the run, as ContentFingerprinter has them. */
  readonly words: Uint32Array;
  readonly #exports: ContentExports;

  constructor(exports: ContentExports, rules: ContentRules) {
    super(exports, exports.contentRecords, patienceBytes);
    this.#exports = exports;
    this.words = new Uint32Array(
      exports.memory.buffer,
      exports.content.value,
      exports.rowsMax.value * rowWords,
    );
    exports.ignoreExpiry(rules.ignoreExpiry ?? false);
    exports.ignoreGroups(rules.ignoreGroups ?? false);
  }

  /**
   * From now on only keys whose first word lies in [first, last] have the fingerprint of their content made; values of
   * the others are stepped over, and nothing is known of their soundness. With first > last that is true of all keys.
   */
  setRange(first: number, last: number): void {
    this.#exports.setRange(first, last);
  }
}

/** A lane for level "items" whose rows have fingerprints; undefined where there is no WebAssembly. */
export function makeContentLane(rules: ContentRules = {}): ContentLane | undefined {
  const exports = instantiateModule<ContentExports>(CONTENT_BASE64);
  return exports && new ContentLane(exports, rules);
}
