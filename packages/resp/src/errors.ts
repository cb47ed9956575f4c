/**
 * What can be wrong with RESP bytes: one code per rule, so that tests and tools match the code and people read the message.
 */
import { FormatError } from "@holdfast/bytes";

export type RespErrorCode =
  | "RESP_BAD_PREFIX"
  | "RESP_BAD_NUMBER"
  | "RESP_BAD_LINE_END"
  | "RESP_BAD_VALUE"
  | "RESP_UNBALANCED_QUOTES"
  | "RESP_LINE_TOO_LONG"
  | "RESP_TOO_MANY_ARGUMENTS"
  | "RESP_STRING_TOO_LONG"
  | "RESP_TOO_MANY_ELEMENTS"
  | "RESP_TOO_DEEP"
  | "RESP_REPLY_TOO_LARGE"
  | "RESP_TRUNCATED";

/** Bytes that are not sound RESP. `offset` is of the first byte that cannot be explained, from the start of the stream. */
export class RespFormatError extends FormatError {
  override readonly name = "RespFormatError";
  declare readonly code: RespErrorCode;
  /** Stream offset at which the record with the damage begins (a command, a line, a reply): everything before it is whole. */
  readonly commandOffset: number;
  /** The sentence without the place, for tools that print the place in their own way. */
  readonly detail: string;

  constructor(code: RespErrorCode, detail: string, offset: number, commandOffset: number) {
    super("resp", code, detail, { offset });
    this.commandOffset = commandOffset;
    this.detail = detail;
  }
}
