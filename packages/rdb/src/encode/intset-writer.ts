/** Writes intsets: u32le width, u32le count, integers ascending, all of the width that the widest needs. */

/** The intset of these integers, which must be different; their order does not matter. */
export function intsetOf(values: readonly (number | bigint)[]): Uint8Array {
  const sorted = BigInt64Array.from(values, BigInt).sort();
  const width = sorted.length === 0 ? 2 : Math.max(widthOf(sorted[0]), widthOf(sorted[sorted.length - 1]));
  const bytes = new Uint8Array(8 + sorted.length * width);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, width, true);
  view.setUint32(4, sorted.length, true);
  for (const [index, value] of sorted.entries()) {
    const at = 8 + index * width;
    if (width === 2) view.setInt16(at, Number(value), true);
    else if (width === 4) view.setInt32(at, Number(value), true);
    else view.setBigInt64(at, value, true);
  }
  return bytes;
}

function widthOf(value: bigint): 2 | 4 | 8 {
  if (BigInt.asIntN(16, value) === value) return 2;
  return BigInt.asIntN(32, value) === value ? 4 : 8;
}
