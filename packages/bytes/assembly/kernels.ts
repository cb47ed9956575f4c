/**
 * The entry of the kernels: what src/kernels.ts may call. Compiled to src/generated/kernels.ts by `npm run kernels`.
 */

import { HISTORY_BYTES, SCRATCH } from "./memory";

export { crcFold, crcFoldBegin, crcFoldEnd, crcSliced, crcTables } from "./crc64";
export { lzfUnpack } from "./lzf";

/** Where bytes are copied in. */
export const scratch: usize = SCRATCH;

/** How many bytes crcFoldEnd() takes at least, and how far behind `scratch` it expects them. */
export const foldTailBytes: usize = HISTORY_BYTES;
