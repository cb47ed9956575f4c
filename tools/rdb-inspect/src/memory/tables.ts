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

/** Part of the buckets that hold anything when there are as many elements as buckets. */
const filledShare = 1 - Math.exp(-1);

/**
 * Bytes of a Redis table that grew by doubling. Each insertion after a doubling moves one filled bucket
 * over; until all are moved, the old table stays beside the new one.
 */
export function grownDictBucketBytes(count: number): number {
  const whole = dictBucketBytes(count);
  const half = whole / pointerBytes / 2;
  const isMoving = half >= dictBucketsMin && count - half < filledShare * half;
  return isMoving ? whole + half * pointerBytes : whole;
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
 * The same for a table that was made for `firstCount` elements and then grew. It doubles when all places
 * are taken; each later insertion moves one bucket over, and the old buckets stay until all are moved.
 */
export function grownValkeyBucketsBytes(count: number, firstCount: number): number {
  let buckets = bucketsFor(firstCount);
  let oldBuckets = 0;
  while (count > buckets * placesPerBucket) {
    oldBuckets = buckets;
    buckets *= 2;
  }
  const isMoving = count <= oldBuckets * (placesPerBucket + 1);
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
