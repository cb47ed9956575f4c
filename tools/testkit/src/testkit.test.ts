/** The test kit itself: what every other test leans on. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { serverIds } from "@holdfast/servers";
import { describe, expect, test } from "vitest";
import { chunkings } from "./chunkings.ts";
import { crc64Bytes, crc64Oracle } from "./crc64-oracle.ts";
import { parseHex } from "./fixtures.ts";
import { seededRandom, testSeed } from "./random.ts";
import { describeWithServer, withServer } from "./real-servers.ts";

describe("chunkings", () => {
  test("give the same bytes back whatever the cuts are, and no empty chunk", () => {
    const random = seededRandom(testSeed());
    const bytes = random.bytes(500);
    const names = [];
    for (const { name, chunks } of chunkings(bytes, random)) {
      names.push(name);
      expect(Buffer.concat(chunks), name).toEqual(Buffer.from(bytes));
      expect(chunks.every((chunk) => chunk.length > 0)).toBe(true);
    }
    expect(names.slice(0, 2)).toEqual(["whole", "byte by byte"]);
    expect(names.length).toBe(6);
  });

  test("of nothing are no chunks", () => {
    for (const { chunks } of chunkings(new Uint8Array(0), seededRandom(1))) expect(chunks).toEqual([]);
  });
});

describe("seeded random", () => {
  test("repeats itself for the same seed", () => {
    expect(seededRandom(7).bytes(20)).toEqual(seededRandom(7).bytes(20));
    expect(seededRandom(7).bytes(20)).not.toEqual(seededRandom(8).bytes(20));
  });
});

describe("the CRC-64 oracle", () => {
  test("gives the published check value", () => {
    expect(crc64Oracle(Buffer.from("123456789"))).toBe(0xe9c6d914c4b8d9can);
    expect(crc64Bytes(Buffer.from("123456789"))).toEqual(parseHex("ca d9 b8 c4 14 d9 c6 e9"));
  });
});

describe("annotated hex", () => {
  test("is bytes up to two blanks or a tab; the rest is for people", () => {
    const text = "# a comment\n\nFE 00   select db 0\n0161 ff\tAB CD\n  41*3 0102*2\n";
    expect(parseHex(text)).toEqual(Uint8Array.of(0xfe, 0, 1, 0x61, 0xff, 65, 65, 65, 1, 2, 1, 2));
  });

  test("ends in the checksum of everything above it", () => {
    expect(parseHex("31 32 33 34 35 36 37 38 39\n<crc64>   checksum").subarray(9)).toEqual(
      crc64Bytes(Buffer.from("123456789")),
    );
  });

  test("that is not hex is an error with file and line", () => {
    expect(() => parseHex("FE 00\nFE 0", "x.hex")).toThrow('x.hex:2: "0"');
  });
});

describeWithServer(serverIds, "a server for one test", (id) => {
  test("answers content as bytes, and is cleared away afterwards", async () => {
    const directory = await withServer(id, { files: { "extra/note": Uint8Array.of(1) } }, async (running) => {
      const key = Buffer.from([0, 255, 13, 10]);
      await running.client.sendCommand(["SET", key, key]);
      expect(await running.client.sendCommand(["GET", key])).toEqual(key);
      expect(await running.client.sendCommand(["KEYS", "*"])).toEqual([key]);
      expect(existsSync(join(running.server.directory, "extra/note"))).toBe(true);
      return running.server.directory;
    });
    expect(existsSync(directory)).toBe(false);
  });

  test("is cleared away when its use fails", async () => {
    let pid = 0;
    const use = withServer(id, {}, ({ server }) => {
      pid = server.pid;
      return Promise.reject(new Error("as told"));
    });
    await expect(use).rejects.toThrow("as told");
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });
});
