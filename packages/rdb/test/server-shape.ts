/**
 * An entry as the sidecars of real dumps have it: what the server itself would have answered about the
 * key (fixtures/README.md, "The sidecar").
 *
 * Sets, hashes and sorted sets come in the order of the sidecar, large things as their SHA-256.
 */
import { createHash } from "node:crypto";
import type { EntryValue, HashField, RdbEntry, ScoredMember, StreamPart } from "@holdfast/rdb";
import { base64, idText, type Json } from "./describe-file.ts";
import { readVectorSet } from "./vector-set.ts";

const stringBytesMax = 4096;
const elementsMax = 1000;

/** The name of a type as TYPE answers it. */
export function serverTypeOf(entry: RdbEntry): string {
  return entry.type === "module" ? "vectorset" : entry.type;
}

/** `scoreText` prints a score as the server does; it only matters where a sidecar has a hash instead of the members. */
export function serverValueOf(entry: RdbEntry, scoreText = shortestScore): Json {
  if (entry.value.of === "scored") return membersJson(entry.value.members, scoreText);
  return valueJson(entry.value, entry.type);
}

/** How OBJECT ENCODING may name what the file stores in this encoding. */
export const serverEncodings: Readonly<Record<string, readonly string[]>> = {
  "string raw": ["raw", "embstr", "int"],
  "string lzf": ["raw"],
  "string int": ["int"],
  "list quicklist": ["quicklist", "listpack"],
  "set hashtable": ["hashtable"],
  "set intset": ["intset"],
  "set listpack": ["listpack"],
  "hash hashtable": ["hashtable"],
  "hash ziplist": ["ziplist"],
  "hash listpack": ["listpack", "listpackex"],
  "zset skiplist": ["skiplist"],
  "zset ziplist": ["ziplist"],
  "zset listpack": ["listpack"],
  "stream listpack": ["stream"],
  "module module": ["raw"],
};

export function bytesJson(bytes: Uint8Array): Json {
  if (bytes.length > stringBytesMax) {
    return { $sha256: createHash("sha256").update(bytes).digest("hex"), bytes: bytes.length };
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { $base64: base64(bytes) };
  }
}

function valueJson(value: EntryValue, type: string): Json {
  switch (value.of) {
    case "string":
      return bytesJson(value.bytes);
    case "elements":
      return elementsJson(type === "set" ? [...value.elements].sort(Buffer.compare) : value.elements);
    case "fields":
      return fieldsJson(value.fields);
    case "stream":
      return streamJson(value.parts);
    case "opaque":
      return vectorSetJson(value.bytes);
    default:
      throw new Error(`no server at hand has values of ${value.of}`);
  }
}

function elementsJson(elements: readonly Uint8Array[]): Json {
  return collectionJson(elements, (element) => [element], bytesJson);
}

function fieldsJson(fields: readonly HashField<Uint8Array>[]): Json {
  const sorted = [...fields].sort((first, second) => Buffer.compare(first.field, second.field));
  return collectionJson(
    sorted,
    ({ field, value, expireAtMs }) =>
      expireAtMs === undefined ? [field, value] : [field, value, latin1(String(expireAtMs))],
    ({ field, value, expireAtMs }) =>
      expireAtMs === undefined
        ? [bytesJson(field), bytesJson(value)]
        : [bytesJson(field), bytesJson(value), expireAtMs],
  );
}

function membersJson(
  members: readonly ScoredMember<Uint8Array>[],
  scoreText: (score: number) => string,
): Json {
  const sorted = [...members].sort(
    (first, second) =>
      Number(first.score > second.score) - Number(first.score < second.score) ||
      Buffer.compare(first.member, second.member),
  );
  return collectionJson(
    sorted,
    ({ member, score }) => [member, latin1(scoreText(score))],
    ({ member, score }) => [bytesJson(member), shortestScore(score)],
  );
}

/** How newer servers print a score. */
export function shortestScore(score: number): string {
  if (!Number.isFinite(score)) return score > 0 ? "inf" : "-inf";
  return Object.is(score, -0) ? "-0" : String(score);
}

/** How servers before 7.2 do: the `%.17g` of C. */
export function seventeenDigits(score: number): string {
  if (!Number.isFinite(score) || score === 0) return shortestScore(score);
  const exponent = Number(score.toExponential(16).split("e")[1]);
  if (exponent >= -4 && exponent < 17) return withoutZeros(score.toFixed(Math.max(0, 16 - exponent)));
  const [digits] = score.toExponential(16).split("e");
  const size = String(Math.abs(exponent)).padStart(2, "0");
  return `${withoutZeros(digits)}e${exponent < 0 ? "-" : "+"}${size}`;
}

function withoutZeros(digits: string): string {
  return digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
}

/** A sidecar's sorted set with each score in its shortest text, whatever digits the server printed. */
export function sameScores(value: Json): Json {
  if (!Array.isArray(value)) return value;
  return (value as [Json, string][]).map(([member, score]) => [
    member,
    /inf/.test(score) ? score : shortestScore(Number(score)),
  ]);
}

function streamJson(parts: readonly StreamPart<Uint8Array>[]): Json {
  const entries = parts.filter((part) => part.kind === "entry");
  return {
    entries: collectionJson(
      entries,
      ({ id, fields }) => [latin1(idText(id)), ...fields],
      ({ id, fields }) => [idText(id), pairsJson(fields)],
    ),
    info: infoJson(parts),
    groups: groupsJson(parts),
  };
}

function pairsJson(fields: readonly Uint8Array[]): Json {
  const pairs: Json[] = [];
  for (let index = 0; index < fields.length; index += 2)
    pairs.push([bytesJson(fields[index]), bytesJson(fields[index + 1])]);
  return pairs;
}

function infoJson(parts: readonly StreamPart<Uint8Array>[]): Json {
  const info: Record<string, Json> = {};
  for (const part of parts) {
    if (part.kind === "meta") {
      info.length = part.length;
      info.lastId = idText(part.lastId);
      if (part.maxDeletedId !== undefined) info.maxDeletedId = idText(part.maxDeletedId);
      if (part.entriesAdded !== undefined) info.entriesAdded = Number(part.entriesAdded);
      if (part.firstId !== undefined) info.recordedFirstId = idText(part.firstId);
    } else if (part.kind === "idmp") {
      info.idempotency = {
        "idmp-duration": part.durationSec,
        "idmp-maxsize": part.entriesMax,
        "pids-tracked": count(parts, "producer"),
        "iids-tracked": count(parts, "idempotency"),
      };
    } else if (part.kind === "idmp-totals") {
      info.idempotency = {
        ...(info.idempotency as object),
        "iids-added": Number(part.added),
        "iids-duplicates": Number(part.duplicates),
      };
    }
  }
  return info;
}

function count(parts: readonly StreamPart<Uint8Array>[], kind: StreamPart<Uint8Array>["kind"]): number {
  return parts.filter((part) => part.kind === kind).length;
}

interface Group {
  [name: string]: Json | undefined;
  pending: [string, Json, number, number][];
  consumers: { [name: string]: Json | undefined; pending: string[] }[];
}

function groupsJson(parts: readonly StreamPart<Uint8Array>[]): Json {
  const groups: Group[] = [];
  const knowsEntriesRead = parts.some((part) => part.kind === "meta" && part.entriesAdded !== undefined);
  for (const part of parts) {
    const group = groups.at(-1);
    if (part.kind === "group") {
      const entriesRead = part.entriesRead === undefined ? null : Number(part.entriesRead);
      groups.push({
        name: bytesJson(part.name),
        lastDeliveredId: idText(part.lastDeliveredId),
        ...(knowsEntriesRead ? { entriesRead } : {}),
        pending: [],
        consumers: [],
      });
    } else if (part.kind === "pending") {
      group?.pending.push([idText(part.id), null, part.deliveredAtMs, part.deliveryCount]);
    } else if (part.kind === "consumer") {
      const activeAtMs = part.activeAtMs === undefined ? {} : { activeAtMs: part.activeAtMs };
      group?.consumers.push({
        name: bytesJson(part.name),
        seenAtMs: part.seenAtMs,
        ...activeAtMs,
        pending: [],
      });
    } else if (part.kind === "owned") {
      const consumer = group?.consumers.at(-1);
      consumer?.pending.push(idText(part.id));
      const entry = group?.pending.find(([id]) => id === idText(part.id));
      if (entry !== undefined) entry[1] = consumer?.name as Json;
    }
  }
  return groups;
}

function vectorSetJson(bytes: Uint8Array): Json {
  const { dim, inputDim, quantisation, nodes } = readVectorSet(bytes);
  const sorted = nodes.sort((first, second) => Buffer.compare(first.element, second.element));
  return {
    dim,
    card: nodes.length,
    quantisation,
    inputDim,
    elements: sorted.map(({ element }) => bytesJson(element)),
    attributes: sorted
      .filter(({ attributes }) => attributes.length > 0)
      .map(({ element, attributes }) => [bytesJson(element), bytesJson(attributes)]),
  };
}

/** `parts` gives the strings that an element consists of, `json` how it is listed. */
function collectionJson<T>(
  elements: readonly T[],
  parts: (element: T) => readonly Uint8Array[],
  json: (element: T) => Json,
): Json {
  if (elements.length <= elementsMax) return elements.map(json);
  const hash = createHash("sha256");
  for (const element of elements) {
    for (const part of parts(element)) {
      const size = Buffer.alloc(4);
      size.writeUInt32LE(part.length);
      hash.update(size).update(part);
    }
  }
  return { $sha256: hash.digest("hex"), count: elements.length };
}

function latin1(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}
