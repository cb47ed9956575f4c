/**
 * Writes intsets: u32le width, u32le count, integers ascending, all of the width that the widest needs.
 *
 * Numbers are sorted as doubles, which is exact for them and many times quicker than as bigints; those are for sets that need them.
 */

const headBytes = 8;

/** The intset of these integers, which must be different; their order does not matter. */
export function intsetOf(values: readonly (number | bigint)[]): Uint8Array {
  return values.every((value) => typeof value === "number") ? ofNumbers(values) : ofBigInts(values);
}

function ofNumbers(values: readonly number[]): Uint8Array {
  const sorted = Float64Array.from(values).sort();
  const width = Math.max(widthOf(sorted[0] ?? 0), widthOf(sorted[sorted.length - 1] ?? 0));
  const { bytes, view } = withHead(width, sorted.length);
  for (let index = 0, at = headBytes; index < sorted.length; index++, at += width) {
    const value = sorted[index];
    if (width === 2) view.setInt16(at, value, true);
    else if (width === 4) view.setInt32(at, value, true);
    else view.setBigInt64(at, BigInt(value), true);
  }
  return bytes;
}

/** At least one of them needs eight bytes. */
function ofBigInts(values: readonly (number | bigint)[]): Uint8Array {
  const sorted = BigInt64Array.from(values, BigInt).sort();
  const { bytes, view } = withHead(8, sorted.length);
  for (const [index, value] of sorted.entries()) view.setBigInt64(headBytes + index * 8, value, true);
  return bytes;
}

function withHead(width: number, count: number): { readonly bytes: Uint8Array; readonly view: DataView } {
  const bytes = new Uint8Array(headBytes + count * width);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, width, true);
  view.setUint32(4, count, true);
  return { bytes, view };
}

function widthOf(value: number): 2 | 4 | 8 {
  if (value >= -(2 ** 15) && value < 2 ** 15) return 2;
  return value >= -(2 ** 31) && value < 2 ** 31 ? 4 : 8;
}
