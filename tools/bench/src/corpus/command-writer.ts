/**
 * Commands as a client sends them, packed into large pieces for a bulk load.
 *
 *   *3\r\n  $4\r\nSADD\r\n  $1\r\nk\r\n  $1\r\nm\r\n        an array of bulk strings
 *
 * Source: the RESP2 specification. Arguments are latin-1 text, so a character is a byte. Nothing is queued
 * per command: a promise each would cost more than the server's work. Hot: `arg`.
 */

const pieceBytes = 1 << 20;
/** Room for `$`, a length and two line ends. */
const frameBytes = 32;
/** Up to here a loop over characters is faster than a call into the runtime. */
const loopCharsMax = 48;

export class CommandWriter {
  #buffer = Buffer.allocUnsafe(pieceBytes);
  #end = 0;

  /** True when it is time to `take`. */
  get isFull(): boolean {
    return this.#end >= pieceBytes - (pieceBytes >> 3);
  }

  /** A whole command. */
  command(...args: readonly string[]): void {
    this.begin(args.length);
    for (const arg of args) this.arg(arg);
  }

  /** Starts a command; exactly `argCount` calls of `arg` must follow, the command's name included. */
  begin(argCount: number): void {
    this.#reserve(frameBytes);
    this.#buffer[this.#end++] = 0x2a;
    this.#number(argCount);
    this.#lineEnd();
  }

  arg(text: string): void {
    this.#reserve(text.length + frameBytes);
    this.#buffer[this.#end++] = 0x24;
    this.#number(text.length);
    this.#lineEnd();
    if (text.length > loopCharsMax) {
      this.#end += this.#buffer.write(text, this.#end, "latin1");
    } else {
      const buffer = this.#buffer;
      let at = this.#end;
      for (let index = 0; index < text.length; index++) buffer[at++] = text.charCodeAt(index);
      this.#end = at;
    }
    this.#lineEnd();
  }

  /** Everything since the last `take`; the caller owns it. */
  take(): Buffer {
    const piece = this.#buffer.subarray(0, this.#end);
    this.#buffer = Buffer.allocUnsafe(pieceBytes);
    this.#end = 0;
    return piece;
  }

  #number(value: number): void {
    let divisor = 1;
    while (value >= divisor * 10) divisor *= 10;
    for (; divisor >= 1; divisor /= 10) {
      this.#buffer[this.#end++] = 0x30 + (Math.floor(value / divisor) % 10);
    }
  }

  #lineEnd(): void {
    this.#buffer[this.#end++] = 0x0d;
    this.#buffer[this.#end++] = 0x0a;
  }

  #reserve(sizeBytes: number): void {
    if (this.#end + sizeBytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(2 * this.#buffer.length + sizeBytes);
    this.#buffer.copy(larger, 0, 0, this.#end);
    this.#buffer = larger;
  }
}
