/**
 * Module values: vector sets (a module that Redis 8 ships with) by their own formula; others are unknown.
 *
 *   trace        the value of each integer and the bytes of each string, in file order
 *
 *   vector set   dimensions, count, quantisation + 256 * links, flags (1 projection, 2 attributes)
 *                [projection: input dimensions, matrix bytes]
 *                per element: name bytes, [attribute bytes], vector bytes, n, n numbers
 *
 * A trace does not name the module, so a vector set is known by its numbers: they have to be in range,
 * and the first vector has to have the size that dimensions and quantisation demand.
 *
 * The server counts names and attributes by its first twenty elements, which are the last in the file.
 *
 * Source: VectorSetMemUsage and VectorSetRdbSave in modules/vector-sets/vset.c of Redis 8.0.6 and 8.6.3.
 */
import type { TypeRow } from "@holdfast/rdb";
import type { MemoryModel } from "./model.ts";
import type { Steps, Tally } from "./stepwise.ts";
import { embeddedHeaderBytes, stringBytes } from "./strings.ts";

/** What a sizer of modules returns for a value that it does not know. */
const unknownBytes = Number.NaN;

/** The structures of the set and of its graph, with one lock and one visit mark for each of 32 threads. */
const setBytes = 1784;
const nodeBytes = 312;
const layerBytes = 24;
const pointerBytes = 8;
const floatBytes = 4;
const dictShareBytes = 16;
const scannedElements = 20;
const defaultLinks = 16;
const attributeBytesAssumed = 64;
const dimensionsMax = 2 ** 16;
const configMax = 2 ** 24;
const flagProjection = 1;
const flagAttributes = 2;

/** Reads one module value's trace, for StepwiseSizer; returns `unknownBytes` unless it is a vector set. */
export function* moduleSteps(model: MemoryModel, _row: TypeRow, tally: Tally): Steps {
  tally.bytes = unknownBytes;
  const dimensions = yield 0;
  const count = yield 0;
  const config = yield 0;
  const flags = yield 0;
  const elementBytes = vectorBytesOf(dimensions, config % 256);
  if (elementBytes === undefined || config >= configMax || flags > flagProjection + flagAttributes) {
    return unknownBytes;
  }
  let fixedBytes = setBytes;
  if ((flags & flagProjection) !== 0) {
    const inputDimensions = yield 0;
    yield 0;
    fixedBytes += floatBytes * inputDimensions * dimensions;
  }
  const names = new LastSizes(model);
  const attributes = new LastSizes(model);
  let attributeCount = 0;
  for (let element = 0; element < count; element += 1) {
    names.add(yield 0);
    if ((flags & flagAttributes) !== 0) {
      const attributeBytes = yield 0;
      attributes.add(attributeBytes);
      if (attributeBytes > 0) attributeCount += 1;
    }
    const vectorBytes = yield 0;
    if (vectorBytes !== elementBytes) return unknownBytes;
    const parameters = yield 0;
    if (parameters > 0) yield parameters - 1;
  }
  if (count === 0) return fixedBytes;
  const links = 2 * (Math.floor(config / 256) || defaultLinks);
  const perElement = nodeBytes + elementBytes + dictShareBytes + names.mean(0) + pointerBytes * links;
  const upperLayers =
    Math.floor((layerBytes * count * 4) / 3) + Math.floor((pointerBytes * links * count) / 6);
  return (
    fixedBytes + count * perElement + upperLayers + attributeCount * attributes.mean(attributeBytesAssumed)
  );
}

/** Bytes of one vector as floats (quantisation 0), signed bytes (1) or bits (2); undefined when out of range. */
function vectorBytesOf(dimensions: number, quantisation: number): number | undefined {
  if (dimensions < 1 || dimensions > dimensionsMax) return undefined;
  return [floatBytes * dimensions, dimensions, Math.ceil(dimensions / 64) * 8][quantisation];
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
