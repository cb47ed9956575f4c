/**
 * Adds up what the elements of a value cost, from the trace of their lengths.
 *
 * Hot: a file of 500 MB has 20 million elements. Where a kernel holds the trace in its memory, it can do the sums
 * (tally-lane.ts); the order of the additions is the same, so the results are equal to the last bit.
 */
import type { MemoryModel } from "./model.ts";

export interface ElementSums {
  /** `sum` and the costs of the members of a set or sorted set, trace[start, end). */
  members(type: "set" | "zset", trace: Float64Array, start: number, end: number, sum: number): number;
  /** `sum` and the costs of fields with values, which alternate in trace[start, end). */
  fields(trace: Float64Array, start: number, end: number, sum: number): number;
}

export function plainSums(model: MemoryModel): ElementSums {
  const { set, zset, hash } = model;
  return {
    members(type, trace, start, end, sum) {
      const costs = type === "set" ? set : zset;
      let bytes = sum;
      for (let index = start; index < end; index += 1) bytes += costs.member(trace[index]);
      return bytes;
    },
    fields(trace, start, end, sum) {
      let bytes = sum;
      for (let index = start; index < end; index += 2) bytes += hash.field(trace[index], trace[index + 1]);
      return bytes;
    },
  };
}
