/**
 * Lists: node by node as in a quicklist file, or element by element, which the server packs anew.
 *
 *   layout   N(s)   trace   count, then the bytes of each element
 *            n(p)           count, then bytes and entries of each node
 *            n(q)           the same; entries -1 for a plain node
 *
 * Source: quicklist.c, t_list.c: a node is full when eight bytes more than the next element would not fit.
 */
import type { TypeRow } from "@holdfast/rdb";
import type { MemoryModel } from "./model.ts";
import { listpackEntryBytes, listpackFixedBytes, repackedBytes } from "./packed-sizes.ts";
import type { ValueSizer } from "./value-sizer.ts";

const entryOverheadAssumed = 8;

export class ListSizer implements ValueSizer {
  readonly #model: MemoryModel;
  #count = -1;
  #nodes = 0;
  #nodesBytes = 0;
  /** Entries of the node that is being filled; 0 when there is none. */
  #openBytes = 0;
  #lastNodeBytes = 0;
  #hasPlainNode = false;

  constructor(model: MemoryModel) {
    this.#model = model;
  }

  begin(): void {
    this.#count = -1;
    this.#nodes = 0;
    this.#nodesBytes = 0;
    this.#openBytes = 0;
    this.#hasPlainNode = false;
  }

  add(trace: Float64Array, start: number, end: number): void {
    let index = start;
    if (this.#count < 0 && index < end) this.#count = trace[index++];
    for (; index < end; index += 1) this.#push(trace[index]);
  }

  #push(bytes: number): void {
    const { list } = this.#model;
    if (bytes > list.plainNodeAboveBytes) {
      this.#closeNode();
      this.#hasPlainNode = true;
      this.#addNode(bytes);
      return;
    }
    if (this.#openBytes > 0 && this.#openBytes + bytes + entryOverheadAssumed > list.nodeBytesMax) {
      this.#closeNode();
    }
    if (this.#openBytes === 0) this.#openBytes = listpackFixedBytes;
    this.#openBytes += listpackEntryBytes(bytes);
  }

  #closeNode(): void {
    if (this.#openBytes > 0) this.#addNode(this.#openBytes);
    this.#openBytes = 0;
  }

  #addNode(entriesBytes: number): void {
    this.#nodes += 1;
    this.#lastNodeBytes = entriesBytes;
    this.#nodesBytes += this.#model.list.node(entriesBytes);
  }

  finish(): number {
    this.#closeNode();
    const { list } = this.#model;
    const isListpack = list.singleNodeIsListpack && this.#nodes === 1 && !this.#hasPlainNode;
    return isListpack ? this.#model.packed(this.#lastNodeBytes) : list.quicklist + this.#nodesBytes;
  }
}

export class QuicklistSizer implements ValueSizer {
  readonly #model: MemoryModel;
  #kind: "listpack" | "ziplist" = "listpack";
  #count = -1;
  #nodeBytes = -1;
  #nodes = 0;
  #nodesBytes = 0;
  #lastNodeBytes = 0;
  #lastIsPlain = false;

  constructor(model: MemoryModel) {
    this.#model = model;
  }

  begin(row: TypeRow): void {
    this.#kind = row.packed === "ziplist" ? "ziplist" : "listpack";
    this.#count = -1;
    this.#nodeBytes = -1;
    this.#nodes = 0;
    this.#nodesBytes = 0;
  }

  add(trace: Float64Array, start: number, end: number): void {
    let index = start;
    if (this.#count < 0 && index < end) this.#count = trace[index++];
    for (; index < end; index += 1) {
      if (this.#nodeBytes < 0) {
        this.#nodeBytes = trace[index];
      } else {
        this.#addNode(this.#nodeBytes, trace[index]);
        this.#nodeBytes = -1;
      }
    }
  }

  #addNode(sizeBytes: number, entries: number): void {
    const { packedKind, list } = this.#model;
    this.#lastIsPlain = entries < 0;
    const bytes = this.#lastIsPlain
      ? sizeBytes
      : repackedBytes({ kind: this.#kind, sizeBytes, entries }, packedKind);
    this.#nodes += 1;
    this.#lastNodeBytes = bytes;
    this.#nodesBytes += list.node(bytes);
  }

  finish(): number {
    const { list } = this.#model;
    const isSmall = this.#nodes === 1 && !this.#lastIsPlain && this.#lastNodeBytes <= list.nodeBytesMax;
    if (list.singleNodeIsListpack && isSmall) return this.#model.packed(this.#lastNodeBytes);
    return list.quicklist + this.#nodesBytes;
  }
}
