/**
 * Random RDB files and what is in them, for properties: a file is a list of plans, a plan becomes a key.
 *
 * Written from the description of the format; nothing here is shared with the decoder. The forms that a
 * value takes are drawn from the plan's seed, so that a failing plan can be made again.
 */
import { crc64Bytes, type SeededRandom, seededRandom } from "@holdfast/testkit";
import {
  bigEndian,
  entryText,
  intsetOf,
  length64Of,
  lengthOf,
  listpackOf,
  littleEndian,
  type Octets,
  type PackedEntry,
  stringOf,
  ziplistOf,
  zipmapOf,
} from "./build-packed.ts";

/** What to put into a file; drawn by fast-check, which makes it smaller when a property fails. */
export interface KeyPlan {
  readonly type: number;
  readonly size: number;
  readonly seed: number;
}

export interface FilePlan {
  readonly header: "REDIS0011" | "REDIS0012" | "REDIS0009" | "VALKEY080";
  readonly checksum: boolean;
  readonly keys: readonly KeyPlan[];
}

/** A key as it must come out; byte strings as latin-1, in file order. */
export interface ModelKey {
  readonly db: number;
  readonly key: string;
  readonly row: number;
  readonly expireAtMs: number | undefined;
  readonly idleSec: number | undefined;
  readonly value: readonly string[];
}

export interface BuiltFile {
  readonly bytes: Uint8Array;
  readonly keys: readonly ModelKey[];
}

/** The types that files of any of the headers can hold. */
export const buildableTypes: readonly number[] = [
  0, 1, 2, 3, 4, 5, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
];

export function buildRdb(plan: FilePlan): BuiltFile {
  const out: Octets = [...Buffer.from(plan.header)];
  const keys: ModelKey[] = [];
  let db = 0;
  for (const [index, keyPlan] of plan.keys.entries()) {
    const random = seededRandom(keyPlan.seed);
    if (random.below(3) === 0) {
      db = random.below(3) * 40;
      out.push(0xfe, ...lengthOf(db, random));
      if (random.below(2) === 0) out.push(0xfb, ...lengthOf(300, random), ...lengthOf(0, random));
    }
    if (random.below(4) === 0)
      out.push(0xfa, ...stringOf(textOf(random, 9), random), ...stringOf(textOf(random, 40), random));
    keys.push(appendKey(out, keyPlan, index, db, random));
  }
  out.push(0xff);
  const bytes = Uint8Array.from(out);
  const checksum = plan.checksum ? crc64Bytes(bytes) : new Uint8Array(8);
  return { bytes: Uint8Array.from([...bytes, ...checksum]), keys };
}

function appendKey(out: Octets, plan: KeyPlan, index: number, db: number, random: SeededRandom): ModelKey {
  let expireAtMs: number | undefined;
  let idleSec: number | undefined;
  if (random.below(3) === 0) {
    expireAtMs = 1_700_000_000_000 + random.below(1e9);
    out.push(0xfc, ...littleEndian(BigInt(expireAtMs), 8));
  }
  if (random.below(4) === 0) {
    idleSec = random.below(100_000);
    out.push(0xf8, ...lengthOf(idleSec, random));
  }
  const key = Buffer.concat([textOf(random, 30), Buffer.from(`:${index}`)]);
  out.push(plan.type, ...stringOf(key, random));
  const value = appendValue(out, plan, random);
  return { db, key: key.toString("latin1"), row: plan.type, expireAtMs, idleSec, value };
}

/** Bytes of any value, or a small alphabet in runs, or the text of an integer. */
function textOf(random: SeededRandom, sizeMax: number): Uint8Array {
  const size = random.below(sizeMax + 1);
  const kind = random.below(4);
  if (kind === 0) return Buffer.from(String(random.below(2 ** 32) - 2 ** 31));
  if (kind === 1) return new Uint8Array(size).fill(0x61 + random.below(3));
  return random.bytes(size);
}

function integerOf(random: SeededRandom): bigint {
  const bits = random.pick([4, 7, 8, 13, 16, 24, 32, 53, 64]);
  const value = BigInt(`0x${Buffer.from(random.bytes(8)).toString("hex")}`);
  return BigInt.asIntN(bits, value);
}

function entryOf(random: SeededRandom): PackedEntry {
  if (random.below(2) === 0) return integerOf(random);
  return textOf(random, random.pick([10, 10, 70, 300, random.below(40) === 0 ? 20_000 : 5]));
}

/** Different ones: sets, fields and members must be unique for a check to pass. */
function uniqueEntries(random: SeededRandom, count: number): PackedEntry[] {
  const entries = new Map<string, PackedEntry>();
  while (entries.size < count) {
    const entry = entryOf(random);
    entries.set(latin1(entryText(entry)), entry);
    if (entryText(entry).length < 2 && random.below(50) === 0) count -= 1;
  }
  return [...entries.values()];
}

function scoreOf(random: SeededRandom): number {
  return random.pick([0, 1.5, -3, 1e300, Number.POSITIVE_INFINITY, random.below(1000), random.fraction()]);
}

/** Appends a value of the plan's type and says what it holds. */
function appendValue(out: Octets, plan: KeyPlan, random: SeededRandom): string[] {
  const count = Math.max(1, plan.size);
  switch (plan.type) {
    case 0:
      return appendString(out, random);
    case 1:
    case 2:
    case 4:
      return appendPlain(out, plan.type, count, random);
    case 3:
    case 5:
      return appendScored(out, plan.type, count, random);
    case 11:
      return appendIntset(out, count, random);
    case 9:
      return appendZipmap(out, count, random);
    case 14:
    case 18:
      return appendQuicklist(out, plan.type, count, random);
    case 15:
    case 19:
    case 21:
      return appendStream(out, plan.type, count, random);
    default:
      return appendPacked(out, plan.type, count, random);
  }
}

function appendString(out: Octets, random: SeededRandom): string[] {
  const bytes = textOf(random, random.pick([5, 60, 70, 17_000]));
  out.push(...stringOf(bytes, random));
  return [latin1(bytes)];
}

function appendPlain(out: Octets, type: number, count: number, random: SeededRandom): string[] {
  const texts = uniqueEntries(random, count).map(entryText);
  out.push(...lengthOf(texts.length, random));
  return texts.map((text) => {
    out.push(...stringOf(text, random));
    if (type !== 4) return latin1(text);
    const value = textOf(random, 80);
    out.push(...stringOf(value, random));
    return `${latin1(text)}=${latin1(value)}`;
  });
}

function appendScored(out: Octets, type: number, count: number, random: SeededRandom): string[] {
  const members = uniqueEntries(random, count).map(entryText);
  out.push(...lengthOf(members.length, random));
  return members.map((member) => {
    const score = scoreOf(random);
    out.push(...stringOf(member, random), ...(type === 5 ? binaryScore(score) : textScore(score)));
    return `${latin1(member)}=${score}`;
  });
}

function binaryScore(score: number): Octets {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(score);
  return [...bytes];
}

function textScore(score: number): Octets {
  if (!Number.isFinite(score)) return [score > 0 ? 254 : 255];
  const text = Buffer.from(String(score));
  return [text.length, ...text];
}

function appendIntset(out: Octets, count: number, random: SeededRandom): string[] {
  const values = [...new Set(Array.from({ length: count }, () => integerOf(random)))];
  out.push(...stringOf(intsetOf(values), random));
  return values.sort((first, second) => (first < second ? -1 : 1)).map(String);
}

function appendZipmap(out: Octets, count: number, random: SeededRandom): string[] {
  const fields = uniqueEntries(random, count).map(entryText);
  const pairs = fields.map((field) => [field, textOf(random, 300)] as const);
  out.push(...stringOf(zipmapOf(pairs, random), random));
  return pairs.map(([field, value]) => `${latin1(field)}=${latin1(value)}`);
}

/** Types 10, 12, 13 in a ziplist; 16, 17, 20 in a listpack. */
function appendPacked(out: Octets, type: number, count: number, random: SeededRandom): string[] {
  const unique = uniqueEntries(random, count);
  const isHash = type === 13 || type === 16;
  const isZset = type === 12 || type === 17;
  const model: string[] = [];
  const entries = unique.flatMap((entry) => {
    const name = latin1(entryText(entry));
    if (isZset) {
      const score = scoreOf(random);
      model.push(`${name}=${score}`);
      return [entry, Number.isInteger(score) && Math.abs(score) < 1e9 ? BigInt(score) : scoreText(score)];
    }
    const value = isHash ? entryOf(random) : undefined;
    model.push(value === undefined ? name : `${name}=${latin1(entryText(value))}`);
    return value === undefined ? [entry] : [entry, value];
  });
  out.push(...stringOf(type < 16 ? ziplistOf(entries, random) : listpackOf(entries, random), random));
  return model;
}

function scoreText(score: number): Uint8Array {
  return Buffer.from(Number.isFinite(score) ? String(score) : score > 0 ? "inf" : "-inf");
}

function appendQuicklist(out: Octets, type: number, nodes: number, random: SeededRandom): string[] {
  const model: string[] = [];
  out.push(...lengthOf(nodes, random));
  for (let node = 0; node < nodes; node += 1) {
    if (type === 18 && random.below(4) === 0) {
      const bytes = Uint8Array.from([1, ...textOf(random, 200)]);
      out.push(1, ...stringOf(bytes, random));
      model.push(latin1(bytes));
      continue;
    }
    const entries = Array.from({ length: 1 + random.below(4) }, () => entryOf(random));
    if (type === 18) out.push(2);
    out.push(...stringOf(type === 14 ? ziplistOf(entries, random) : listpackOf(entries, random), random));
    model.push(...entries.map((entry) => latin1(entryText(entry))));
  }
  return model;
}

/** One node with live and deleted entries, one group with pending entries and their consumer. */
function appendStream(out: Octets, type: number, count: number, random: SeededRandom): string[] {
  const model: string[] = [];
  const ms = BigInt(1_700_000_000_000 + random.below(1e6));
  const field = textOf(random, 10);
  const entries: PackedEntry[] = [];
  let live = 0;
  for (let index = 0; index < count; index += 1) {
    const value = entryOf(random);
    const isDeleted = random.below(4) === 0;
    const hasOwnFields = random.below(3) === 0;
    const own = textOf(random, 8);
    const flags = (isDeleted ? 1n : 0n) | (hasOwnFields ? 0n : 2n);
    entries.push(flags, BigInt(index), 3n, ...(hasOwnFields ? [1n, own, value, 6n] : [value, 4n]));
    if (isDeleted) continue;
    live += 1;
    const name = latin1(hasOwnFields ? own : field);
    model.push(`${ms + BigInt(index)}-${8n} ${name}=${latin1(entryText(value))}`);
  }
  const master: PackedEntry[] = [BigInt(live), BigInt(count - live), 1n, field, 0n];
  const id = [...bigEndian(ms, 8), ...bigEndian(5n, 8)];
  out.push(...lengthOf(1, random), ...stringOf(Uint8Array.from(id), random));
  out.push(...stringOf(listpackOf([...master, ...entries], random), random));
  out.push(...lengthOf(live, random), ...length64Of(ms + 99n, random), ...lengthOf(0, random));
  if (type >= 19) {
    const counters = [ms, 8n, 0n, 0n, BigInt(count)];
    for (const counter of counters) out.push(...length64Of(counter, random));
  }
  model.push(`meta ${live} ${ms + 99n}`);
  appendGroup(out, type, ms, model, random);
  return model;
}

function appendGroup(out: Octets, type: number, ms: bigint, model: string[], random: SeededRandom): void {
  const pending = Array.from({ length: random.below(4) }, (_, index) => ms + BigInt(index));
  const name = textOf(random, 12);
  out.push(1, ...stringOf(name, random), ...length64Of(ms, random), 0);
  if (type >= 19) out.push(0x81, ...Array<number>(8).fill(255));
  out.push(...lengthOf(pending.length, random));
  for (const id of pending) out.push(...bigEndian(id, 8), ...bigEndian(8n, 8), ...littleEndian(ms, 8), 7);
  out.push(1, ...stringOf(name, random), ...littleEndian(ms, 8), ...(type >= 21 ? littleEndian(ms, 8) : []));
  out.push(...lengthOf(pending.length, random));
  for (const id of pending) out.push(...bigEndian(id, 8), ...bigEndian(8n, 8));
  model.push(`group ${latin1(name)}`, ...pending.map((id) => `pending ${id}-8 ${ms} 7`));
  model.push(`consumer ${latin1(name)} ${ms}`, ...pending.map((id) => `owned ${id}-8`));
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}
