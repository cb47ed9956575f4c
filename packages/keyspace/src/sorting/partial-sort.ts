/**
 * Sorts as much of a list as is wanted, in the servers' way: which of several equal items comes first depends on the way.
 *
 * Quicksort with the pivot of Bentley and McIlroy ("Engineering a Sort Function", 1993): equal items are swapped to both ends while the list
 * is parted, then to the middle; a part that does not touch the wanted range is left as it is. Source of the choices: redis src/pqsort.c.
 */

export type Compare<Item> = (first: Item, second: Item) => number;

/** Below this, items are sorted by insertion. */
const insertionItems = 7;
/** Above this, the pivot is taken from nine items. */
const nineItems = 40;

/** Reorders `items` so that items[first, last] (both included) are what they would be in the sorted list. */
export function partialSort<Item>(items: Item[], compare: Compare<Item>, first: number, last: number): void {
  sortPart(items, compare, { start: 0, count: items.length, first, last });
}

function sortPart<Item>(
  items: Item[],
  compare: Compare<Item>,
  part: { readonly start: number; readonly count: number; readonly first: number; readonly last: number },
): void {
  const { first, last } = part;
  let { start, count } = part;
  for (;;) {
    if (count < insertionItems) {
      insertionSort(items, compare, start, count);
      return;
    }
    swap(items, start, pivotOf(items, compare, start, count));
    const { below, above } = partition(items, compare, start, count);
    if (below > 1 && touches(start, below, first, last))
      sortPart(items, compare, { start, count: below, first, last });
    start += count - above;
    count = above;
    if (above <= 1 || !touches(start, above, first, last)) return;
  }
}

function touches(start: number, count: number, first: number, last: number): boolean {
  return last >= start && first < start + count;
}

function insertionSort<Item>(items: Item[], compare: Compare<Item>, start: number, count: number): void {
  for (let end = start + 1; end < start + count; end++)
    for (let at = end; at > start && compare(items[at - 1], items[at]) > 0; at--) swap(items, at, at - 1);
}

function pivotOf<Item>(items: Item[], compare: Compare<Item>, start: number, count: number): number {
  let middle = start + (count >>> 1);
  if (count <= insertionItems) return middle;
  let low = start;
  let high = start + count - 1;
  if (count > nineItems) {
    const step = count >>> 3;
    low = medianOf(items, compare, low, low + step, low + 2 * step);
    middle = medianOf(items, compare, middle - step, middle, middle + step);
    high = medianOf(items, compare, high - 2 * step, high - step, high);
  }
  return medianOf(items, compare, low, middle, high);
}

function medianOf<Item>(items: Item[], compare: Compare<Item>, a: number, b: number, c: number): number {
  if (compare(items[a], items[b]) < 0) {
    if (compare(items[b], items[c]) < 0) return b;
    return compare(items[a], items[c]) < 0 ? c : a;
  }
  if (compare(items[b], items[c]) > 0) return b;
  return compare(items[a], items[c]) < 0 ? a : c;
}

/** The pivot stands at `start`. Answers how many items end up below what equals it, and how many above. */
function partition<Item>(
  items: Item[],
  compare: Compare<Item>,
  start: number,
  count: number,
): { readonly below: number; readonly above: number } {
  const end = start + count;
  let equalLow = start + 1;
  let low = start + 1;
  let high = end - 1;
  let equalHigh = end - 1;
  for (;;) {
    for (let sign: number; low <= high && (sign = compare(items[low], items[start])) <= 0; low++)
      if (sign === 0) swap(items, equalLow++, low);
    for (let sign: number; low <= high && (sign = compare(items[high], items[start])) >= 0; high--)
      if (sign === 0) swap(items, high, equalHigh--);
    if (low > high) break;
    swap(items, low++, high--);
  }
  const below = low - equalLow;
  const above = equalHigh - high;
  swapRun(items, start, low - Math.min(equalLow - start, below), Math.min(equalLow - start, below));
  swapRun(items, low, end - Math.min(above, end - 1 - equalHigh), Math.min(above, end - 1 - equalHigh));
  return { below, above };
}

function swapRun<Item>(items: Item[], first: number, second: number, count: number): void {
  for (let index = 0; index < count; index++) swap(items, first + index, second + index);
}

function swap<Item>(items: Item[], first: number, second: number): void {
  const item = items[first];
  items[first] = items[second];
  items[second] = item;
}
