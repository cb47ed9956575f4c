/**
 * Memory for millions of small things, without an object for any of them: slots of fixed sizes in slabs, slabs in regions.
 *
 *   region   up to 4 MiB   [slab][slab][slab] …              one ArrayBuffer
 *   slab     64 KiB        [slot][slot][slot] …              slots of one size, from 8 bytes to 8 KiB, or a single one
 *
 *   place    a number of 32 bits: region × 2^19 + offset in the region / 8; 0 is none
 *
 * Sizes go up in eighths of a power of two, so that a slot above 64 bytes has at most an eighth to spare. Free slots of a slab are a list that runs
 * through them; a slab in which none is used serves any size again. What is larger than a slab is a region of its own. What is in a slot is
 * somebody else's business, as with malloc: whoever took a slot frees it, once.
 *
 * Hot: allocate() and free(), for every value that a log writes. Regions are large because every look into a slot reads its region's
 * view first: with an ArrayBuffer a slab, those of 400 MB do not stay in a processor's cache.
 */
import { KeyspaceError } from "../errors.ts";

const granuleBits = 3;
const slabBits = 13;
const regionBits = 19;
const slabGranules = 1 << slabBits;
const regionMask = (1 << regionBits) - 1;
const slabBytes = slabGranules << granuleBits;
const slabsPerRegion = 1 << (regionBits - slabBits);
const firstRegionSlabs = 4;
/** As far as numbers of 32 bits go: 32 GiB. */
const regionsMax = 2 ** (32 - regionBits);
/** Larger slots are whole slabs, or regions. */
export const slotBytesMax = 8192;
/** Class of what is a region of its own. */
const ownRegion = -1;

/** Slot sizes in granules, and for each number of granules the class that holds it. */
const classGranules: readonly number[] = slotSizes();
const classOfGranules: Uint8Array = classTable();
const wholeSlab = classGranules.length - 1;

/** The same memory in three ways. */
export interface Region {
  readonly bytes: Uint8Array;
  /** For words of 32 bits: little-endian everywhere. */
  readonly view: DataView;
  /** With Node's methods: slice() does not copy. */
  readonly buffer: Buffer;
}

const noRegion: Region = regionOver(Buffer.alloc(0));

export class Slabs {
  /** By number; that of a region that is no more has no bytes. */
  readonly regions: Region[] = [noRegion];
  #usedBytes = 0;
  #heldBytes = 0;

  // By slab, whose number is that of its place.
  #classOf = new Int8Array(2 * slabsPerRegion);
  #used = new Int32Array(2 * slabsPerRegion);
  /** Granule in the slab of the first slot that was freed; -1 when there is none. */
  #free = new Int32Array(2 * slabsPerRegion);
  /** Granule in the slab from which on no slot was used yet. */
  #fresh = new Int32Array(2 * slabsPerRegion);
  #next = new Int32Array(2 * slabsPerRegion);
  #previous = new Int32Array(2 * slabsPerRegion);

  /** By class: a slab with room, 0 for none. The others follow by #next. */
  readonly #roomy = new Int32Array(classGranules.length);
  /** Slabs in which nothing is used. */
  readonly #spare: number[] = [];
  /** Numbers of regions that are no more. */
  readonly #numbers: number[] = [];
  #nextRegionSlabs = firstRegionSlabs;

  /** Bytes of slots that are in use, what they have to spare included. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Bytes taken from the engine. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  static regionOf(place: number): number {
    return place >>> regionBits;
  }

  /** Byte offset of a place in its region. */
  static offsetOf(place: number): number {
    return (place & regionMask) << granuleBits;
  }

  /** A slot of at least so many bytes; what is in it is anything. Throws KEYSPACE_FULL. */
  allocate(size: number): number {
    const slotClass = classFor(size);
    if (slotClass === ownRegion) return this.#allocateRegion(size);
    const granules = classGranules[slotClass];
    let slab = this.#roomy[slotClass];
    if (slab === 0) slab = this.#open(slotClass);
    let granule = this.#free[slab];
    const place = slab * slabGranules;
    if (granule >= 0)
      this.#free[slab] = this.regions[place >>> regionBits].view.getInt32(
        ((place + granule) & regionMask) << granuleBits,
        true,
      );
    else {
      granule = this.#fresh[slab];
      this.#fresh[slab] = granule + granules;
    }
    this.#used[slab] += 1;
    this.#usedBytes += granules << granuleBits;
    if (this.#isFull(slab, granules)) this.#unlink(slab, slotClass);
    return place + granule;
  }

  /** Bytes of the slot, at least what was asked for. */
  sizeOf(place: number): number {
    const slotClass = this.#classOf[place >>> slabBits];
    if (slotClass === ownRegion) return this.regions[place >>> regionBits].bytes.length;
    return classGranules[slotClass] << granuleBits;
  }

  /** Whether a slot for so many bytes would be of the same size. */
  isSized(place: number, size: number): boolean {
    const slotClass = classFor(size);
    return slotClass !== ownRegion && this.#classOf[place >>> slabBits] === slotClass;
  }

  free(place: number): void {
    const slab = place >>> slabBits;
    const slotClass = this.#classOf[slab];
    if (slotClass === ownRegion) {
      this.#dropRegion(place >>> regionBits);
      return;
    }
    const granules = classGranules[slotClass];
    const wasFull = this.#isFull(slab, granules);
    const { view } = this.regions[place >>> regionBits];
    view.setInt32((place & regionMask) << granuleBits, this.#free[slab], true);
    this.#free[slab] = place & (slabGranules - 1);
    this.#used[slab] -= 1;
    this.#usedBytes -= granules << granuleBits;
    if (wasFull) this.#link(slab, slotClass);
    if (this.#used[slab] > 0) return;
    this.#unlink(slab, slotClass);
    this.#spare.push(slab);
  }

  #isFull(slab: number, granules: number): boolean {
    return this.#free[slab] < 0 && this.#fresh[slab] + granules > slabGranules;
  }

  #open(slotClass: number): number {
    if (this.#spare.length === 0) this.#openRegion();
    const slab = this.#spare.pop()!;
    this.#classOf[slab] = slotClass;
    this.#used[slab] = 0;
    this.#free[slab] = -1;
    this.#fresh[slab] = 0;
    this.#link(slab, slotClass);
    return slab;
  }

  #link(slab: number, slotClass: number): void {
    const next = this.#roomy[slotClass];
    this.#next[slab] = next;
    this.#previous[slab] = 0;
    if (next !== 0) this.#previous[next] = slab;
    this.#roomy[slotClass] = slab;
  }

  #unlink(slab: number, slotClass: number): void {
    const [next, previous] = [this.#next[slab], this.#previous[slab]];
    if (next !== 0) this.#previous[next] = previous;
    if (previous !== 0) this.#next[previous] = next;
    else this.#roomy[slotClass] = next;
  }

  /** A region of slabs: small ones first, so that a small keyspace takes little. */
  #openRegion(): void {
    const slabs = this.#nextRegionSlabs;
    const first = this.#addRegion(slabs * slabBytes) * slabsPerRegion;
    for (let slab = first + slabs - 1; slab >= first; slab--) this.#spare.push(slab);
    this.#nextRegionSlabs = Math.min(2 * slabs, slabsPerRegion);
  }

  #allocateRegion(size: number): number {
    const region = this.#addRegion((size + 7) & ~7);
    this.#classOf[region * slabsPerRegion] = ownRegion;
    this.#usedBytes += this.regions[region].bytes.length;
    return region * (regionMask + 1);
  }

  #addRegion(size: number): number {
    const region = this.#numbers.pop() ?? this.regions.length;
    if (region >= regionsMax) throw new KeyspaceError("KEYSPACE_FULL", `more than ${regionsMax} regions`);
    while ((region + 1) * slabsPerRegion > this.#used.length) this.#widen();
    // Not zeroed, and not of Node's pool.
    this.regions[region] = regionOver(Buffer.allocUnsafeSlow(size));
    this.#heldBytes += size;
    return region;
  }

  #dropRegion(region: number): void {
    const size = this.regions[region].bytes.length;
    this.#usedBytes -= size;
    this.#heldBytes -= size;
    this.regions[region] = noRegion;
    this.#numbers.push(region);
  }

  #widen(): void {
    const room = 2 * this.#used.length;
    this.#classOf = widened(this.#classOf, new Int8Array(room));
    this.#used = widened(this.#used, new Int32Array(room));
    this.#free = widened(this.#free, new Int32Array(room));
    this.#fresh = widened(this.#fresh, new Int32Array(room));
    this.#next = widened(this.#next, new Int32Array(room));
    this.#previous = widened(this.#previous, new Int32Array(room));
  }
}

function regionOver(buffer: Buffer): Region {
  const { buffer: memory, byteOffset, length } = buffer;
  return {
    bytes: new Uint8Array(memory, byteOffset, length),
    view: new DataView(memory, byteOffset, length),
    buffer,
  };
}

function classFor(size: number): number {
  if (size <= slotBytesMax) return classOfGranules[(size + 7) >>> granuleBits];
  return size <= slabBytes ? wholeSlab : ownRegion;
}

function widened<T extends Int8Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

function slotSizes(): number[] {
  const sizes = [1, 2, 3, 4, 5, 6, 7, 8];
  for (let step = 1; sizes[sizes.length - 1] < slotBytesMax >>> granuleBits; step *= 2)
    for (let eighth = 1; eighth <= 8; eighth++) sizes.push(8 * step + eighth * step);
  return [...sizes, slabGranules];
}

function classTable(): Uint8Array {
  const table = new Uint8Array((slotBytesMax >>> granuleBits) + 1);
  let slotClass = 0;
  for (let granules = 0; granules < table.length; granules++) {
    if (granules > classGranules[slotClass]) slotClass += 1;
    table[granules] = slotClass;
  }
  return table;
}
