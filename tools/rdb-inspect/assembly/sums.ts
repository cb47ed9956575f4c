/**
 * Adds up the costs of elements whose lengths stand in a trace. The costs come from JavaScript, once for each length: at
 * one that is not known a sum stops, and goes on when it is.
 */

import { FIELD_BYTES_MAX, FIELD_COSTS, MEMBER_BYTES_MAX, MEMBER_COSTS, VALUE_BYTES_MAX } from "./memory";

/** Address of the first length that the last sum did not take. */
export let summedTo: usize = 0;

/** `sum` and the costs of the members [at, end), of a sorted set if `isSorted`. */
export function sumMembers(isSorted: bool, at: usize, end: usize, sum: f64): f64 {
  const costs = isSorted ? MEMBER_COSTS + 8 * <usize>MEMBER_BYTES_MAX : MEMBER_COSTS;
  for (; at < end; at += 8) {
    const bytes = load<f64>(at);
    const cost = bytes < <f64>MEMBER_BYTES_MAX ? load<f64>(costs + ((<usize>(<u32>bytes)) << 3)) : 0;
    if (cost === 0) break;
    sum += cost;
  }
  summedTo = at;
  return sum;
}

/** `sum` and the costs of the fields and values [at, end). */
export function sumFields(at: usize, end: usize, sum: f64): f64 {
  for (; at < end; at += 16) {
    const fieldBytes = load<f64>(at);
    const valueBytes = load<f64>(at, 8);
    if (fieldBytes >= <f64>FIELD_BYTES_MAX || valueBytes >= <f64>VALUE_BYTES_MAX) break;
    const place = <u32>fieldBytes * VALUE_BYTES_MAX + <u32>valueBytes;
    const cost = load<f64>(FIELD_COSTS + ((<usize>place) << 3));
    if (cost === 0) break;
    sum += cost;
  }
  summedTo = at;
  return sum;
}
