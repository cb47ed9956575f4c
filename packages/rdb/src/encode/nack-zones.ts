/**
 * Takes the nack zone out of a group, for targets that have none: an entry that nobody owns must not stay pending there.
 *
 * The zone comes behind the pending entries that it names, so the parts of one group are held until it ends, and handed on
 * without them.
 */
import { ByteSlice } from "../byte-slice.ts";
import type { StreamPart } from "../events.ts";
import { RdbEncodeError } from "./losses.ts";

/** Some 200 MB. */
const heldPartsMax = 2 ** 20;

type Part = Exclude<StreamPart, { kind: "entry" }>;

export class NackZones {
  readonly #handOn: (part: Part) => void;
  readonly #lose: (count: number) => void;
  #held: Part[] = [];
  readonly #nacked = new Set<string>();

  constructor(handOn: (part: Part) => void, lose: (count: number) => void) {
    this.#handOn = handOn;
    this.#lose = lose;
  }

  add(part: Part): void {
    switch (part.kind) {
      case "group":
        this.end();
        this.#hold({ ...part, name: ByteSlice.of(part.name.slice()) });
        break;
      case "consumer":
        this.#hold({ ...part, name: ByteSlice.of(part.name.slice()) });
        break;
      case "pending":
      case "owned":
        this.#hold(part);
        break;
      case "nacked":
        this.#nacked.add(textOf(part));
        break;
      default:
        this.end();
        this.#handOn(part);
    }
  }

  /** The group is over. */
  end(): void {
    for (const part of this.#held)
      if (part.kind !== "pending" || !this.#nacked.has(textOf(part))) this.#handOn(part);
    if (this.#nacked.size > 0) this.#lose(this.#nacked.size);
    this.#held = [];
    this.#nacked.clear();
  }

  #hold(part: Part): void {
    if (this.#held.length >= heldPartsMax)
      throw new RdbEncodeError(
        "RDB_ENCODE_TOO_LARGE",
        `a stream group of more than ${heldPartsMax} parts, whose nacked entries the target cannot hold`,
      );
    this.#held.push(part);
  }
}

function textOf({ id }: Extract<StreamPart, { kind: "pending" | "nacked" }>): string {
  return `${id.ms}-${id.seq}`;
}
