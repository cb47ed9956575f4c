/** Commands as bytes: everything the package offers, in the order a reader should meet it. */

export type { CommandBatch } from "./command-batch.ts";
export { type Annotation, CommandDecoder, type CommandDecoderOptions } from "./command-decoder.ts";
export { type CommandArgument, encodeCommand } from "./encode-command.ts";
export { type RespErrorCode, RespFormatError } from "./errors.ts";
