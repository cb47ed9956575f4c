/**
 * What an allocation really takes: jemalloc rounds every request up to a size class.
 *
 *   up to 8            8
 *   up to 128          multiples of the quantum, 16
 *   above              four classes for each doubling: 160 192 224 256, 320 384 448 512, …
 *   page-wise builds   above 16 KiB multiples of the page, 4 KiB
 *
 * jemalloc 5.3.1 no longer uses the four classes for large requests, so 100 000 bytes take 102 400
 * there and 114 688 in 5.2 and 5.3.0.
 *
 * Source: the size class table of jemalloc's manual; MEMORY USAGE of strings of 1 to 200 000 bytes on
 * the servers named in README.md. Those are linked with the system's jemalloc; a server linked with
 * the jemalloc it ships with has a quantum of 8.
 */

const quantumBytes = 16;
const smallestClassBytes = 8;
const steppedClassMaxBytes = 128;
const pageBytes = 4096;
const pageWiseAboveBytes = 16384;
const tableBytes = 8192;

export class Allocator {
  /** For people: "jemalloc 5.3.0". */
  readonly name: string;
  readonly #isPageWise: boolean;
  /** Filled as sizes are met; 0 is none. */
  readonly #classes = new Uint32Array(tableBytes);

  constructor(options: { readonly name: string; readonly isPageWise: boolean }) {
    this.name = options.name;
    this.#isPageWise = options.isPageWise;
  }

  /** Bytes that a request for `bytes` takes; 0 for none. */
  sizeOf(bytes: number): number {
    if (bytes >= tableBytes) return this.#classOf(bytes);
    const known = this.#classes[bytes];
    return known === 0 && bytes > 0 ? (this.#classes[bytes] = this.#classOf(bytes)) : known;
  }

  #classOf(bytes: number): number {
    if (bytes <= smallestClassBytes) return smallestClassBytes;
    if (bytes <= steppedClassMaxBytes) return roundUp(bytes, quantumBytes);
    if (this.#isPageWise && bytes > pageWiseAboveBytes) return roundUp(bytes, pageBytes);
    return roundUp(bytes, 2 ** (Math.floor(Math.log2(bytes - 1)) - 2));
  }
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}

export const jemalloc521 = new Allocator({ name: "jemalloc 5.2.1", isPageWise: false });
export const jemalloc530 = new Allocator({ name: "jemalloc 5.3.0", isPageWise: false });
export const jemalloc531 = new Allocator({ name: "jemalloc 5.3.1", isPageWise: true });
