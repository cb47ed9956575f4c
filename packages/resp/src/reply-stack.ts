/**
 * Replies inside replies: what is open, how much is missing, and what a value becomes when it is closed.
 *
 * Counts are only counted down, nothing is made by them; the decoder limits depth and number of elements.
 */
import type { Reply, ReplyPairs } from "./reply.ts";

export type AggregateKind = "array" | "set" | "push" | "map" | "attributes";

interface Frame {
  readonly kind: AggregateKind | "streamed-string";
  /** Values that are missing; Infinity for one that a mark ends. */
  left: number;
  readonly items: Reply[];
  readonly parts: Uint8Array[];
  /** Of the aggregate itself. */
  readonly attributes: ReplyPairs | undefined;
  /** Of the value that comes next in it. */
  pending: ReplyPairs | undefined;
}

export class ReplyStack {
  readonly #frames: Frame[] = [];
  #pending: ReplyPairs | undefined;

  get depth(): number {
    return this.#frames.length;
  }

  /** Whether a reply has begun: attributes belong to it. */
  get isInside(): boolean {
    return this.#frames.length > 0 || this.#pending !== undefined;
  }

  /** What is open innermost, and whether a mark ends it. */
  get top():
    | { readonly kind: Frame["kind"]; readonly isStreamed: boolean; readonly count: number }
    | undefined {
    const frame = this.#frames.at(-1);
    if (frame === undefined) return undefined;
    return {
      kind: frame.kind,
      isStreamed: frame.left === Number.POSITIVE_INFINITY,
      count: frame.items.length,
    };
  }

  /** Opens an aggregate of so many values (a pair is two). An empty one is closed at once: its reply, if it was outermost. */
  open(kind: AggregateKind | "streamed-string", left: number): Reply | undefined {
    const attributes = kind === "attributes" ? undefined : this.#takePending();
    this.#frames.push({ kind, left, items: [], parts: [], attributes, pending: undefined });
    return left === 0 ? this.close() : undefined;
  }

  addPart(bytes: Uint8Array): void {
    this.#frames.at(-1)!.parts.push(bytes);
  }

  /** Adds a value where it belongs, and closes what it completes. Returns the outermost reply once that is whole. */
  add(value: Reply): Reply | undefined {
    const attributes = this.#takePending();
    return this.#put(attributes === undefined ? value : { ...value, attributes });
  }

  /** Closes what is open innermost. */
  close(): Reply | undefined {
    const frame = this.#frames.pop()!;
    if (frame.kind === "attributes") {
      this.#setPending(pairsOf(frame.items));
      return undefined;
    }
    const value = valueIn(frame);
    return this.#put(frame.attributes === undefined ? value : { ...value, attributes: frame.attributes });
  }

  #put(value: Reply): Reply | undefined {
    const frame = this.#frames.at(-1);
    if (frame === undefined) return value;
    frame.items.push(value);
    frame.left--;
    return frame.left === 0 ? this.close() : undefined;
  }

  #takePending(): ReplyPairs | undefined {
    const holder = this.#frames.at(-1);
    const pending = holder === undefined ? this.#pending : holder.pending;
    if (pending !== undefined) this.#setPending(undefined);
    return pending;
  }

  /** Attributes in front of attributes are of the same value. */
  #setPending(pairs: ReplyPairs | undefined): void {
    const holder = this.#frames.at(-1);
    const earlier = holder === undefined ? this.#pending : holder.pending;
    const all = pairs === undefined ? undefined : [...(earlier ?? []), ...pairs];
    if (holder === undefined) this.#pending = all;
    else holder.pending = all;
  }
}

function valueIn(frame: Frame): Reply {
  switch (frame.kind) {
    case "streamed-string":
      return { kind: "string", bytes: new Uint8Array(Buffer.concat(frame.parts)) };
    case "map":
      return { kind: "map", pairs: pairsOf(frame.items) };
    default:
      return { kind: frame.kind as "array" | "set" | "push", items: frame.items };
  }
}

function pairsOf(items: readonly Reply[]): ReplyPairs {
  const pairs: [Reply, Reply][] = [];
  for (let index = 0; index + 1 < items.length; index += 2) pairs.push([items[index], items[index + 1]]);
  return pairs;
}
