/**
 * Hash tables of the two families: how many buckets a table of `count` elements has after loading.
 *
 * Redis: an array of pointers, a power of two not below the count and not below 4. A load makes it at
 * once in its final size, except for hashes with field expiry.
 *
 * Valkey since 8.1: buckets of 64 bytes that hold seven elements each; a power of two of them, so that
 * at most 32 / 5 elements fall on each. A bucket that overflows gives up its last place for a pointer to
 * a child bucket. The hash seed is random, so the number of children can only be expected, not known:
 * elements per bucket follow the Poisson distribution.
 *
 * Source: dict.c of Redis; hashtable.c of Valkey 8.1 and 9.1.
 */

const pointerBytes = 8;
const dictBucketsMin = 4;

/** Bytes of a Redis table without its entries. */
export function dictBucketBytes(count: number): number {
  return pointerBytes * Math.max(dictBucketsMin, powerOfTwoNotBelow(count));
}

/** How a table came about that was not made in its final size. */
export interface Growth {
  /** Elements that it was made for and had at first. */
  readonly firstCount: number;
  /** Elements for which it was enlarged one insertion later, if that was more; 0: it was not. */
  readonly enlargedFor: number;
}

/**
 * Bytes of a Redis table that grew: by doubling, whenever there are as many elements as buckets. Each
 * insertion then moves one filled bucket over; until all are moved, the old table stays beside the new one.
 */
export function grownDictBucketBytes(count: number, { firstCount, enlargedFor }: Growth): number {
  let buckets = dictBucketBytes(firstCount) / pointerBytes;
  let oldBuckets = 0;
  let movingSince = 0;
  const enlarged = enlargedFor > dictBucketsMin ? powerOfTwoNotBelow(enlargedFor) : 0;
  if (enlarged > buckets) {
    oldBuckets = buckets;
    movingSince = firstCount + 1;
    buckets = enlarged;
  }
  while (count > buckets) {
    oldBuckets = movingSince = buckets;
    buckets *= 2;
  }
  const filledBuckets = oldBuckets * (1 - Math.exp(-movingSince / Math.max(1, oldBuckets)));
  const isMoving = oldBuckets > 0 && count - movingSince < filledBuckets;
  return (buckets + (isMoving ? oldBuckets : 0)) * pointerBytes;
}

/** The same for a hash: a table with field expiry is never made in its final size. */
export function hashBucketBytes(
  count: number,
  history: { readonly growth: Growth | undefined; readonly expiringCount: number },
): number {
  if (history.growth !== undefined) return grownDictBucketBytes(count, history.growth);
  if (history.expiringCount > 0) return grownDictBucketBytes(count, { firstCount: 0, enlargedFor: 0 });
  return dictBucketBytes(count);
}

export const valkeyBucketBytes = 64;
const placesPerBucket = 7;
const placesPerParent = placesPerBucket - 1;
const elementsPerBucketTimes5 = 32;
/** Beyond this many elements in one bucket the probability is below 10^-6 at every allowed fill. */
const elementsInBucketMax = 40;

/** Bytes of all buckets of a Valkey table made for `count` elements, child buckets included; not a whole number. */
export function valkeyBucketsBytes(count: number): number {
  return count <= 0 ? 0 : bucketsBytes(bucketsFor(count), count);
}

/**
 * The same for a table that grew. It doubles when all places are taken; each later insertion moves one
 * bucket over, and the old buckets stay until all are moved.
 */
export function grownValkeyBucketsBytes(count: number, { firstCount, enlargedFor }: Growth): number {
  let buckets = bucketsFor(firstCount);
  let oldBuckets = 0;
  let movingSince = 0;
  const enlarged = bucketsFor(enlargedFor);
  if (enlarged > buckets) {
    oldBuckets = buckets;
    movingSince = firstCount + 1;
    buckets = enlarged;
  }
  while (count > buckets * placesPerBucket) {
    oldBuckets = buckets;
    movingSince = buckets * placesPerBucket;
    buckets *= 2;
  }
  const isMoving = oldBuckets > 0 && count - movingSince <= oldBuckets;
  return bucketsBytes(buckets, count) + (isMoving ? oldBuckets * valkeyBucketBytes : 0);
}

function bucketsFor(count: number): number {
  return powerOfTwoNotBelow(Math.ceil((count * 5) / elementsPerBucketTimes5));
}

function bucketsBytes(buckets: number, count: number): number {
  const children = buckets === 1 ? 0 : buckets * childrenPerBucket(count / buckets);
  return valkeyBucketBytes * (buckets + children);
}

function childrenPerBucket(elementsPerBucket: number): number {
  let probability = Math.exp(-elementsPerBucket);
  let children = 0;
  for (let elements = 1; elements <= elementsInBucketMax; elements += 1) {
    probability *= elementsPerBucket / elements;
    if (elements > placesPerBucket) {
      children += probability * Math.ceil((elements - placesPerBucket) / placesPerParent);
    }
  }
  return children;
}

function powerOfTwoNotBelow(count: number): number {
  return count <= 1 ? 1 : 2 ** Math.ceil(Math.log2(count));
}
