/**
 * Packed encodings and the primitives under them, written from the description of the format and without
 * a line of the decoder: what the properties decode. Which of several legal forms a thing gets is drawn.
 */
import type { SeededRandom } from "@holdfast/testkit";

export type Octets = number[];

/** A length in its shortest form, or in a longer one that readers accept as well. */
export function lengthOf(value: number, random: SeededRandom): Octets {
  const shortest = value < 64 ? 0 : value < 16384 ? 1 : value < 2 ** 32 ? 2 : 3;
  const form = random.below(4) === 0 ? shortest + random.below(4 - shortest) : shortest;
  if (form === 0) return [value];
  if (form === 1) return [0x40 | (value >> 8), value & 255];
  return form === 2 ? [0x80, ...bigEndian(BigInt(value), 4)] : [0x81, ...bigEndian(BigInt(value), 8)];
}

export function length64Of(value: bigint, random: SeededRandom): Octets {
  return value < 2n ** 32n ? lengthOf(Number(value), random) : [0x81, ...bigEndian(value, 8)];
}

export function bigEndian(value: bigint, width: number): Octets {
  return littleEndian(value, width).reverse();
}

export function littleEndian(value: bigint, width: number): Octets {
  return Array.from({ length: width }, (_, index) => Number((value >> BigInt(8 * index)) & 255n));
}

/** A string raw, as an LZF block, or as an integer where it is the text of one. */
export function stringOf(bytes: Uint8Array, random: SeededRandom): Octets {
  const text = Buffer.from(bytes).toString("latin1");
  if (/^(0|-?[1-9]\d{0,9})$/.test(text) && random.below(2) === 0) {
    const value = Number(text);
    for (const [form, width] of [1, 2, 4].entries()) {
      const limit = 2 ** (8 * width - 1);
      if (value >= -limit && value < limit) return [0xc0 + form, ...littleEndian(BigInt(value), width)];
    }
  }
  if (bytes.length === 0 || random.below(3) > 0) return [...lengthOf(bytes.length, random), ...bytes];
  const block = lzfOf(bytes);
  return [0xc3, ...lengthOf(block.length, random), ...lengthOf(bytes.length, random), ...block];
}

/** Literals, and for runs of one byte a copy from one byte behind. */
export function lzfOf(bytes: Uint8Array): Octets {
  const block: Octets = [];
  let literals: Octets = [];
  const flush = () => {
    for (let at = 0; at < literals.length; at += 32) {
      const run = literals.slice(at, at + 32);
      block.push(run.length - 1, ...run);
    }
    literals = [];
  };
  for (let at = 0; at < bytes.length; ) {
    let run = 0;
    while (at > 0 && run < 264 && at + run < bytes.length && bytes[at + run] === bytes[at - 1]) run += 1;
    if (run < 3) {
      literals.push(bytes[at++]);
      continue;
    }
    flush();
    if (run < 9) block.push((run - 2) << 5, 0);
    else block.push(0xe0, run - 9, 0);
    at += run;
  }
  flush();
  return block;
}

/** An entry of a packed encoding: bytes, or an integer that may be stored as one. */
export type PackedEntry = Uint8Array | bigint;

export function entryText(entry: PackedEntry): Uint8Array {
  return typeof entry === "bigint" ? Buffer.from(String(entry)) : entry;
}

export function listpackOf(entries: readonly PackedEntry[], random: SeededRandom): Uint8Array {
  const body = entries.flatMap((entry) => {
    const data = typeof entry === "bigint" ? listpackInteger(entry) : listpackText(entry);
    return [...data, ...backLengthOf(data.length)];
  });
  const count = random.below(8) === 0 ? 65535 : entries.length;
  const total = BigInt(body.length + 7);
  return Uint8Array.from([...littleEndian(total, 4), ...littleEndian(BigInt(count), 2), ...body, 0xff]);
}

function listpackInteger(value: bigint): Octets {
  if (value >= 0n && value < 128n) return [Number(value)];
  if (value >= -4096n && value < 4096n) {
    const bits = Number(BigInt.asUintN(13, value));
    return [0xc0 | (bits >> 8), bits & 255];
  }
  const widths = [2, 3, 4, 8];
  const form = widths.findIndex((width) => BigInt.asIntN(8 * width, value) === value);
  return [0xf1 + form, ...littleEndian(value, widths[form])];
}

function listpackText(bytes: Uint8Array): Octets {
  if (bytes.length < 64) return [0x80 | bytes.length, ...bytes];
  if (bytes.length < 4096) return [0xe0 | (bytes.length >> 8), bytes.length & 255, ...bytes];
  return [0xf0, ...littleEndian(BigInt(bytes.length), 4), ...bytes];
}

function backLengthOf(size: number): Octets {
  const groups: Octets = [];
  for (let rest = size; rest > 0 || groups.length === 0; rest >>>= 7) groups.unshift(rest & 127);
  return groups.map((group, index) => (index === 0 ? group : group | 128));
}

export function ziplistOf(entries: readonly PackedEntry[], random: SeededRandom): Uint8Array {
  const body: Octets = [];
  let previous = 0;
  let last = 10;
  for (const entry of entries) {
    const data = typeof entry === "bigint" ? ziplistInteger(entry) : ziplistText(entry);
    last = 10 + body.length;
    const isLong = previous >= 254 || random.below(8) === 0;
    const field = isLong ? [0xfe, ...littleEndian(BigInt(previous), 4)] : [previous];
    body.push(...field, ...data);
    previous = field.length + data.length;
  }
  const count = random.below(8) === 0 ? 65535 : entries.length;
  const total = littleEndian(BigInt(body.length + 11), 4);
  return Uint8Array.from([
    ...total,
    ...littleEndian(BigInt(last), 4),
    ...littleEndian(BigInt(count), 2),
    ...body,
    0xff,
  ]);
}

function ziplistInteger(value: bigint): Octets {
  if (value >= 0n && value <= 12n) return [0xf1 + Number(value)];
  const forms: readonly (readonly [number, number])[] = [
    [0xfe, 1],
    [0xc0, 2],
    [0xf0, 3],
    [0xd0, 4],
    [0xe0, 8],
  ];
  for (const [code, width] of forms)
    if (BigInt.asIntN(8 * width, value) === value) return [code, ...littleEndian(value, width)];
  throw new Error(`${value} has more than 64 bits`);
}

function ziplistText(bytes: Uint8Array): Octets {
  if (bytes.length < 64) return [bytes.length, ...bytes];
  if (bytes.length < 16384) return [0x40 | (bytes.length >> 8), bytes.length & 255, ...bytes];
  return [0x80, ...bigEndian(BigInt(bytes.length), 4), ...bytes];
}

export function intsetOf(values: readonly bigint[]): Uint8Array {
  const width = [2, 4, 8].find((bytes) => values.every((value) => BigInt.asIntN(8 * bytes, value) === value));
  const sorted = [...values].sort((first, second) => (first < second ? -1 : 1));
  const head = [...littleEndian(BigInt(width ?? 8), 4), ...littleEndian(BigInt(values.length), 4)];
  return Uint8Array.from([...head, ...sorted.flatMap((value) => littleEndian(value, width ?? 8))]);
}

export function zipmapOf(
  pairs: readonly (readonly [Uint8Array, Uint8Array])[],
  random: SeededRandom,
): Uint8Array {
  const body: Octets = [];
  for (const [field, value] of pairs) {
    const free = random.below(3);
    body.push(...zipmapSize(field.length), ...field, ...zipmapSize(value.length), free, ...value);
    for (let index = 0; index < free; index += 1) body.push(random.below(256));
  }
  const count = pairs.length < 254 && random.below(4) > 0 ? pairs.length : 254;
  return Uint8Array.from([count, ...body, 0xff]);
}

function zipmapSize(size: number): Octets {
  return size < 254 ? [size] : [0xfe, ...littleEndian(BigInt(size), 4)];
}
