/**
 * How many different elements registers stand for: Otmar Ertl's estimator, in the servers' order of operations, since the
 * result is kept in the value's bytes.
 *
 * Sources: Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017); redis src/hyperloglog.c, hllCount.
 */
import { registerCount } from "./format.ts";

/** 1 / (2 ln 2). */
const alpha = 0.7213475204444817;
/** The largest register that 50 bits of hash give. */
const registerMax = 51;

/** The estimate, a whole number. */
export function estimateCardinality(registers: Uint8Array): number {
  const histogram = new Array<number>(64).fill(0);
  for (const register of registers) histogram[register]++;
  let sum = registerCount * tau((registerCount - histogram[registerMax]) / registerCount);
  for (let register = registerMax - 1; register >= 1; register--) {
    sum += histogram[register];
    sum *= 0.5;
  }
  sum += registerCount * sigma(histogram[0] / registerCount);
  // Positive, so half away from zero is what Math.round does.
  return Math.round((alpha * registerCount * registerCount) / sum);
}

function tau(share: number): number {
  if (share === 0 || share === 1) return 0;
  let x = share;
  let weight = 1;
  let sum = 1 - x;
  for (let before = Number.NaN; sum !== before; ) {
    before = sum;
    x = Math.sqrt(x);
    weight *= 0.5;
    sum -= (1 - x) * (1 - x) * weight;
  }
  return sum / 3;
}

function sigma(share: number): number {
  if (share === 1) return Number.POSITIVE_INFINITY;
  let x = share;
  let weight = 1;
  let sum = x;
  for (let before = Number.NaN; sum !== before; ) {
    before = sum;
    x *= x;
    sum += x * weight;
    weight += weight;
  }
  return sum;
}
