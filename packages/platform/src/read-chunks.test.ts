import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { scratchDirectory } from "../test/scratch-directory.ts";
import { FileError } from "./errors.ts";
import type { File } from "./file-system.ts";
import { nodeFiles } from "./node/node-files.ts";
import { readChunks } from "./read-chunks.ts";
import { readStream } from "./read-stream.ts";

const content = Uint8Array.from({ length: 1000 }, (_, index) => index % 251);

async function contentFile(): Promise<File> {
  const path = join(await scratchDirectory(), "content");
  await writeFile(path, content);
  return nodeFiles().open(path, "read");
}

/** A file in memory that counts its reads and fails at an offset. */
function memoryFile(bytes: Uint8Array, failAt = Number.POSITIVE_INFINITY) {
  const reads: number[] = [];
  const file: Pick<File, "readAt"> = {
    readAt: async (offset, target) => {
      reads.push(offset);
      if (offset >= failAt) throw new FileError("read", "memory", "EIO", "told to fail");
      const part = bytes.subarray(offset, offset + target.length);
      target.set(part);
      return part.length;
    },
  };
  return { file: file as File, reads };
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const collected: Uint8Array[] = [];
  for await (const chunk of chunks) collected.push(chunk.slice());
  return collected;
}

describe("a file in chunks", () => {
  test.each([1, 7, 100, 999, 1000, 1001, 1 << 20])("of %i bytes is the whole file", async (chunkBytes) => {
    const file = await contentFile();
    const chunks = await collect(readChunks(file, { chunkBytes }));
    expect(chunks.length).toBe(Math.ceil(1000 / chunkBytes));
    expect(Buffer.concat(chunks).equals(content)).toBe(true);
    await file.close();
  });

  test("can be a part of it", async () => {
    const chunks = await collect(
      readChunks(memoryFile(content).file, { chunkBytes: 64, start: 10, end: 150 }),
    );
    expect(chunks.map((chunk) => chunk.length)).toEqual([64, 64, 12]);
    expect(Buffer.concat(chunks).equals(content.subarray(10, 150))).toBe(true);
  });

  test("short reads lose nothing", async () => {
    const { file } = memoryFile(content);
    const short = {
      ...file,
      readAt: (offset: number, target: Uint8Array) => file.readAt(offset, target.subarray(0, 3)),
    };
    expect(Buffer.concat(await collect(readChunks(short, { chunkBytes: 100 }))).equals(content)).toBe(true);
  });

  test("the next chunk is being read while one is in use, and no more than one", async () => {
    const { file, reads } = memoryFile(content);
    const chunks = readChunks(file, { chunkBytes: 100 });
    await chunks.next();
    expect(reads).toEqual([0, 100]);
    await chunks.next();
    expect(reads).toEqual([0, 100, 200]);
    await chunks.return();
  });

  test("chunks are the consumer's own", async () => {
    const kept: Uint8Array[] = [];
    for await (const chunk of readChunks(memoryFile(content).file, { chunkBytes: 10 })) kept.push(chunk);
    expect(Buffer.concat(kept).equals(content)).toBe(true);
  });

  test("with reuse, a chunk stays as it is while the next one is in use", async () => {
    let previous: { chunk: Uint8Array; copy: Uint8Array } | undefined;
    const memories = new Set<ArrayBufferLike>();
    for await (const chunk of readChunks(memoryFile(content).file, { chunkBytes: 10, reuse: true })) {
      if (previous !== undefined) expect(previous.chunk).toEqual(previous.copy);
      previous = { chunk, copy: chunk.slice() };
      memories.add(chunk.buffer);
    }
    expect(memories.size).toBe(3);
  });

  test("a read error comes after the chunks before it", async () => {
    const chunks = readChunks(memoryFile(content, 200).file, { chunkBytes: 100 });
    expect((await chunks.next()).value).toHaveLength(100);
    expect((await chunks.next()).value).toHaveLength(100);
    await expect(chunks.next()).rejects.toMatchObject({ code: "EIO" });
  });

  test("leaving early waits for the read under way and may then close the file", async () => {
    const file = await contentFile();
    for await (const chunk of readChunks(file, { chunkBytes: 10 })) {
      expect(chunk).toHaveLength(10);
      break;
    }
    await file.close();
  });

  test("an abort stops it with the reason", async () => {
    const controller = new AbortController();
    const chunks = readChunks(memoryFile(content).file, { chunkBytes: 10, signal: controller.signal });
    await chunks.next();
    controller.abort(new Error("enough"));
    await expect(chunks.next()).rejects.toThrow("enough");
  });
});

describe("a stream in chunks", () => {
  test("is the stream's bytes in order", async () => {
    const stream = Readable.from([Buffer.from("ab"), Buffer.alloc(0), Buffer.from("c")]);
    const chunks = await collect(readStream(stream, { name: "standard input" }));
    expect(chunks.map((chunk) => Buffer.from(chunk).toString())).toEqual(["ab", "c"]);
  });

  test("a failing stream is an error with the stream's name", async () => {
    const stream = new Readable({
      read() {
        this.destroy(Object.assign(new Error("EIO: i/o error, read"), { code: "EIO" }));
      },
    });
    await expect(collect(readStream(stream, { name: "standard input" }))).rejects.toThrow(
      "cannot read standard input: i/o error (EIO)",
    );
  });

  test("an abort ends the wait for bytes with the reason", async () => {
    const controller = new AbortController();
    const silent = new Readable({ read() {} });
    const read = collect(readStream(silent, { name: "standard input", signal: controller.signal }));
    controller.abort(new Error("enough"));
    await expect(read).rejects.toThrow("enough");
    expect(silent.destroyed).toBe(true);
  });
});
