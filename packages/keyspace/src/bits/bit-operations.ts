/**
 * Bits of strings: bit 0 is the top bit of the first byte. SETBIT and BITOP over bytes; BITFIELD is in bitfield.ts.
 *
 * BITOP takes the sources as padded with zeros to the longest:
 *
 *   and or xor not     each bit over all sources (not: of the only one)
 *   diff               in the first and in none of the others           Redis 8.2
 *   diff1              in one of the others and not in the first
 *   andor              in the first and in one of the others
 *   one                in exactly one of all
 *
 * Source: redis src/bitops.c.
 */

const bitOperations = ["and", "or", "xor", "not", "diff", "diff1", "andor", "one"] as const;

export type BitOperation = (typeof bitOperations)[number];

/** The operation of this name, in whatever case; undefined when there is none. */
export function bitOperationOf(name: string): BitOperation | undefined {
  const lower = name.toLowerCase();
  return bitOperations.find((operation) => operation === lower);
}

/** The fewest and the most sources that an operation takes. */
export function sourceCounts(operation: BitOperation): readonly [min: number, max: number] {
  if (operation === "not") return [1, 1];
  return [operation.startsWith("diff") || operation === "andor" ? 2 : 1, Number.POSITIVE_INFINITY];
}

/** The operation's result in fresh memory, as long as the longest source. */
export function combineBits(operation: BitOperation, sources: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(sources.reduce((longest, source) => Math.max(longest, source.length), 0));
  const [first, ...others] = sources;
  switch (operation) {
    case "not":
      for (let at = 0; at < result.length; at++) result[at] = ~first[at];
      return result;
    case "and":
      result.set(first);
      for (const source of others) andInto(result, source);
      return result;
    case "xor":
      for (const source of sources) for (let at = 0; at < source.length; at++) result[at] ^= source[at];
      return result;
    case "one":
      return oneOf(result, sources);
    case "or":
      orInto(result, sources);
      return result;
    default:
      orInto(result, others);
      return againstFirst(operation, result, first);
  }
}

/** `result` holds the bits of all sources but the first. */
function againstFirst(
  operation: "diff" | "diff1" | "andor",
  result: Uint8Array,
  first: Uint8Array,
): Uint8Array {
  if (operation === "andor") {
    andInto(result, first);
  } else if (operation === "diff1") {
    for (let at = 0; at < first.length; at++) result[at] &= ~first[at];
  } else {
    for (let at = 0; at < result.length; at++) result[at] = at < first.length ? first[at] & ~result[at] : 0;
  }
  return result;
}

function oneOf(result: Uint8Array, sources: readonly Uint8Array[]): Uint8Array {
  const twice = new Uint8Array(result.length);
  for (const source of sources) {
    for (let at = 0; at < source.length; at++) {
      twice[at] |= result[at] & source[at];
      result[at] |= source[at];
    }
  }
  for (let at = 0; at < result.length; at++) result[at] &= ~twice[at];
  return result;
}

function orInto(result: Uint8Array, sources: readonly Uint8Array[]): void {
  for (const source of sources) for (let at = 0; at < source.length; at++) result[at] |= source[at];
}

function andInto(result: Uint8Array, source: Uint8Array): void {
  for (let at = 0; at < source.length; at++) result[at] &= source[at];
  result.fill(0, source.length);
}

/** Sets one bit in place; the bytes reach that far. */
export function setBit(bytes: Uint8Array, bit: number, on: boolean): void {
  const at = Math.floor(bit / 8);
  const mask = 0x80 >>> (bit % 8);
  bytes[at] = on ? bytes[at] | mask : bytes[at] & ~mask;
}
