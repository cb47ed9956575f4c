/**
 * From the path on the command line to what replicas are served: told apart by content, and checked to the last byte before anybody can
 * connect.
 *
 *   an RDB, also inside zstd or gzip                                        rdb-data.ts
 *   a directory, a manifest, commands, an RDB with commands behind it       aof-data.ts
 *   commands inside zstd or gzip, and whatever comes on standard input      the same, over an unpacked copy: a replica asks for any place
 */
import { type Container, decompressContainer, sniffContainer } from "@holdfast/bytes";
import { exitCode, Problem } from "@holdfast/command-line";
import { readChunks } from "@holdfast/platform";
import { openAofData } from "./aof-data.ts";
import { withDataProblems } from "./data-problem.ts";
import { openRdbData } from "./rdb-data.ts";
import type { OpenDataOptions, ServedData } from "./served-data.ts";

const SNIFF_BYTES = 64;

/** Throws Problem with the exit code of what is wrong, UsageError, FileError. */
export function openData(options: OpenDataOptions): Promise<ServedData> {
  return withDataProblems(async () => {
    const { files, path } = options;
    if (path === "-") return openSpooledData(options, "none");
    const info = await files.stat(path);
    return info?.kind === "file" ? openFile(options) : openAofData(options);
  });
}

/** Over a copy, which is removed when nobody is served any more. */
async function openSpooledData(options: OpenDataOptions, container: Container): Promise<ServedData> {
  const { files, path, close: removeCopy } = await options.spool(options.path);
  try {
    const { source, facts, warnings } = await openFile({ ...options, files, path });
    const close = async () => {
      await source.close();
      await removeCopy();
    };
    return { source: { ...source, close }, facts: { ...facts, container }, warnings };
  } catch (error) {
    await removeCopy();
    throw error;
  }
}

async function openFile(options: OpenDataOptions): Promise<ServedData> {
  const file = await options.files.open(options.path, "read");
  let served: ServedData | undefined;
  let container: Container = "none";
  try {
    const stored = await firstBytes(readChunks(file, { chunkBytes: SNIFF_BYTES }));
    container = sniffContainer(stored);
    const packed = () => firstBytes(decompressContainer(container, readChunks(file)));
    const head = container === "none" ? stored : await packed();
    const text = Buffer.from(head.subarray(0, SNIFF_BYTES)).toString("latin1");
    if (/^(REDIS|VALKEY)/.test(text)) served = await openRdbData(file, container, options);
    else refuseOtherKinds(options.path, text);
  } finally {
    if (served === undefined) await file.close();
  }
  if (served !== undefined) return served;
  return container === "none" ? openAofData(options) : openSpooledData(options, container);
}

async function firstBytes(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  for await (const chunk of chunks) return chunk;
  return new Uint8Array(0);
}

/** What is no RDB may be commands or a manifest, which are left to the check. */
function refuseOtherKinds(path: string, head: string): void {
  if (head === "")
    throw new Problem(exitCode.truncated, `${path} is empty: there is nothing to serve`, {
      nextStep: "look for a temp-*.rdb file beside it, left behind by a save that did not finish",
    });
  if (/^[*#]/.test(head) || /^\s*(file|seq|type|startoffset|endoffset)\s/i.test(head)) return;
  throw new Problem(exitCode.corrupt, `${path} begins like no RDB, append-only file or manifest`, {
    nextStep: "give the file that a server wrote: dump.rdb, appendonlydir, or its base",
  });
}
