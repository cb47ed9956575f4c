/** Bytes in hand: everything the package offers, in the order a reader should meet it. */

// The error that every format extends.

export { FormatError, type FormatErrorPlace } from "./errors.ts";

// Bytes coming in, bytes going out, integers in them.

export { ByteWindow, type ByteWindowOptions, slotsOf, type WindowHome } from "./byte-window.ts";
export { ByteWriter } from "./byte-writer.ts";
export {
  decimalOf,
  parseCanonicalInt,
  readI64le,
  readU16be,
  readU16le,
  readU24be,
  readU24le,
  readU32be,
  readU32le,
  readU64be,
  readU64le,
} from "./integers.ts";

// What RDB files are sealed and packed with.

export { Crc64, type Crc64Home, combineCrc64, crc64, formatCrc64 } from "./crc64.ts";
export { LZF_MAX_RATIO, LzfError, lzfDecompress, lzfPeek } from "./lzf.ts";
export { LzfCompressor } from "./lzf-compress.ts";
export { LzfStream, type LzfStreamOptions } from "./lzf-stream.ts";

// What people wrap files in.

export { type Container, decompressContainer, sniffContainer } from "./compression.ts";
export { CompressionError, type CompressionErrorCode } from "./compression-error.ts";
export { type ContainerWriter, openContainerWriter } from "./container-writer.ts";

// Where a cluster keeps a key.

export { NameMemo } from "./name-memo.ts";
export { CLUSTER_SLOTS, slotOfKey } from "./slot.ts";

// Bytes for people.

export { displayWidth, type PreviewOptions, previewBytes } from "./preview.ts";
export { escapeBytes, isUtf8, parseEscaped, utf8Of } from "./text.ts";

// Code that is not JavaScript.

export { instantiateModule } from "./web-assembly.ts";
