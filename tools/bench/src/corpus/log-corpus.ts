/**
 * Logs of commands as servers write them, made on first use, the same for the same seed.
 *
 *   long    two million SETs with values of 400 bytes
 *   mixed   all types of values and lengths of commands (replay-corpus.ts)
 */
import { join } from "node:path";
import fs from "fs-extra";
import { CommandWriter } from "./command-writer.ts";
import { mixedCommands } from "./replay-corpus.ts";
import { TextMaker } from "./text-maker.ts";

/** Raise it when a change makes other bytes. */
const logVersion = 1;
const valueBytes = 400;

export interface LogCorpus {
  readonly path: string;
  readonly commandCount: number;
  readonly sizeBytes: number;
}

export interface LogRequest {
  readonly kind: "long" | "mixed";
  readonly seed: number;
  readonly commandCount: number;
  readonly folder: string;
}

export async function openLog({ kind, seed, commandCount, folder }: LogRequest): Promise<LogCorpus> {
  const path = join(folder, `log-${kind}-${commandCount}-seed${seed}-v${logVersion}.aof`);
  if (!(await fs.pathExists(path))) {
    await fs.ensureDir(folder);
    const building = `${path}.building`;
    const commands = kind === "long" ? longCommands : mixedCommands;
    await writeLog(building, commands(seed, commandCount));
    await fs.move(building, path, { overwrite: true });
  }
  return { path, commandCount, sizeBytes: (await fs.stat(path)).size };
}

async function writeLog(path: string, pieces: Iterable<Uint8Array>): Promise<void> {
  const file = await fs.open(path, "w");
  try {
    for (const piece of pieces) await fs.write(file, piece);
  } finally {
    await fs.close(file);
  }
}

function* longCommands(seed: number, commandCount: number): Iterable<Uint8Array> {
  const out = new CommandWriter();
  const make = new TextMaker(seed);
  out.command("SELECT", "0");
  for (let index = 1; index < commandCount; index++) {
    // redis-check-aof of 7.0 takes a log with a line that begins with "file" for a manifest.
    out.command("SET", `key:${index}`, `v${make.sentence(60)}`.padEnd(valueBytes, "x").slice(0, valueBytes));
    if (out.isFull) yield out.take();
  }
  yield out.take();
}
