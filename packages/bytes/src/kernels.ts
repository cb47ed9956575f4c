/**
 * The WebAssembly kernels: CRC-64 and LZF for blocks large enough to pay for copying them in and out.
 *
 * One instance per process, made when this module is loaded (about 2 ms). It is a constant with scratch memory: every call
 * copies its input in, computes, copies the result out and leaves nothing behind that a later call believes, and all of it
 * happens within one synchronous call. So nobody can observe that it is shared. A worker thread has its own.
 *
 * Without WebAssembly (node --jitless) there are no kernels, and the plain paths do all the work.
 * Sources in assembly/, compiled into generated/kernels.ts.
 */

import { KERNELS_BASE64 } from "./generated/kernels.ts";
import { instantiateModule } from "./web-assembly.ts";

/** Bytes that a kernel may touch behind the end of what it was given. */
const SLACK_BYTES = 64;

/** What assembly/kernels.ts exports. */
interface KernelExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly scratch: { readonly value: number };
  readonly foldTailBytes: { readonly value: number };
  crcTables(): void;
  crcSliced(start: number, end: number): void;
  crcFoldBegin(): void;
  crcFold(source: number, count: number): void;
  crcFoldEnd(source: number, count: number): void;
  crcShift(count: number): void;
  lzfUnpack(source: number, sourceEnd: number, target: number, targetEnd: number): number;
  lzfPack(source: number, sourceEnd: number, target: number, targetEnd: number): number;
}

/** The kernels with views of their memory. */
export interface Kernels extends KernelExports {
  readonly bytes: Uint8Array;
  /** The CRC register's low and high half. */
  readonly register: Int32Array;
  /** Index in `bytes` where input goes. */
  readonly scratchStart: number;
  /** How many bytes fit there. */
  readonly scratchBytes: number;
  /** How many bytes at the end of the input must be kept for crcFoldEnd(). */
  readonly tailBytes: number;
}

/** Undefined where there is no WebAssembly. */
export const kernels: Kernels | undefined = instantiate();

function instantiate(): Kernels | undefined {
  const exports = instantiateModule<KernelExports>(KERNELS_BASE64);
  if (exports === undefined) return undefined;
  exports.crcTables();
  const bytes = new Uint8Array(exports.memory.buffer);
  return {
    ...exports,
    bytes,
    register: new Int32Array(exports.memory.buffer, 0, 2),
    scratchStart: exports.scratch.value,
    scratchBytes: bytes.length - exports.scratch.value - SLACK_BYTES,
    tailBytes: exports.foldTailBytes.value,
  };
}
