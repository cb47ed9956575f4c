/**
 * The corpus: one RDB file that a real Redis wrote, kept in `.bench/` beside a stamp that says what it is.
 *
 *   .bench/redis-7.0-500mb-seed1.rdb        the file
 *   .bench/redis-7.0-500mb-seed1.json       its stamp, written last; one that does not match is built anew
 *
 * Two builds of one seed hold the same keys and values, in another order: a server draws the seed of its hash tables
 * at every start.
 */
import { join } from "node:path";
import { findServer, type RunningServer, type ServerInstallation, startServer } from "@holdfast/servers";
import fs from "fs-extra";
import { BenchError } from "../errors.ts";
import { type CorpusSize, corpusCommands, generatorVersion, keyCountOf } from "./corpus-commands.ts";
import { askServer, loadServer } from "./load-server.ts";

/** The server that writes the corpus and whose check tool is measured against. */
export const corpusServer = "redis-7.0";

export interface CorpusStamp extends CorpusSize {
  readonly serverVersion: string;
  readonly generatorVersion: number;
  readonly keyCount: number;
  readonly sizeBytes: number;
}

export interface Corpus extends CorpusStamp {
  readonly path: string;
}

export interface CorpusRequest extends CorpusSize {
  readonly folder: string;
  /** Told in a few words what is being done. */
  readonly onStep: (step: string) => void;
}

/** The official server, or BENCH_NO_SERVER with the way to get it. */
export async function requireServer(): Promise<ServerInstallation> {
  const installation = await findServer(corpusServer);
  if (installation !== undefined) return installation;
  throw new BenchError("BENCH_NO_SERVER", `${corpusServer} is not here: pnpm servers fetch ${corpusServer}`);
}

/** The corpus from the folder when its stamp fits, else a new one, which takes a minute or two. */
export async function openCorpus(installation: ServerInstallation, request: CorpusRequest): Promise<Corpus> {
  const name = `${corpusServer}-${request.corpusMb}mb-seed${request.seed}`;
  const path = join(request.folder, `${name}.rdb`);
  const stampPath = join(request.folder, `${name}.json`);
  const stamp = await readStamp(stampPath);
  if (stamp !== undefined && (await isOf(stamp, path, installation))) return { ...stamp, path };
  await fs.remove(stampPath);
  const built = await buildCorpus(installation, request, path);
  await fs.outputJson(stampPath, built, { spaces: 2 });
  return { ...built, path };
}

async function readStamp(path: string): Promise<CorpusStamp | undefined> {
  return (await fs.pathExists(path)) ? ((await fs.readJson(path)) as CorpusStamp) : undefined;
}

/** The stamp speaks of this file, this server and this generator; seed and size stand in the name. */
async function isOf(stamp: CorpusStamp, path: string, installation: ServerInstallation): Promise<boolean> {
  if (stamp.serverVersion !== installation.version || stamp.generatorVersion !== generatorVersion)
    return false;
  return (await fs.pathExists(path)) && (await fs.stat(path)).size === stamp.sizeBytes;
}

async function buildCorpus(
  installation: ServerInstallation,
  request: CorpusRequest,
  path: string,
): Promise<CorpusStamp> {
  await fs.ensureDir(request.folder);
  const directory = await fs.mkdtemp(join(request.folder, "building-"));
  try {
    const server = await startServer(installation, { directory, args: ["--dbfilename", "corpus.rdb"] });
    try {
      const { seed, corpusMb, onStep } = request;
      const pieces = corpusCommands({ seed, corpusMb }, (family, keyCount) =>
        onStep(`loading ${keyCount} keys of family "${family.name}"`),
      );
      await loadServer(server, pieces);
      await requireComplete(server, keyCountOf(corpusMb));
      onStep("saving");
      await askServer(server, "SAVE");
    } finally {
      await server.stop();
    }
    await fs.move(join(directory, "corpus.rdb"), path, { overwrite: true });
  } finally {
    await fs.remove(directory);
  }
  const { seed, corpusMb } = request;
  const { size: sizeBytes } = await fs.stat(path);
  const serverVersion = installation.version;
  return { seed, corpusMb, serverVersion, generatorVersion, keyCount: keyCountOf(corpusMb), sizeBytes };
}

/** Every command was taken and every key is there, or BENCH_CORPUS_REFUSED. */
async function requireComplete(server: RunningServer, keyCount: number): Promise<void> {
  const errors = (await askServer(server, "INFO", "errorstats")).split("\n").slice(1).join(" ").trim();
  if (errors !== "") throw new BenchError("BENCH_CORPUS_REFUSED", `the server refused commands: ${errors}`);
  const held = Number(await askServer(server, "DBSIZE"));
  if (held !== keyCount) {
    throw new BenchError("BENCH_CORPUS_REFUSED", `${keyCount} keys were sent, the server holds ${held}`);
  }
}
