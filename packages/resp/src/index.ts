/** RESP as bytes and values: everything the package offers, in the order a reader should meet it. */

// Commands of files and streams.

export type { CommandBatch } from "./command-batch.ts";
export { type Annotation, CommandDecoder, type CommandDecoderOptions } from "./command-decoder.ts";
export {
  type CommandArgument,
  commandRoom,
  commandSize,
  encodeCommand,
  writeCommand,
} from "./encode-command.ts";

// Commands of files that may be damaged or hold anything, in pieces where need be.

export type { CommandLane, CommandRun } from "./command-lane.ts";
export { LogDecoder, type LogDecoderOptions, type LogEvent } from "./log-decoder.ts";
export type {
  ArgumentPiece,
  CommandEnd,
  CommandStart,
  Deviation,
  PieceEvent,
} from "./piece-reader.ts";

// Commands as clients send them.

export { type QuoteRules, splitInline } from "./inline-command.ts";
export {
  type BlankRequest,
  type InlineCommand,
  RequestDecoder,
  type RequestDecoderOptions,
} from "./request-decoder.ts";

// What servers answer.

export { encodeReply } from "./encode-reply.ts";
export { type Reply, type ReplyPairs, replyErrorCode } from "./reply.ts";
export {
  type KeepAlive,
  type PayloadHeader,
  ReplyDecoder,
  type ReplyDecoderOptions,
} from "./reply-decoder.ts";

// What can be wrong.

export { type RespErrorCode, RespFormatError } from "./errors.ts";
