/**
 * Module values: vector sets (a module that Redis 8 ships with) by their own formula, others by size.
 *
 *   trace    module id, then the value of each integer and the bytes of each string
 *
 *   vector set   dimensions, count, quantisation + 256 * links, flags (1 projection, 2 attributes)
 *                [projection: input dimensions, matrix bytes]
 *                per element: name bytes, [attribute bytes], vector bytes, n, n numbers
 *
 * The server counts names and attributes by its first twenty elements, which are the last in the file.
 *
 * Source: VectorSetMemUsage and VectorSetRdbSave in modules/vector-sets/vset.c of Redis 8.0.6 and 8.6.3.
 */
import type { TypeRow } from "@holdfast/rdb";
import type { MemoryModel } from "./model.ts";
import type { Steps, Tally } from "./stepwise.ts";
import { embeddedHeaderBytes, stringBytes } from "./strings.ts";

/** The id of "vectorset", version 0, as a rounded number: ids are 64 bits wide. */
const vectorSetId = moduleId("vectorset");
const idRounding = 4096;

function moduleId(name: string): number {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  let id = 0;
  for (const letter of name) id = id * 64 + alphabet.indexOf(letter);
  return id * 1024;
}

/** Reads one module value's trace; for StepwiseSizer. */
export function* moduleSteps(model: MemoryModel, _row: TypeRow, tally: Tally): Steps {
  const id = yield 0;
  const isVectorSet = model.family === "redis" && Math.abs(id - vectorSetId) <= idRounding;
  if (isVectorSet) return yield* vectorSetSteps(model, tally);
  // An unknown module: nobody can say. Its integers as eight bytes each, its strings as stored.
  for (;;) tally.bytes += Math.max(8, yield 0);
}

/** The structures of the set and of its graph, with one lock and one visit mark for each of 32 threads. */
const setBytes = 120 + 1712;
const nodeBytes = 312;
const layerBytes = 24;
const pointerBytes = 8;
const floatBytes = 4;
const dictShareBytes = 16;
const scannedElements = 20;
const defaultLinks = 16;
const flagProjection = 1;
const flagAttributes = 2;

function* vectorSetSteps(model: MemoryModel, tally: Tally): Steps {
  const dimensions = yield 0;
  const count = yield 0;
  const config = yield 0;
  const flags = yield 0;
  tally.bytes = setBytes;
  if ((flags & flagProjection) !== 0) {
    const inputDimensions = yield 0;
    yield 0;
    tally.bytes += floatBytes * inputDimensions * dimensions;
  }
  const names = new LastSizes(model);
  const attributes = new LastSizes(model);
  let attributeCount = 0;
  let vectorBytes = 0;
  for (let element = 0; element < count; element += 1) {
    names.add(yield 0);
    if ((flags & flagAttributes) !== 0) {
      const attributeBytes = yield 0;
      attributes.add(attributeBytes);
      if (attributeBytes > 0) attributeCount += 1;
    }
    vectorBytes = yield 0;
    const parameters = yield 0;
    if (parameters > 0) yield parameters - 1;
  }
  if (count === 0) return tally.bytes;
  const links = 2 * (Math.floor(config / 256) % 65536 || defaultLinks);
  tally.bytes += count * (nodeBytes + vectorBytes + dictShareBytes + names.mean(0));
  tally.bytes += Math.floor((layerBytes * count * 4) / 3);
  tally.bytes += count * pointerBytes * links + Math.floor((pointerBytes * (links / 2) * count) / 3);
  return tally.bytes + attributeCount * attributes.mean(64);
}

const object = 16;
const embeddedTextMax = 44;

/** The last sizes added, as string objects of this server; a text of no bytes leaves a gap. */
class LastSizes {
  readonly #model: MemoryModel;
  readonly #sizes: number[] = [];
  #next = 0;

  constructor(model: MemoryModel) {
    this.#model = model;
  }

  add(textBytes: number): void {
    this.#sizes[this.#next] = textBytes === 0 ? 0 : this.#stringObjectBytes(textBytes);
    this.#next = (this.#next + 1) % scannedElements;
  }

  /** Rounded down as the server does; `none` if there was no text. */
  mean(none: number): number {
    const sizes = this.#sizes.filter((size) => size > 0);
    if (sizes.length === 0) return none;
    return Math.floor(sizes.reduce((sum, size) => sum + size, 0) / sizes.length);
  }

  #stringObjectBytes(textBytes: number): number {
    const { allocator } = this.#model;
    if (textBytes > embeddedTextMax) return object + allocator.sizeOf(stringBytes(textBytes));
    return allocator.sizeOf(object + embeddedHeaderBytes + textBytes + 1);
  }
}
