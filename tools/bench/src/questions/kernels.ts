/**
 * How fast are the two loops at the bottom, CRC-64 and LZF, by size of block?
 *
 * `@holdfast/bytes` chooses between plain JavaScript and WebAssembly by the size of the block, so the lines show both
 * and where one gives way to the other; `node --jitless` shows the plain path alone. The LZF blocks are those of the corpus:
 * session documents and pages, as the server packed them. Sizes of LZF are those of the unpacked text.
 */
import { Crc64, lzfDecompress } from "@holdfast/bytes";
import { eachEvent } from "../corpus/read-corpus.ts";
import { timeWork } from "../measure/profile.ts";
import type { Bench, Profile, ProfileLine, Question } from "./question.ts";

/** Bytes of one run: long enough for the clock, short enough to stay in the cache of most machines. */
const workBytes = 64 << 20;
const crcBlockBytes = [32, 256, 1 << 10, 8 << 10, 64 << 10, 1 << 20];
const lzfBlockBytes: readonly (readonly [least: number, below: number])[] = [
  [0, 512],
  [512, 1 << 10],
  [1 << 10, 4 << 10],
  [4 << 10, 32 << 10],
];
/** Blocks kept of each size. */
const lzfBlocksMax = 500;

interface LzfBlock {
  readonly packed: Uint8Array;
  readonly textBytes: number;
}

export const kernelsQuestion: Question = {
  name: "kernels",
  title: "How fast are CRC-64 and LZF, by size of block?",
  isDefault: false,
  answer: async (bench) => profileKernels(bench),
};

function profileKernels({ corpus, runCount, onStep }: Bench): Profile {
  onStep("kernels, crc-64");
  const crcLines = crcBlockBytes.map((sizeBytes) => crcLine(sizeBytes, runCount));
  onStep("kernels, lzf");
  const blocks = collectLzfBlocks(corpus.path);
  const lzfLines = lzfBlockBytes.flatMap(([least, below]) => {
    const sized = blocks
      .filter(({ textBytes }) => textBytes >= least && textBytes < below)
      .slice(0, lzfBlocksMax);
    return sized.length === 0 ? [] : [lzfLine(`lzf, ${least} to ${below} B`, sized, runCount)];
  });
  const { name, title } = kernelsQuestion;
  return { kind: "profile", name, title, lines: [...crcLines, ...lzfLines] };
}

function crcLine(sizeBytes: number, runCount: number): ProfileLine {
  const block = new Uint8Array(sizeBytes).map((_, index) => index * 167);
  const repeats = workBytes / sizeBytes;
  const medianMs = timeWork(() => {
    const crc = new Crc64();
    for (let repeat = 0; repeat < repeats; repeat++) crc.update(block);
  }, runCount);
  return { what: `crc-64, ${sizeBytes} B`, medianMs, sizeBytes: workBytes, itemCount: repeats };
}

function lzfLine(what: string, blocks: readonly LzfBlock[], runCount: number): ProfileLine {
  const onceBytes = blocks.reduce((sum, { textBytes }) => sum + textBytes, 0);
  const repeats = Math.ceil(workBytes / onceBytes);
  const target = new Uint8Array(Math.max(...blocks.map(({ textBytes }) => textBytes)));
  const medianMs = timeWork(() => {
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (const { packed, textBytes } of blocks)
        lzfDecompress(packed, 0, packed.length, target, 0, textBytes);
    }
  }, runCount);
  return { what, medianMs, sizeBytes: repeats * onceBytes, itemCount: repeats * blocks.length };
}

/** Enough packed string values from the front of the corpus. The order of keys in it is random. */
function collectLzfBlocks(path: string): LzfBlock[] {
  const blocks: LzfBlock[] = [];
  eachEvent(path, { level: "raw", verifyChecksum: false }, (event) => {
    if (event.kind !== "key" || event.encoding !== "lzf" || !event.last) return true;
    if (event.items.of === "opaque") blocks.push(parseLzfString(event.items.bytes));
    return blocks.length < 40 * lzfBlocksMax;
  });
  return blocks;
}

/** A whole packed string as stored: the byte 0xC3, the packed size, the size of the text, the block. */
function parseLzfString(stored: Uint8Array): LzfBlock {
  const packedSize = parseLength(stored, 1);
  const textSize = parseLength(stored, packedSize.behind);
  return { packed: stored.slice(textSize.behind), textBytes: textSize.length };
}

/** The length prefixes that such sizes need: 6, 14 or 32 bits, told apart by the top two bits. */
function parseLength(bytes: Uint8Array, at: number): { length: number; behind: number } {
  const first = bytes[at];
  if (first < 0x40) return { length: first, behind: at + 1 };
  if (first < 0x80) return { length: ((first & 0x3f) << 8) | bytes[at + 1], behind: at + 2 };
  return { length: new DataView(bytes.buffer, bytes.byteOffset).getUint32(at + 1), behind: at + 5 };
}
