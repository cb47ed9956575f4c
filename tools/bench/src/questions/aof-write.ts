/**
 * How fast is a log of commands written, against a bare loop that does nothing else?
 *
 *   no, everysec   one appender and commands of 100 bytes, against write calls of 1 MiB with as many fsyncs
 *   always         64 appenders that each wait for their command, against one write and one fsync a command
 *
 *   in rows        encoded commands as they come from a connection, 16 KiB in one call of appendEncoded()
 *   encoded        each in a call of its own
 *   arguments      given as words, and encoded here
 *
 * Files are open before the clock starts, and the works take turns. What is measured is this process and the disk that `.bench/` is on:
 * compare lines of one run.
 */
import { open } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type AofWriter, type FsyncPolicy, openAof } from "@holdfast/aof";
import { nodePlatform } from "@holdfast/platform";
import { encodeCommand } from "@holdfast/resp";
import fs from "fs-extra";
import { median } from "../measure/statistics.ts";
import { defaultCorpusFolder } from "../paths.ts";
import type { Bench, Profile, Question } from "./question.ts";

const folder = join(defaultCorpusFolder, "aof-write");
const commandCount = 2_000_000;
const groupCount = 20_000;
const singleCount = 300;
const appenderCount = 64;
const writeBytes = 1 << 20;
const syncEveryMs = 1000;
/** Commands in one turn of the event loop, as of a server with much to do: a write that has ended is heard of in between. */
const turnCount = 1600;
/** What servers read from a connection at once, 16 KiB. */
const rowCount = 160;
/** Memory that is met for the first time costs more than filling it: no further ahead than the disk needs. */
const roomBytes = 8 << 20;

const key = Buffer.from("key:0000001234");
const value = Buffer.alloc(60, "v");
const args = ["SET", key, value];
const encoded = encodeCommand(args);
const row = Buffer.concat(Array.from({ length: rowCount }, () => encoded));

export const aofWriteQuestion: Question = {
  name: "aof-write",
  title: "How fast is a log of commands written?",
  isDefault: false,
  answer: profileWriting,
};

/** What is measured, and what is left to be done when the clock has stopped. */
interface Work {
  readonly run: () => Promise<void>;
  readonly finish: () => Promise<void>;
}

async function profileWriting({ runCount, onStep }: Bench): Promise<Profile> {
  const wallMs = works.map((): number[] => []);
  // One more comes first and does not count.
  for (let run = 0; run <= runCount; run++) {
    for (const [index, [what, , prepare]] of works.entries()) {
      onStep(`aof-write, ${what}`);
      await fs.emptyDir(folder);
      const work = await prepare();
      const startMs = performance.now();
      await work.run();
      if (run > 0) wallMs[index].push(performance.now() - startMs);
      await work.finish();
    }
  }
  await fs.remove(folder);
  const lines = works.map(([what, itemCount], index) => ({
    what,
    medianMs: median(wallMs[index]),
    sizeBytes: itemCount * encoded.length,
    itemCount,
  }));
  const { name, title } = aofWriteQuestion;
  return { kind: "profile", name, title, lines };
}

/** Appends so many commands, as one turn of the event loop does. */
type Turn = (writer: AofWriter, count: number) => void;

const inRows: Turn = (writer, count) => {
  for (let index = 0; index < count; index += rowCount) writer.appendEncoded(0, row, rowCount);
};
const oneByOne: Turn = (writer, count) => {
  for (let index = 0; index < count; index++) writer.appendEncoded(0, encoded);
};
const asArguments: Turn = (writer, count) => {
  for (let index = 0; index < count; index++) writer.append(0, args);
};

const works: readonly (readonly [what: string, itemCount: number, prepare: () => Promise<Work>])[] = [
  ["bare writes", commandCount, () => writeBare(undefined)],
  ["no, in rows", commandCount, () => write("no", inRows)],
  ["no, encoded", commandCount, () => write("no", oneByOne)],
  ["no, arguments", commandCount, () => write("no", asArguments)],
  ["bare writes and fsyncs", commandCount, () => writeBare(syncEveryMs)],
  ["everysec, in rows", commandCount, () => write("everysec", inRows)],
  ["everysec, encoded", commandCount, () => write("everysec", oneByOne)],
  ["everysec, arguments", commandCount, () => write("everysec", asArguments)],
  ["an fsync a command", singleCount, writeSingly],
  [`always, ${appenderCount} appenders`, groupCount, writeTogether],
];

async function writeBare(syncMs: number | undefined): Promise<Work> {
  const file = await open(join(folder, "bare"), "a");
  const bytes = new Uint8Array(writeBytes).fill(120);
  const run = async () => {
    let lastSyncMs = performance.now();
    for (let left = commandCount * encoded.length; left > 0; left -= writeBytes) {
      await file.write(bytes, 0, Math.min(left, writeBytes));
      if (syncMs === undefined || performance.now() - lastSyncMs < syncMs) continue;
      lastSyncMs = performance.now();
      await file.datasync();
    }
    if (syncMs !== undefined) await file.datasync();
  };
  return { run, finish: () => file.close() };
}

async function writeSingly(): Promise<Work> {
  const file = await open(join(folder, "singly"), "a");
  const run = async () => {
    for (let index = 0; index < singleCount; index++) {
      await file.write(encoded);
      await file.datasync();
    }
  };
  return { run, finish: () => file.close() };
}

async function writeTogether(): Promise<Work> {
  const writer = await openWriter("always");
  let left = groupCount;
  const append = async () => {
    while (left-- > 0) await writer.settled(writer.appendEncoded(0, encoded));
  };
  const run = async () => {
    await Promise.all(Array.from({ length: appenderCount }, append));
  };
  return { run, finish: () => writer.close() };
}

async function openWriter(fsync: FsyncPolicy): Promise<AofWriter> {
  const { files, clock } = nodePlatform();
  const { writer } = await openAof({
    files,
    clock,
    place: { dataDirectory: folder },
    fsync,
    roomBytes,
    soundLength: () => Promise.reject(new Error("the directory was emptied before")),
    onBadTail: "refuse",
  });
  return writer;
}

/** The end is synced in time only where the bare loop does it too. */
async function write(fsync: FsyncPolicy, turn: Turn): Promise<Work> {
  const writer = await openWriter(fsync);
  const run = async () => {
    for (let left = commandCount; left > 0; left -= turnCount) {
      turn(writer, Math.min(left, turnCount));
      await nextTurn();
      if (!writer.hasRoom) await writer.room();
    }
    await writer.written(writer.queuedOffset);
    if (fsync === "everysec") await writer.close();
  };
  return { run, finish: () => writer.close() };
}
