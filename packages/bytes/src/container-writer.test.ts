import zlib from "node:zlib";
import { describe, expect, test } from "vitest";
import { type Container, decompressContainer, sniffContainer } from "./compression.ts";
import { openContainerWriter } from "./container-writer.ts";

const lines = Buffer.from(
  Array.from({ length: 60_000 }, (_, i) => `{"id":${i},"name":"user-${(i * 7919) % 1000}"}\n`).join(""),
);

async function packed(container: Container, bytes: Uint8Array, pieceBytes: number): Promise<Buffer> {
  const writer = await openContainerWriter(container);
  const pieces: Uint8Array[] = [];
  try {
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      const piece = new Uint8Array(bytes.subarray(at, at + pieceBytes));
      for (const made of await writer.write(piece)) pieces.push(Uint8Array.from(made));
      piece.fill(0xee);
    }
    pieces.push(...(await writer.end()));
  } finally {
    writer.close();
  }
  return Buffer.concat(pieces);
}

async function unpacked(bytes: Uint8Array): Promise<Buffer> {
  async function* whole() {
    yield bytes;
  }
  const pieces: Uint8Array[] = [];
  for await (const piece of decompressContainer(sniffContainer(bytes), whole())) pieces.push(piece.slice());
  return Buffer.concat(pieces);
}

describe.each(["gzip", "zstd", "none"] as const)("a %s container", (container) => {
  test.each([1000, 100_000, lines.length])(
    "written in pieces of %i bytes opens to the same bytes",
    async (size) => {
      const bytes = await packed(container, lines, size);
      expect(sniffContainer(bytes)).toBe(container);
      expect(Buffer.compare(await unpacked(bytes), lines)).toBe(0);
      if (container !== "none") expect(bytes.length).toBeLessThan(lines.length / 4);
    },
  );

  test("around nothing is sound too", async () => {
    expect((await unpacked(await packed(container, new Uint8Array(0), 1))).length).toBe(0);
  });
});

test("what gzip wrote is what zlib opens", async () => {
  expect(zlib.gunzipSync(await packed("gzip", lines, 5000)).equals(lines)).toBe(true);
});
