/**
 * The bytes a streaming decoder has in hand: pushed chunk by chunk, read at `position`, forgotten when read.
 *
 *   buffer   [ consumed | unread           | spare room ]
 *              0          position           limit
 *   stream     start      start + position
 *
 * Hot loops read `buffer`, `position` and `limit` into locals and write `position` back. A decoder that runs out
 * of bytes puts `position` back to its last committed element and asks for more; everything from `position` on
 * survives the next push(), everything before it is gone.
 *
 * A chunk that arrives when nothing is unread is used where it lies, without a copy. Otherwise what is left and
 * the chunk are joined in memory of the window's own, which grows by doubling and is moved down only when at
 * least half of it is free: pushing byte by byte costs a constant number of copies per byte.
 */

const SMALLEST_OWN_BYTES = 256;
/** Own memory above this is given back once it is this many times larger than what is needed. */
const KEEP_OWN_BYTES = 1 << 20;
const SHRINK_FACTOR = 8;
const POISON_BYTE = 0xdb;
const NOTHING = new Uint8Array(0);

export interface ByteWindowOptions {
  /** Stream offset of the first byte that will be pushed. Default 0. */
  readonly start?: number;
  /**
   * For tests: push() overwrites everything already consumed with 0xDB, so that a view which should have been
   * copied turns into a wrong result. Chunks are copied, because the caller's memory is not ours to overwrite.
   * Default false.
   */
  readonly poison?: boolean;
  /** Memory where the bytes shall lie as long as they fit. */
  readonly home?: WindowHome | undefined;
}

/**
 * Memory for a window of which something else has a view, such as a kernel: `buffer` is then `memory`.
 *
 *   memory   [ room                    | headroom | slot | headroom | slot | … ]
 *
 * A chunk that lies in a slot is used where it lies: what was unread before it is put into the headroom in front. Other
 * chunks, and what does not fit there, are gathered in the room; what does not fit even there lies elsewhere until it is
 * consumed.
 */
export interface WindowHome {
  readonly memory: Uint8Array;
  readonly roomBytes: number;
  readonly headroomBytes: number;
}

/** The slots of a home, behind its room, each with its headroom in front. */
export function slotsOf({ memory, roomBytes, headroomBytes }: WindowHome, slotBytes: number): Uint8Array[] {
  const slots: Uint8Array[] = [];
  for (let at = roomBytes + headroomBytes; at < memory.length; at += headroomBytes + slotBytes)
    slots.push(memory.subarray(at, at + slotBytes));
  return slots;
}

/**
 * A window over a stream of bytes.
 *
 * Views into `buffer` are borrowed: they stay valid until the next push(). A pushed chunk must not change as
 * long as views of it are in use; the window itself never writes into it.
 */
export class ByteWindow {
  /** Holds the bytes; only [position, limit) is unread. Changes at push(). */
  buffer: Uint8Array = NOTHING;
  /** The same bytes as `buffer`, index for index. Changes at push(). */
  view: DataView = new DataView(NOTHING.buffer);
  /** Index in `buffer` of the next byte to read. */
  position = 0;
  /** Index in `buffer` behind the last valid byte. */
  limit = 0;
  /** Stream offset of `buffer[0]`. */
  start: number;

  readonly #poison: boolean;
  readonly #home: WindowHome | undefined;
  /** The memory we may write to: `buffer` is this one, or a chunk that belongs to the caller. */
  #own: Uint8Array = NOTHING;
  #poisonedBefore = 0;

  constructor(options: ByteWindowOptions = {}) {
    this.start = options.start ?? 0;
    this.#poison = options.poison ?? false;
    this.#home = options.home;
  }

  /** Stream offset of the next byte to read. */
  get offset(): number {
    return this.start + this.position;
  }

  /** How many bytes are unread. */
  get available(): number {
    return this.limit - this.position;
  }

  /** Adds a chunk behind the unread bytes and forgets the consumed ones. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    if (this.#poison) this.#poisonConsumed();
    if (this.#home !== undefined) {
      if (this.#poison || !this.#adoptAtHome(chunk, this.#home)) this.#append(chunk);
    } else if (this.position === this.limit && !this.#poison) this.#adopt(chunk);
    else this.#append(chunk);
  }

  /** Declares everything before this index of `buffer` consumed: reading goes on there. */
  discardBefore(position: number): void {
    if (position < this.position || position > this.limit) {
      throw new RangeError(`index ${position} is outside the unread bytes [${this.position}, ${this.limit}]`);
    }
    this.position = position;
  }

  /** A view of the next `count` bytes, which are consumed. The caller has checked `available`. */
  take(count: number): Uint8Array {
    const end = this.position + count;
    if (!(count >= 0 && end <= this.limit)) {
      throw new RangeError(`${count} bytes wanted, ${this.available} available`);
    }
    const bytes = this.buffer.subarray(this.position, end);
    this.position = end;
    return bytes;
  }

  #adopt(chunk: Uint8Array): void {
    this.start += this.position;
    this.position = 0;
    this.limit = chunk.length;
    if (this.#own.length > KEEP_OWN_BYTES && this.#own.length > SHRINK_FACTOR * chunk.length)
      this.#own = NOTHING;
    this.#use(plain(chunk));
  }

  /** Uses a chunk in a slot where it lies; false when it is none, or the headroom is too small. */
  #adoptAtHome(chunk: Uint8Array, { memory, roomBytes, headroomBytes }: WindowHome): boolean {
    const at = chunk.byteOffset - memory.byteOffset;
    const rest = this.available;
    if (chunk.buffer !== memory.buffer || at < roomBytes || rest > headroomBytes) return false;
    const { offset } = this;
    memory.set(this.buffer.subarray(this.position, this.limit), at - rest);
    this.position = at - rest;
    this.limit = at + chunk.length;
    this.start = offset - this.position;
    this.#own = memory;
    this.#use(memory);
    return true;
  }

  #append(chunk: Uint8Array): void {
    const sizeBytes = this.available + chunk.length;
    if (
      this.buffer !== this.#own ||
      this.limit + chunk.length > this.#endOfRoom ||
      this.#isBetterMoved(sizeBytes)
    )
      this.#makeRoom(sizeBytes);
    this.buffer.set(chunk, this.limit);
    this.limit += chunk.length;
  }

  /** Index behind the last byte of `buffer` that may be written to. */
  get #endOfRoom(): number {
    return this.buffer === this.#home?.memory ? this.#home.roomBytes : this.buffer.length;
  }

  /**
   * Bytes come home as soon as they fit, and at home they go to the front when that costs less than what was consumed:
   * memory that is used again is still in the processor's cache.
   */
  #isBetterMoved(sizeBytes: number): boolean {
    if (this.#home === undefined || sizeBytes > this.#home.roomBytes) return false;
    return this.buffer !== this.#home.memory || (this.position > 0 && this.available <= this.position);
  }

  /** Moves the unread bytes to the front of memory of our own that holds at least `sizeBytes`. */
  #makeRoom(sizeBytes: number): void {
    const unread = this.buffer.subarray(this.position, this.limit);
    const previous = this.buffer;
    const target = this.#ownMemory(sizeBytes);
    target.set(unread);
    if (this.#poison && previous !== target) previous.fill(POISON_BYTE);
    this.start += this.position;
    this.limit = unread.length;
    this.position = 0;
    this.#poisonedBefore = 0;
    this.#use(target);
  }

  /** Our home if it is large enough, else our memory if it is and at least half free, else new memory. */
  #ownMemory(sizeBytes: number): Uint8Array {
    const home = this.#home;
    if (home !== undefined && sizeBytes <= home.roomBytes) return (this.#own = home.memory);
    // Behind the room of a home lie its slots, and the next chunk may be on its way into one of them.
    const capacity = this.#own === home?.memory ? 0 : this.#own.length;
    const fits = capacity >= sizeBytes && this.available * 2 <= capacity;
    const wasteful = capacity > KEEP_OWN_BYTES && capacity > SHRINK_FACTOR * sizeBytes;
    if (fits && !wasteful && !this.#poison) return this.#own;
    // Only the unread part is doubled: ten bytes left before a chunk of 1 MiB must not ask for 2 MiB. The eighth
    // on top absorbs rests of changing size, so that equal chunks soon stop asking for memory.
    const wanted = sizeBytes + this.available + Math.floor(sizeBytes / 8);
    this.#own = new Uint8Array(Math.max(SMALLEST_OWN_BYTES, wanted));
    return this.#own;
  }

  #use(memory: Uint8Array): void {
    if (memory === this.buffer) return;
    this.buffer = memory;
    this.view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
  }

  #poisonConsumed(): void {
    if (this.position === this.limit) {
      // Fresh memory for the next chunk: a stale view must not see new bytes that happen to look right.
      this.buffer.fill(POISON_BYTE);
      this.#own = NOTHING;
      this.start += this.position;
      this.position = this.limit = this.#poisonedBefore = 0;
      this.#use(NOTHING);
      return;
    }
    this.buffer.fill(POISON_BYTE, this.#poisonedBefore, this.position);
    this.#poisonedBefore = Math.max(this.#poisonedBefore, this.position);
  }
}

/** The same memory, never as a Buffer of Node: there slice() does not copy, and what was meant to be kept would stay borrowed. */
function plain(chunk: Uint8Array): Uint8Array {
  if (chunk.constructor === Uint8Array) return chunk;
  return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
}
