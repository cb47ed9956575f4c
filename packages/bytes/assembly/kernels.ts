/**
 * The entry of the kernels: what src/kernels.ts may call. Compiled to src/generated/kernels.ts by `npm run kernels`.
 */

import { lzfPackBlock } from "./lzf-pack";
import { HISTORY_BYTES, LZF_TABLE, SCRATCH } from "./memory";

export { crcFold, crcFoldBegin, crcFoldEnd, crcShift, crcSliced, crcTables } from "./crc64";
export { lzfUnpack } from "./lzf";

/** Where bytes are copied in. */
export const scratch: usize = SCRATCH;

/** How many bytes crcFoldEnd() takes at least. */
export const foldTailBytes: usize = HISTORY_BYTES;

/** Packs a block of the scratch area into another place there; see lzf-pack.ts. */
export function lzfPack(source: usize, sourceEnd: usize, target: usize, targetEnd: usize): i32 {
  return lzfPackBlock(source, sourceEnd, target, targetEnd, LZF_TABLE);
}
