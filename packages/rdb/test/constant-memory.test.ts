import { RdbDecoder, type ReadLevel } from "@holdfast/rdb";
import { describe, expect, it } from "vitest";
import { collectionFile, lzfStringFile, quicklistFile, rawStringFile } from "./generated-files.ts";

/** Level "check" remembers up to 32 MiB of members or fields, and in tables that double about three times that. */
const growthMaxBytes = { items: 100 << 20, skip: 100 << 20, check: 144 << 20 };
const levels = ["skip", "items", "check"] as const satisfies readonly ReadLevel[];
const million = 1_000_000;
const twoGigabytes = 2 ** 31;
/** Values of many elements are a fifth as large unless HOLDFAST_LONG=1: reading them takes a minute. */
const share = process.env.HOLDFAST_LONG === "1" ? 1 : 0.2;
const lzfCopies = Math.ceil((twoGigabytes * share) / 264);

interface Case {
  readonly name: string;
  readonly chunks: () => Iterable<Uint8Array>;
  /** Bytes of a string, elements of a collection. */
  readonly size: number;
}

const cases: readonly Case[] = [
  { name: "a string of 2 GB", chunks: () => rawStringFile(twoGigabytes), size: twoGigabytes },
  {
    name: `a string of ${2 * share} GB in LZF`,
    chunks: () => lzfStringFile(lzfCopies),
    size: 1 + lzfCopies * 264,
  },
  {
    name: `a hash of ${20 * share} million fields`,
    chunks: () => collectionFile(4, 20 * share * million, Uint8Array.of(1, 0x76)),
    size: 20 * share * million,
  },
  {
    name: `a list of ${20 * share} million elements`,
    chunks: () => collectionFile(1, 20 * share * million, new Uint8Array(0)),
    size: 20 * share * million,
  },
  {
    name: `a sorted set of ${5 * share} million members`,
    chunks: () => collectionFile(5, 5 * share * million, new Uint8Array(8)),
    size: 5 * share * million,
  },
  {
    name: "a quicklist of 20 million elements",
    chunks: () => quicklistFile(200_000),
    size: 20 * million,
  },
];

describe("memory does not grow with the value", () => {
  for (const { name, chunks, size } of cases) {
    for (const level of levels) {
      it(`${name}, level ${level}`, () => {
        const before = process.memoryUsage.rss();
        const { elements, peak } = drain(chunks(), level);
        if (level === "items") expect(elements).toBe(size);
        expect(peak - before).toBeLessThan(growthMaxBytes[level]);
      });
    }
  }
});

/** Reads everything and counts what was handed over: bytes of chunks, elements of collections. */
function drain(chunks: Iterable<Uint8Array>, level: ReadLevel): { elements: number; peak: number } {
  const decoder = new RdbDecoder({ level });
  let elements = 0;
  let peak = 0;
  for (const chunk of chunks) {
    decoder.push(chunk);
    elements += pull(decoder);
    peak = Math.max(peak, process.memoryUsage.rss());
  }
  decoder.end();
  return { elements: elements + pull(decoder), peak };
}

function pull(decoder: RdbDecoder): number {
  let elements = 0;
  for (let event = decoder.next(); event !== undefined; event = decoder.next()) {
    if (event.kind !== "key" && event.kind !== "items") continue;
    const { items } = event;
    if (items.of === "chunks") for (const chunk of items.chunks) elements += chunk.length;
    else if (items.of === "elements") elements += items.elements.length;
    else if (items.of === "fields") elements += items.fields.length;
    else if (items.of === "scored") elements += items.members.length;
  }
  return elements;
}
