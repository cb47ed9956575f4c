import { readFileSync } from "node:fs";
import { chunkings, listFixtures, parseHex, seededRandom, testSeed } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import { parseSnapshotFrame, type SnapshotFrame, SnapshotReader, snapshotLine } from "./snapshot-reader.ts";

const mark = Buffer.from("0123456789".repeat(4));
const small = parseHex(`${Buffer.from("REDIS0011").toString("hex")} FE00 00 016B 0176 FF\n<crc64>`);

function read(frame: SnapshotFrame, chunks: Iterable<Uint8Array>) {
  const reader = new SnapshotReader(frame);
  const parts: Uint8Array[] = [];
  const rests: Uint8Array[] = [];
  for (const chunk of chunks) {
    if (reader.facts !== undefined) {
      rests.push(chunk);
      continue;
    }
    const { rdb, rest } = reader.push(chunk);
    parts.push(rdb);
    rests.push(rest);
  }
  return { rdb: Buffer.concat(parts), rest: Buffer.concat(rests).toString(), facts: reader.facts };
}

describe("a snapshot", () => {
  // The decoder's own tests read them all.
  const dumps = listFixtures("rdb", ".rdb").filter(({ name }) => /-(replication|nochecksum)$/.test(name));

  test.each(dumps)("$name ends where its file ends, framed either way, however it is cut", ({ path }) => {
    const file = readFileSync(path);
    const random = seededRandom(testSeed());
    // Byte by byte for the small ones only.
    const cuts = [...chunkings(Buffer.concat([file, mark, Buffer.from("*1\r\n")]), random)];
    for (const { name, chunks } of cuts.filter(({ chunks }) => chunks.length < 20_000)) {
      const byMark = read({ by: "mark", mark }, chunks);
      expect(Buffer.compare(byMark.rdb, file), name).toBe(0);
      expect(byMark.rest, name).toBe("*1\r\n");
      const byLength = read({ by: "length", sizeBytes: file.length }, chunks);
      expect(Buffer.compare(byLength.rdb, file), name).toBe(0);
      expect(byLength.rest, name).toBe(`${mark}*1\r\n`);
      expect(byLength.facts, name).toEqual(byMark.facts);
      expect(byLength.facts?.sizeBytes).toBe(file.length);
    }
  });

  test("of which any byte is wrong is never taken for a whole one", () => {
    for (let at = 0; at < small.length; at++) {
      const damaged = small.slice();
      damaged[at] ^= 0x40;
      for (const frame of [
        { by: "mark", mark } as const,
        { by: "length", sizeBytes: small.length } as const,
      ]) {
        let facts: unknown;
        try {
          facts = read(frame, [damaged, mark]).facts;
        } catch (error) {
          expect(error).toMatchObject({ code: "RESYNC_BAD_SNAPSHOT" });
        }
        expect(facts, `byte ${at} of ${frame.by}`).toBeUndefined();
      }
    }
  });

  test.each([-1, 1])("whose announced length is off by %d is refused", (difference) => {
    for (const { name, chunks } of chunkings(Buffer.concat([small, mark]), seededRandom(testSeed()))) {
      const frame = { by: "length", sizeBytes: small.length + difference } as const;
      expect(() => read(frame, chunks), name).toThrow(
        expect.objectContaining({ code: "RESYNC_BAD_SNAPSHOT" }),
      );
    }
  });
});

test("a frame is announced in one line, which is read as it is written", () => {
  for (const frame of [{ by: "length", sizeBytes: 182 } as const, { by: "mark", mark } as const]) {
    const line = Buffer.from(snapshotLine(frame)).toString();
    expect(line.endsWith("\r\n")).toBe(true);
    expect(parseSnapshotFrame(line.slice(0, -2))).toEqual(frame);
  }
  for (const line of ["", "$", "$-1", "$1x", "$EOF:short", `$EOF:${mark}0`, "+OK", "$99999999999999999"])
    expect(parseSnapshotFrame(line), line).toBeUndefined();
});
