/**
 * A map from text to anything that holds more than one Map of the engine can: 2^24 entries.
 *
 * Nearly always it is one Map; another one is opened when that is full, and then every miss costs one more look. Order is that of
 * insertion, except that what was added after a removal may stand in an earlier map.
 */

/** Below the engine's ceiling, and a power of two, where its tables grow. */
const entriesMax = 2 ** 23;

export class WideMap<V> {
  #first = new Map<string, V>();
  #more: Map<string, V>[] | undefined;
  readonly #entriesMax: number;

  /** `entriesInOneMap` is for tests. */
  constructor(entriesInOneMap = entriesMax) {
    this.#entriesMax = entriesInOneMap;
  }

  get size(): number {
    if (this.#more === undefined) return this.#first.size;
    return this.#more.reduce((sum, map) => sum + map.size, this.#first.size);
  }

  get(key: string): V | undefined {
    const found = this.#first.get(key);
    if (found !== undefined || this.#more === undefined) return found;
    return this.#home(key)?.get(key);
  }

  has(key: string): boolean {
    return this.#more === undefined ? this.#first.has(key) : this.#home(key) !== undefined;
  }

  set(key: string, value: V): void {
    if (this.#more === undefined && this.#first.size < this.#entriesMax) this.#first.set(key, value);
    else (this.#home(key) ?? this.#roomy()).set(key, value);
  }

  delete(key: string): boolean {
    return this.#more === undefined ? this.#first.delete(key) : (this.#home(key)?.delete(key) ?? false);
  }

  /** Both iterators live: what is added while they run may come or not. */
  entries(): IterableIterator<[string, V]> {
    return this.#more === undefined
      ? this.#first.entries()
      : chained(this.#all().map((map) => map.entries()));
  }

  keys(): IterableIterator<string> {
    return this.#more === undefined ? this.#first.keys() : chained(this.#all().map((map) => map.keys()));
  }

  /** A map with the same entries; takes time in proportion to them. */
  clone(): WideMap<V> {
    const copy = new WideMap<V>(this.#entriesMax);
    copy.#first = new Map(this.#first);
    copy.#more = this.#more?.map((map) => new Map(map));
    return copy;
  }

  #all(): Map<string, V>[] {
    return [this.#first, ...(this.#more ?? [])];
  }

  #home(key: string): Map<string, V> | undefined {
    if (this.#first.has(key)) return this.#first;
    return this.#more?.find((map) => map.has(key));
  }

  #roomy(): Map<string, V> {
    if (this.#first.size < this.#entriesMax) return this.#first;
    this.#more ??= [];
    let found = this.#more.find((map) => map.size < this.#entriesMax);
    if (found === undefined) this.#more.push((found = new Map()));
    return found;
  }
}

function* chained<T>(iterators: readonly IterableIterator<T>[]): IterableIterator<T> {
  for (const iterator of iterators) yield* iterator;
}
