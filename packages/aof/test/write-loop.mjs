/**
 * A process to be killed: appends numbered commands to a log, singly and in transactions, begins a new file now and then, and prints how
 * many are settled.
 *
 *   node write-loop.mjs DIRECTORY POLICY FIRST
 *
 * Runs from what is built, as any other process would.
 */
import { writeSync } from "node:fs";
import { openAof } from "@holdfast/aof";
import { nodePlatform } from "@holdfast/platform";

async function main(dataDirectory, fsync, first) {
  const { files, clock } = nodePlatform();
  const { writer } = await openAof({
    files,
    clock,
    place: { dataDirectory },
    fsync,
    // Whoever kills has looked before, and cut what had to be cut.
    soundLength: async (_files, path) => ({
      soundBytes: (await files.stat(path)).sizeBytes,
      problem: undefined,
    }),
    onBadTail: "refuse",
  });
  let count = Number(first);
  const next = () => {
    const args = ["SET", String(count), "x".repeat((count * 7) % 1500)];
    count++;
    return { db: 0, args };
  };
  for (;;) {
    const rotating = count % 60 === 0 ? writer.rotate() : undefined;
    const single = next();
    writer.append(single.db, single.args);
    await writer.settled(writer.appendUnit([next(), next()]));
    await rotating;
    writeSync(1, `${count}\n`);
  }
}

void main(...process.argv.slice(2));
