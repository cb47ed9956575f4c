import { encodeCommand } from "@holdfast/resp";
import { chunkings, type SeededRandom, seededRandom, testSeed } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import { type StreamPiece, StreamUnits } from "./stream-units.ts";

/** What comes out for these chunks: whole bytes, and the place and db behind each piece. */
function cutInto(chunks: readonly Uint8Array[], units = new StreamUnits({ offset: 500, db: undefined })) {
  const pieces = chunks.map((chunk) => units.push(chunk.slice())).filter((piece) => piece !== undefined);
  return { pieces, bytes: Buffer.concat(pieces.flatMap((piece: StreamPiece) => piece.bytes)), units };
}

describe("units of a stream", () => {
  test("end behind each command outside MULTI, and at EXEC, in any case of letters", () => {
    const set = encodeCommand(["SET", "k", "v"]);
    const units = new StreamUnits({ offset: 0, db: 4 });
    expect(units.push(set)).toMatchObject({ offset: 0, endOffset: 27, db: 4, getackOffset: undefined });
    expect(units.push(encodeCommand(["multi"]))).toBeUndefined();
    expect(units.push(set)).toBeUndefined();
    expect(units.offset).toBe(27);
    expect(units.push(encodeCommand(["Exec"]))).toMatchObject({ offset: 27, endOffset: 83 });
    expect(units.push(Buffer.concat([set, encodeCommand(["MULTI"]), set]))).toMatchObject({ endOffset: 110 });
  });

  test("remember the db of the border, not of the half transaction behind it", () => {
    const units = new StreamUnits({ offset: 0, db: undefined });
    const stream = [["SELECT", "3"], ["MULTI"], ["select", "9"]].map(encodeCommand);
    expect(units.push(Buffer.concat(stream))?.db).toBe(3);
    expect(units.push(encodeCommand(["EXEC"]))?.db).toBe(9);
  });

  test("tell of GETACK, with the offset behind the last one", () => {
    const getack = encodeCommand(["REPLCONF", "GETACK", "*"]);
    const set = encodeCommand(["SET", "k", "v"]);
    const units = new StreamUnits({ offset: 0, db: 0 });
    expect(units.push(Buffer.concat([getack, set, getack, set]))?.getackOffset).toBe(101);
    expect(units.push(set)?.getackOffset).toBeUndefined();
    expect(units.push(encodeCommand(["REPLCONF", "ACK", "7"]))?.getackOffset).toBeUndefined();
  });

  test("are the same bytes at the same borders, however the stream is cut", () => {
    const random = seededRandom(testSeed());
    for (let round = 0; round < 5; round++) {
      const { stream, borders, db } = randomStream(random);
      for (const { name, chunks } of chunkings(stream, random)) {
        const { pieces, bytes } = cutInto(chunks);
        expect(Buffer.compare(bytes, stream), name).toBe(0);
        for (const piece of pieces) expect(borders, name).toContain(piece.endOffset);
        expect(pieces.at(-1), name).toMatchObject({ endOffset: 500 + stream.length, db });
      }
    }
  });

  test.each([
    ["an inline command", "PING\r\n", 500],
    ["an annotation", "#TS:1\r\n", 500],
    ["a blank line", "\n", 500],
    ["a SELECT of no db", "*2\r\n$6\r\nSELECT\r\n$1\r\nx\r\n", 500],
    ["damage behind a whole command", "*1\r\n$4\r\nPING\r\n*1\r\n:", 518],
  ])("%s is RESYNC_BAD_STREAM", (_name, text, offset) => {
    for (const { chunks } of chunkings(Buffer.from(text), seededRandom(testSeed())))
      expect(() => cutInto(chunks)).toThrow(expect.objectContaining({ code: "RESYNC_BAD_STREAM", offset }));
  });

  test("of more than the limit are refused, because they are held in memory", () => {
    const units = new StreamUnits({ offset: 0, db: 0, unitBytesMax: 1000 });
    units.push(encodeCommand(["MULTI"]));
    const fill = () => {
      for (let round = 0; round < 50; round++) units.push(encodeCommand(["SET", "k", "v"]));
    };
    expect(fill).toThrow(expect.objectContaining({ code: "RESYNC_BAD_STREAM", offset: 0 }));
  });
});

function randomStream(random: SeededRandom) {
  const parts: Uint8Array[] = [];
  const borders: number[] = [];
  let sizeBytes = 500;
  let db: number | undefined;
  const add = (...commands: readonly (readonly (string | Uint8Array)[])[]) => {
    const unit = Buffer.concat(commands.map(encodeCommand));
    parts.push(unit);
    borders.push((sizeBytes += unit.length));
  };
  for (let index = 0; index < 30; index++) {
    const value = random.bytes(random.below(100));
    const kind = random.below(6);
    if (kind === 0) add(["SELECT", `${(db = random.below(16))}`]);
    else if (kind === 1) add(["MULTI"], ["SET", "k", value], ["SELECT", `${(db = 7)}`], ["EXEC"]);
    else if (kind === 2) add(["REPLCONF", "GETACK", "*"]);
    else add(["SET", value, value]);
  }
  return { stream: Buffer.concat(parts), borders, db };
}
