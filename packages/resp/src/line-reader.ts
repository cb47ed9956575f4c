/**
 * Lines in a window that end in LF, with or without CR: annotations of files, inline commands.
 */
import type { ByteWindow } from "@holdfast/bytes";
import { RespFormatError } from "./errors.ts";

const CR = 0x0d;
const LF = 0x0a;

export interface Line {
  /** Without its end; borrowed until the next push() or next(). */
  readonly line: Uint8Array;
  readonly offset: number;
  readonly endOffset: number;
}

/** Finds the end of the line at the window's position; looks at no byte twice. */
export class LineReader {
  readonly #window: ByteWindow;
  readonly #bytesMax: number;
  readonly #what: string;
  #searchedBytes = 0;
  /** Fewer bytes than this in the window do not help. */
  wantedBytes = 1;

  /** `what` is for messages: "an annotation". */
  constructor(window: ByteWindow, bytesMax: number, what: string) {
    this.#window = window;
    this.#bytesMax = bytesMax;
    this.#what = what;
  }

  /** The line, and the window then stands behind it; undefined when its end has not arrived. Throws RESP_LINE_TOO_LONG. */
  next(): Line | undefined {
    const window = this.#window;
    const { buffer, position, limit, offset } = window;
    // The line, and two bytes for its end.
    const searchedTo = Math.min(limit, position + this.#bytesMax + 2);
    const end = buffer.subarray(0, searchedTo).indexOf(LF, position + this.#searchedBytes);
    if (end === -1) {
      if (searchedTo - position === this.#bytesMax + 2) throw this.#tooLong(offset);
      this.#searchedBytes = searchedTo - position;
      this.wantedBytes = this.#searchedBytes + 1;
      return undefined;
    }
    const lineEnd = end > position && buffer[end - 1] === CR ? end - 1 : end;
    if (lineEnd - position > this.#bytesMax) throw this.#tooLong(offset);
    this.#searchedBytes = 0;
    this.wantedBytes = 1;
    window.position = end + 1;
    return { line: buffer.subarray(position, lineEnd), offset, endOffset: window.offset };
  }

  #tooLong(offset: number): RespFormatError {
    const detail = `${this.#what} of more than ${this.#bytesMax} bytes`;
    return new RespFormatError("RESP_LINE_TOO_LONG", detail, offset, offset);
  }
}
