/** Bytes in hand: everything the package offers, in the order a reader should meet it. */

export { ByteWindow, type ByteWindowOptions } from "./byte-window.ts";
export { Crc64, crc64, formatCrc64 } from "./crc64.ts";
export { FormatError, type FormatErrorPlace } from "./errors.ts";
export { LZF_MAX_RATIO, LzfError, lzfDecompress, lzfPeek } from "./lzf.ts";
export { LzfStream, type LzfStreamOptions } from "./lzf-stream.ts";
