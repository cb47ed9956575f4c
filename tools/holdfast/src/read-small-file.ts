/** Passwords and certificates: files of a few KiB, read whole, `-` for standard input. */
import { UsageError } from "@holdfast/command-line";
import { readChunks, readStream } from "@holdfast/platform";
import type { Host } from "./host.ts";

/** Far above any certificate with its chain. */
const SMALL_FILE_BYTES_MAX = 1 << 20;

/** The file as UTF-8. Throws FileError, and UsageError for a file above 1 MiB, which is none of these. */
export async function readSmallFile(host: Host, option: string, path: string): Promise<string> {
  if (path === "-")
    return collect(option, path, readStream(host.stdin, { name: "standard input", signal: host.signal }));
  const file = await host.files.open(path, "read");
  try {
    return await collect(option, path, readChunks(file, { signal: host.signal }));
  } finally {
    await file.close();
  }
}

async function collect(option: string, path: string, chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of chunks) {
    sizeBytes += chunk.length;
    if (sizeBytes > SMALL_FILE_BYTES_MAX)
      throw new UsageError(`${option} ${path} has more than 1 MiB, which is not what it asks for`);
    parts.push(chunk);
  }
  return Buffer.concat(parts).toString("utf8");
}
