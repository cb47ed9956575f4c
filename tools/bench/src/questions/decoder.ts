/**
 * How fast does the decoder alone read the corpus, level by level?
 *
 * The same process, no output, one thread: what is left when commands, files and printing are taken away. The file
 * is read in pieces of 1 MiB like any input; the line "read only" is what that costs. The checksum is part of
 * every level but the one that says "no checksum".
 */
import type { RdbDecoderOptions } from "@holdfast/rdb";
import { eachChunk, eachEvent } from "../corpus/read-corpus.ts";
import { timeWork } from "../measure/profile.ts";
import type { Bench, Profile, ProfileLine, Question } from "./question.ts";

const levels: readonly { readonly what: string; readonly options: RdbDecoderOptions }[] = [
  { what: "skip, no checksum", options: { level: "skip", verifyChecksum: false } },
  { what: "skip", options: { level: "skip" } },
  { what: "skip with trace", options: { level: "skip", trace: true } },
  { what: "raw", options: { level: "raw" } },
  { what: "items", options: { level: "items" } },
  { what: "check", options: { level: "check" } },
];

export const decoderQuestion: Question = {
  name: "decoder",
  title: "How fast does the decoder read, level by level?",
  isDefault: false,
  answer: async (bench) => profileDecoder(bench),
};

function profileDecoder({ corpus, runCount, onStep }: Bench): Profile {
  const lines: ProfileLine[] = [];
  onStep("decoder, read only");
  const readMs = timeWork(() => eachChunk(corpus.path, () => true), runCount);
  lines.push({ what: "read only", medianMs: readMs, sizeBytes: corpus.sizeBytes, itemCount: undefined });
  for (const { what, options } of levels) {
    onStep(`decoder, ${what}`);
    let itemCount = 0;
    const medianMs = timeWork(() => (itemCount = decodeAll(corpus.path, options)), runCount);
    lines.push({ what, medianMs, sizeBytes: corpus.sizeBytes, itemCount: itemCount || undefined });
  }
  return { kind: "profile", name: decoderQuestion.name, title: decoderQuestion.title, lines };
}

/** Decodes the whole file and returns how many elements its values have, as far as the level tells. */
function decodeAll(path: string, options: RdbDecoderOptions): number {
  let itemCount = 0;
  eachEvent(path, options, (event) => {
    // The elements of a whole value are told by its last event.
    if ((event.kind === "key" || event.kind === "items") && event.last) itemCount += event.itemCount ?? 0;
    return true;
  });
  return itemCount;
}
