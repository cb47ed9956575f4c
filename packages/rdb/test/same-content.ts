/**
 * Events of two files as lists of keys that can be compared whatever the encodings are: members and fields in the order of their
 * bytes, everything else as the decoder says it.
 */
import {
  collectEntries,
  decodeRdbBytes,
  RdbEncoder,
  type RdbEncoderOptions,
  type RdbEntry,
  type RdbEvent,
} from "@holdfast/rdb";
import { describeEntry, describeFile, type Json } from "./describe-file.ts";

const limitBytes = 1 << 30;

/** The keys of a file, without what only says how they are stored. */
export function contentOf(bytes: Uint8Array): Json[] {
  return [...collectEntries(decodeRdbBytes(bytes), { limitBytes })].map(contentOfEntry);
}

export function contentOfEntry(entry: RdbEntry): Json {
  const described = describeEntry(entry) as Record<string, Json> & { value: Json };
  const { encoding: _, ...content } = described;
  if (entry.type === "list" || !Array.isArray(described.value)) return content;
  const sorted = [...(described.value as Json[])].sort((first, second) =>
    JSON.stringify(first) < JSON.stringify(second) ? -1 : 1,
  );
  return { ...content, value: sorted };
}

/** Encodes events and puts the chunks together; what `onLoss` is told fails the test unless it is given. */
export function encodeAll(
  events: Iterable<RdbEvent>,
  options: Omit<RdbEncoderOptions, "onLoss"> & Partial<Pick<RdbEncoderOptions, "onLoss">>,
): Uint8Array {
  const onLoss = ({ kind }: { kind: string }) => {
    throw new Error(`lost: ${kind}`);
  };
  const encoder = new RdbEncoder({ onLoss, ...options });
  const chunks: Uint8Array[] = [];
  for (const event of events) {
    encoder.write(event);
    const chunk = encoder.take();
    if (chunk !== undefined) chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** What a file says beside its keys: aux fields, functions, slots, data of modules. */
export function factsOf(bytes: Uint8Array): Json {
  const {
    keys: _keys,
    checksum: _checksum,
    trailingBytes: _trailing,
    hashTemplates: _,
    ...facts
  } = describeFile([bytes], {});
  return facts;
}
