/**
 * Two blocks that begin at a page of memory, which writing past the page cache asks for (open(2), O_DIRECT). JavaScript cannot ask
 * for that; the memory of WebAssembly begins at a page, and 64 KiB at a time it stays there.
 *
 * There is one such pair in a process. Who comes while it is lent gets ordinary memory, which is as good, only not as fast.
 */

/** Large enough that a disk is kept busy by one write at a time. */
export const blockBytes = 4 << 20;
/** Of those who come while the pair is lent: little, as there may be many. */
const plainBlockBytes = 256 << 10;
const wasmPageBytes = 65_536;

export interface LentBlocks {
  /** Of one size, `blockBytes` or less. */
  readonly blocks: readonly [Uint8Array, Uint8Array];
  /** Nobody writes from them any more. */
  giveBack(): void;
}

type Pair = readonly [Uint8Array, Uint8Array];

let pages: Pair | undefined;
let isLent = false;

export function borrowBlocks(): LentBlocks {
  if (isLent) return { blocks: pairOf(new ArrayBuffer(2 * plainBlockBytes)), giveBack: () => {} };
  pages ??= pairOf(pagedMemory());
  isLent = true;
  return {
    blocks: pages,
    giveBack: () => {
      isLent = false;
    },
  };
}

function pairOf(memory: ArrayBuffer): Pair {
  const sizeBytes = memory.byteLength / 2;
  return [new Uint8Array(memory, 0, sizeBytes), new Uint8Array(memory, sizeBytes)];
}

interface WebAssemblyMemory {
  Memory: new (size: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
}

function pagedMemory(): ArrayBuffer {
  const { WebAssembly } = globalThis as { readonly WebAssembly?: WebAssemblyMemory };
  if (WebAssembly === undefined) return new ArrayBuffer(2 * blockBytes);
  const pageCount = (2 * blockBytes) / wasmPageBytes;
  return new WebAssembly.Memory({ initial: pageCount, maximum: pageCount }).buffer;
}
