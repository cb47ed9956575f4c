/** Directories in memory for tests: made of bytes, and turned into bytes again for a real server. */
import { dirname } from "node:path";
import { type FileSystem, StrictMemoryFiles } from "@holdfast/platform";
import { encodeCommand } from "@holdfast/resp";

export type DiskContent = Readonly<Record<string, Uint8Array>>;

export const INCR = "data/appendonlydir/appendonly.aof.1.incr.aof";
export const MANIFEST = "data/appendonlydir/appendonly.aof.manifest";

/** A file system that holds these files, all of it lasting. */
export async function memoryDisk(content: DiskContent): Promise<StrictMemoryFiles> {
  const files = new StrictMemoryFiles();
  await writeDisk(files, content);
  files.syncEverything();
  return files;
}

export async function writeDisk(files: FileSystem, content: DiskContent): Promise<void> {
  for (const [path, bytes] of Object.entries(content)) {
    await files.makeDirectory(dirname(path));
    const file = await files.open(path, "create");
    if (bytes.length > 0) await file.append(bytes);
    await file.close();
  }
}

export async function readPath(files: FileSystem, path: string): Promise<Buffer> {
  const file = await files.open(path, "read");
  const bytes = Buffer.alloc(await file.size());
  for (let filled = 0; filled < bytes.length; ) filled += await file.readAt(filled, bytes.subarray(filled));
  await file.close();
  return bytes;
}

/** Everything below data/, by its path below that: what `withServer` takes as files. */
export async function diskForServer(files: FileSystem): Promise<Record<string, Uint8Array>> {
  const content: Record<string, Uint8Array> = {};
  const walk = async (directory: string) => {
    for (const name of await files.list(directory)) {
      const path = `${directory}/${name}`;
      const info = await files.stat(path);
      if (info?.kind === "directory") await walk(path);
      else content[path.replace(/^data\//, "")] = await readPath(files, path);
    }
  };
  await walk("data");
  return content;
}

/** An append-only directory of one incr with these bytes. */
export function oneIncrement(bytes: Uint8Array | string): DiskContent {
  return {
    [INCR]: latin1(bytes),
    [MANIFEST]: Buffer.from("file appendonly.aof.1.incr.aof seq 1 type i\n"),
  };
}

/** Commands as a log holds them: words parted by spaces. */
export function log(...commands: readonly string[]): string {
  return commands
    .map((command) => Buffer.from(encodeCommand(command.split(" "))).toString("latin1"))
    .join("");
}

export function latin1(bytes: Uint8Array | string): Uint8Array {
  return typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes;
}
