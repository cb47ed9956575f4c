/**
 * Puts gzip or zstd around bytes that leave: the other direction of compression.ts.
 *
 * gzip is zlib at its default level, zstd at level 3: Node's own where Node has it (22.15 and newer), else zstd-codec, the same zstd in
 * WebAssembly. Bytes go in piece by piece and come out when there are some, so memory does not grow with the file.
 */
import type { Transform } from "node:stream";
import zlib from "node:zlib";
import type { Container } from "./compression.ts";
import { openZstdPacker } from "./zstd-codec.ts";

/** A file on its way into a container. What write() and end() return is the caller's; without a container it is what came in. */
export interface ContainerWriter {
  /** Takes the bytes, which must stay as they are until it resolves, and hands over what is ready. */
  write(bytes: Uint8Array): Promise<readonly Uint8Array[]>;
  /** The rest, behind the last write. */
  end(): Promise<readonly Uint8Array[]>;
  /** Frees what it holds; to be called in any case. */
  close(): void;
}

/** Larger pieces would not fit the codec's memory. */
const codecPieceBytes = 1 << 20;

/** Starts a container; for "none" the bytes come out as they went in. */
export async function openContainerWriter(container: Container): Promise<ContainerWriter> {
  if (container === "gzip") return transformWriter(zlib.createGzip());
  if (container === "none") {
    return { write: async (bytes) => [bytes], end: async () => [], close: () => {} };
  }
  const { createZstdCompress } = zlib as { readonly createZstdCompress?: () => Transform };
  return createZstdCompress === undefined ? codecWriter() : transformWriter(createZstdCompress());
}

function transformWriter(transform: Transform): ContainerWriter {
  let ready: Uint8Array[] = [];
  let failure: Error | undefined;
  transform.on("data", (bytes: Uint8Array) => ready.push(bytes));
  transform.on("error", (error) => {
    failure = error;
  });
  const take = () => {
    const taken = ready;
    ready = [];
    return taken;
  };
  const settled = (start: (done: (error?: Error | null) => void) => void) =>
    new Promise<readonly Uint8Array[]>((resolve, reject) => {
      if (failure !== undefined) reject(failure);
      else start((error) => (error == null ? resolve(take()) : reject(error)));
    });
  return {
    write: (bytes) => settled((done) => transform.write(bytes, done)),
    end: () =>
      settled((done) => {
        transform.once("end", () => done());
        transform.once("error", done);
        transform.end();
      }),
    close: () => {
      transform.destroy();
    },
  };
}

async function codecWriter(): Promise<ContainerWriter> {
  const codec = await openZstdPacker();
  const sound = (pieces: readonly Uint8Array[] | undefined) => {
    if (pieces === undefined) throw new Error("zstd-codec could not compress");
    return pieces;
  };
  return {
    write: async (bytes) => {
      const made: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += codecPieceBytes)
        made.push(...sound(codec.pack(bytes.subarray(at, at + codecPieceBytes))));
      return made;
    },
    end: async () => sound(codec.finish()),
    close: () => codec.close(),
  };
}
