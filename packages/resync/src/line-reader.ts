/**
 * The lines of the handshake: what stands between two sides before a snapshot or the stream begins.
 *
 *   +PONG\r\n   -NOAUTH …\r\n   +FULLRESYNC id 122\r\n   $182\r\n
 *   \n          alone: "still there", sent about once a second; stepped over
 *
 * Bytes behind the last line are left as they are: they belong to the snapshot or the stream.
 */

const CR = 0x0d;
const LF = 0x0a;
/** Far above what servers send; more is no handshake. */
const LINE_BYTES_MAX = 8 * 1024;

const nothing = new Uint8Array(0);

export class LineReader {
  #unread: Uint8Array = nothing;
  /** Up to here #unread was searched. */
  #searched = 0;

  push(bytes: Uint8Array): void {
    this.#unread = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes]);
  }

  /** The next line as latin-1, without its end; undefined when more bytes are needed, "too-long" when no end comes. */
  next(): { readonly line: string } | "too-long" | undefined {
    this.#stepOverKeepAlives();
    const end = this.#unread.indexOf(LF, this.#searched);
    if (end < 0) {
      this.#searched = this.#unread.length;
      return this.#unread.length > LINE_BYTES_MAX ? "too-long" : undefined;
    }
    if (end > LINE_BYTES_MAX) return "too-long";
    const size = this.#unread[end - 1] === CR ? end - 1 : end;
    const line = Buffer.from(this.#unread.subarray(0, size)).toString("latin1");
    this.#drop(end + 1);
    return { line };
  }

  /** What is behind the last line; the reader forgets it. */
  takeRest(): Uint8Array {
    const rest = this.#unread;
    this.#drop(rest.length);
    return rest;
  }

  #stepOverKeepAlives(): void {
    if (this.#searched > 0) return;
    let count = 0;
    while (this.#unread[count] === LF) count++;
    if (count > 0) this.#drop(count);
  }

  #drop(count: number): void {
    this.#unread = count === this.#unread.length ? nothing : this.#unread.subarray(count);
    this.#searched = 0;
  }
}
