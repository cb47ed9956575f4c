/** The kernel and the general way see the same in every log: sound, damaged, and however it is cut into chunks. */
import { LogDecoder, RespFormatError } from "@holdfast/resp";
import { chunkings, seededRandom, testSeed } from "@holdfast/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { damagedFiles, START } from "../test/damaged-files.ts";
import { latin1, log } from "../test/memory-disk.ts";
import { CommandKernel } from "./command-kernel.ts";
import { FindingLog } from "./finding-log.ts";
import { RecordWatch } from "./record-watch.ts";

/** What is seen, in a form to compare. `runs` is not part of it. */
function see(chunks: Iterable<Uint8Array>, withKernel: boolean) {
  const findings = new FindingLog(100);
  const watch = new RecordWatch(0, findings, { server: "redis-7.0" });
  const kernel = withKernel ? CommandKernel.make(watch.table, watch.databases) : undefined;
  const decoder = new LogDecoder({ deviations: "report", lane: kernel, wholeBytesMax: 2000 });
  let runs = 0;
  const pull = () => {
    for (let event = decoder.next(); event !== undefined; event = decoder.next()) {
      if (event.kind === "run") {
        runs++;
        watch.takeRun(event.offset, event.endOffset, kernel!.run);
      } else watch.take(event);
      if (kernel !== undefined) kernel.isUnitOpen = watch.isUnitOpen;
    }
  };
  let failure: string | undefined;
  try {
    for (const chunk of chunks) {
      decoder.push(chunk);
      pull();
    }
    decoder.end();
    pull();
  } catch (error) {
    if (!(error instanceof RespFormatError)) throw error;
    failure = `${error.code}@${error.offset} in ${error.commandOffset}`;
  }
  const { commands, units, annotations, border, openUnit, lastTimeSec } = watch;
  const counts = Array.from(watch.counts, (count, row) => count + (kernel?.counts[row] ?? 0));
  return {
    runs,
    seen: {
      commands,
      units,
      annotations,
      border,
      openUnit,
      lastTimeSec,
      counts,
      failure,
      found: [...findings.all()],
    },
  };
}

function expectSame(bytes: Uint8Array): void {
  const plain = see([bytes], false).seen;
  for (const { name, chunks } of chunkings(bytes, seededRandom(testSeed()))) {
    expect({ name, seen: see(chunks, true).seen }).toEqual({ name, seen: plain });
  }
}

describe("the kernel", () => {
  test("sees what the general way sees, in damaged files too", () => {
    for (const { bytes } of damagedFiles) expectSame(latin1(START + bytes + log("SET k3 v3")));
  });

  test("sees the same of commands in any order, with any bytes changed and any end", () => {
    const command = fc.oneof(
      {
        weight: 6,
        arbitrary: fc
          .tuple(fc.constantFrom("SET", "set", "Append"), fc.string(), fc.string())
          .map((args) => args.map((arg) => arg.replace(/ /g, "_") || "_").join(" ")),
      },
      {
        weight: 3,
        arbitrary: fc.constantFrom("MULTI", "EXEC", "SELECT 3", "SELECT 16", "SELECT 03", "RPUSH l a b c d"),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          "XGROUP CREATE s g $",
          "SET k",
          "GET k",
          "NOSUCH",
          `SET big ${"x".repeat(2500)}`,
        ),
      },
    );
    const seed = testSeed();
    fc.assert(
      fc.property(
        fc.array(fc.tuple(command, fc.boolean()), { maxLength: 25 }),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 2 }),
        fc.nat(20),
        (commands, changes, cut) => {
          const text = commands.map(([line, timed]) => `${timed ? "#TS:5\r\n" : ""}${log(line)}`).join("");
          const bytes = Uint8Array.from(latin1(text.slice(0, Math.max(0, text.length - cut))));
          for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value;
          expectSame(bytes);
        },
      ),
      { seed, numRuns: 60 },
    );
  });

  test("takes whole chunks of usual commands in one run each", () => {
    const record = log(`SET key:1 ${"v".repeat(400)}`);
    const bytes = latin1(record.repeat(5000));
    const chunks = [0, 1, 2].map((index) => bytes.subarray(index << 20, (index + 1) << 20));
    const { runs, seen } = see(chunks, true);
    expect(seen.commands).toBe(5000);
    expect(runs).toBe(3);
  });
});
