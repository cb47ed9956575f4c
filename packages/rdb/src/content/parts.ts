/**
 * A value as a set of parts, whatever its encoding and order: what fingerprints are made of, and what two values are
 * compared by.
 *
 *   kind            name                             content
 *   block           number of the block              4096 bytes of a string, or of a module's value as stored
 *   element         index in the list                text
 *   member          text                             -
 *   field           text                             text, expiry of the field
 *   scored          text                             score; -0 is 0, because some encodings of servers cannot hold it
 *   slot            index in the array               text that the server would answer
 *   insert-index    -                                where an array would insert next
 *   metadata        -                                key metadata as stored
 *   entry …         the parts of streams: stream-parts.ts
 *   vector …        the parts of vector sets: vector-parts.ts
 *
 * The fingerprint of a part is finish(absorb(name), absorb(content), absorb(kind, index, low, high)), where low and high are the bits of a
 * double; a name or content that is a text enters as the state of that text. assembly/content-values.ts makes the
 * same for the kinds up to `scored`.
 */
import { ByteSlice } from "../byte-slice.ts";
import type { ArraySlot, HashField, ItemBatch, KeyEvent, ScoredMember } from "../events.ts";
import { StreamParts } from "./stream-parts.ts";
import { ValuePart } from "./value-part.ts";
import { VectorParts } from "./vector-parts.ts";

/** What a comparison may leave out. */
export interface ContentRules {
  /** Expiries of keys and of hash fields. */
  readonly ignoreExpiry?: boolean;
  /** Groups of streams, with their consumers and pending entries. */
  readonly ignoreGroups?: boolean;
}

export const blockBytes = 4096;

/** Turns the events of one key after the other into parts. */
export class PartReader {
  readonly #take: (part: ValuePart) => void;
  readonly #ignoreExpiry: boolean;
  readonly #part = new ValuePart();
  readonly #streams: StreamParts;
  readonly #vectors: VectorParts;
  /** The block under way, and how many bytes of it there are. */
  readonly #block = new Uint8Array(blockBytes);
  #blockFilled = 0;
  /** Blocks or elements so far. */
  #count = 0;
  #isList = false;
  #isStream = false;
  #isModule = false;
  #insertIndex: bigint | undefined;

  /** `take` gets every part in file order, in one object that is used again for the next. */
  constructor(take: (part: ValuePart) => void, rules: ContentRules = {}) {
    this.#take = take;
    this.#ignoreExpiry = rules.ignoreExpiry ?? false;
    this.#streams = new StreamParts(this.#part, take, rules.ignoreGroups ?? false);
    this.#vectors = new VectorParts(this.#part, take, (bytes) => this.#addBytes(bytes));
  }

  /** A key begins; its first batch comes with add(). */
  begin(event: KeyEvent): void {
    this.#blockFilled = 0;
    this.#count = 0;
    this.#isList = event.type === "list";
    this.#isStream = event.type === "stream";
    if (this.#isStream) this.#streams.begin();
    this.#isModule = event.type === "module";
    if (this.#isModule) this.#vectors.begin();
    if (event.meta === undefined) return;
    const part = this.#part.begin("metadata");
    part.setContent(ByteSlice.of(event.meta));
    this.#take(part);
  }

  /** The next batch of the value. */
  add(items: ItemBatch): void {
    switch (items.of) {
      case "chunks":
        for (const chunk of items.chunks) this.#addBytes(chunk);
        break;
      case "opaque":
        this.#vectors.add(items.bytes);
        break;
      case "elements":
        for (const element of items.elements) this.#addElement(element);
        break;
      case "fields":
        for (const field of items.fields) this.#addField(field);
        break;
      case "scored":
        for (const member of items.members) this.#addScored(member);
        break;
      case "array":
        for (const slot of items.slots) this.#addSlot(slot);
        if (items.insertIndex !== undefined) this.#insertIndex = items.insertIndex;
        break;
      case "stream":
        for (const part of items.parts) this.#streams.add(part);
        break;
      default:
    }
  }

  /** The value is over. */
  end(): void {
    if (this.#isModule) this.#vectors.end();
    if (this.#blockFilled > 0) this.#addBlock(this.#block, 0, this.#blockFilled);
    if (this.#insertIndex !== undefined) this.#addInsertIndex(this.#insertIndex);
    if (this.#isStream) this.#streams.end();
    this.#blockFilled = 0;
    this.#insertIndex = undefined;
  }

  /** Cuts bytes into blocks, wherever the pieces they come in begin and end. */
  #addBytes(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#blockFilled === 0 && bytes.length - at >= blockBytes) {
        this.#addBlock(bytes, at, at + blockBytes);
        at += blockBytes;
        continue;
      }
      const taken = Math.min(blockBytes - this.#blockFilled, bytes.length - at);
      this.#block.set(bytes.subarray(at, at + taken), this.#blockFilled);
      this.#blockFilled += taken;
      at += taken;
      if (this.#blockFilled < blockBytes) continue;
      this.#blockFilled = 0;
      this.#addBlock(this.#block, 0, blockBytes);
    }
  }

  #addBlock(bytes: Uint8Array, start: number, end: number): void {
    const part = this.#part.begin("block");
    part.index = this.#count++;
    part.setContent(new ByteSlice(bytes, start, end));
    this.#take(part);
  }

  #addElement(element: ByteSlice): void {
    const part = this.#part.begin(this.#isList ? "element" : "member");
    if (this.#isList) {
      part.index = this.#count++;
      part.setContent(element);
    } else {
      part.setName(element);
    }
    this.#take(part);
  }

  #addField({ field, value, expireAtMs }: HashField): void {
    const part = this.#part.begin("field");
    part.setName(field);
    part.setContent(value);
    part.expireAtMs = this.#ignoreExpiry ? undefined : expireAtMs;
    part.setDouble(part.expireAtMs ?? -0);
    this.#take(part);
  }

  #addScored({ member, score }: ScoredMember): void {
    const part = this.#part.begin("scored");
    part.setName(member);
    part.score = score + 0;
    part.setDouble(part.score);
    this.#take(part);
  }

  #addSlot({ index, value }: ArraySlot): void {
    const part = this.#part.begin("slot");
    part.wideIndex = index;
    part.openName().absorbWide(index);
    part.setContent(value);
    this.#take(part);
  }

  #addInsertIndex(index: bigint): void {
    const part = this.#part.begin("insert-index");
    part.wideIndex = index;
    part.openContent().absorbWide(index);
    this.#take(part);
  }
}
