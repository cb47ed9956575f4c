import { readFileSync } from "node:fs";
import { fixturePath, listFixtures, readHexFixture, seededRandom, testSeed } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import type { Input } from "../input.ts";
import type { PassResult, SectionedPassKind } from "../pass.ts";
import { checkPass } from "../passes/check.ts";
import { exportCommandsPass } from "../passes/export-commands.ts";
import { exportJsonPass } from "../passes/export-json.ts";
import { keysPass } from "../passes/keys.ts";
import { prefixesPass } from "../passes/prefixes.ts";
import { summaryPass } from "../passes/summary.ts";
import { type PassRun, runPass } from "../run-pass.ts";
import type { Order, Report } from "./messages.ts";
import { runSections, type SectionWorker } from "./run-sections.ts";
import { SectionServer } from "./section-server.ts";

const seed = testSeed();
const nowMs = Date.UTC(2026, 0, 1);
const filters = [] as const;

const cases: readonly { kind: SectionedPassKind<never, PassResult>; settings: unknown }[] = [
  { kind: checkPass, settings: { filters, nowMs, damagesMax: 20 } },
  { kind: summaryPass, settings: { filters, nowMs, modelName: undefined, topCount: 10, separators: [0x3a] } },
  {
    kind: keysPass,
    settings: {
      filters,
      modelName: undefined,
      look: { format: "csv", width: 80, isRaw: true, nowMs },
      sort: undefined,
      isReversed: false,
      limit: undefined,
    },
  },
  { kind: exportJsonPass, settings: { filters, isArray: true } },
  {
    kind: exportCommandsPass,
    settings: { filters, form: "restore", targetName: undefined, isReplacing: false },
  },
  {
    kind: prefixesPass,
    settings: { filters, nowMs, modelName: undefined, separators: [0x3a], depthMax: 3, prefixesMax: 1000 },
  },
] as never;

/** A Buffer's slice() would be a view. */
function dump(name: string): Uint8Array {
  return new Uint8Array(readFileSync(fixturePath("rdb", `${name}.rdb`)));
}

/** A worker in this thread whose reports arrive later, copied as a real one's would be. */
function fakeWorker(bytes: Uint8Array, chunkBytes: number): SectionWorker {
  let server: SectionServer | undefined;
  return {
    post: (order: Order) => {
      const sent = structuredClone(order);
      setImmediate(() => server?.take(sent));
    },
    listen: (onReport) => {
      const open = async ({ path, totalBytes }: { path: string; totalBytes: number }) => ({
        name: path,
        totalBytes,
        chunks: (start: number, end: number | undefined) =>
          inputOf(bytes, chunkBytes).chunks(start, end === undefined ? {} : { end }),
      });
      server = new SectionServer(open, (report: Report) => {
        const sent = structuredClone(report);
        setImmediate(() => onReport(sent));
      });
    },
    stop: async () => {},
  };
}

/** Bytes in chunks of about this size, each overwritten once the second one after it was asked for. */
function inputOf(bytes: Uint8Array, chunkBytes: number): Input {
  const random = seededRandom(seed);
  return {
    name: "test.rdb",
    storedBytes: bytes.length,
    contentBytes: bytes.length,
    container: "none",
    isRereadable: true,
    isSeekable: true,
    async *chunks(start, { end = bytes.length } = {}) {
      const given: Uint8Array[] = [];
      for (let at = start; at < Math.min(end, bytes.length); ) {
        const size = 1 + random.below(2 * chunkBytes);
        const chunk = bytes.slice(at, Math.min(at + size, end));
        given.push(chunk);
        if (given.length > 2) given.shift()?.fill(0xdb);
        at += size;
        yield chunk;
      }
    },
    consumedBytes: () => bytes.length,
    close: async () => {},
  };
}

interface Outcome {
  readonly run: PassRun<PassResult> | undefined;
  readonly output: string;
}

async function outcomeOf(
  run: (write: (bytes: Uint8Array) => Promise<void>) => Promise<PassRun<PassResult> | undefined>,
): Promise<Outcome> {
  const pieces: Uint8Array[] = [];
  const done = await run(async (bytes) => {
    pieces.push(bytes.slice());
  });
  return { run: done, output: Buffer.concat(pieces).toString("latin1") };
}

/** What must not depend on how the file was cut. Fingerprints come in parts; prefixes in the order they were met. */
function comparable({ run, output }: Outcome) {
  if (run === undefined) return undefined;
  const {
    fingerprints: _,
    prefixes: __,
    rows: ___,
    ...result
  } = run.result as PassResult & Record<string, unknown>;
  const { failure, keyCount, offset } = run;
  const facts =
    failure === undefined
      ? undefined
      : { code: failure.code, offset: failure.offset, message: failure.message };
  return {
    result: withSortedGroups(result),
    failure: facts,
    keyCount,
    offset: failure === undefined ? offset : undefined,
    output: withoutRepeatedSelects(output),
  };
}

/** Groups of keys stand in the order in which they were met. */
function withSortedGroups(result: Record<string, unknown>): Record<string, unknown> {
  const sorted = { ...result };
  for (const name of ["dbs", "types"]) {
    const groups = result[name] as object[] | undefined;
    if (groups !== undefined) sorted[name] = groups.map((group) => JSON.stringify(group)).sort();
  }
  return sorted;
}

/** Every section of commands says again which db it is in. */
function withoutRepeatedSelects(output: string): string {
  let selected = "";
  return output.replace(/\*2\r\n\$6\r\nSELECT\r\n\$\d+\r\n\d+\r\n/g, (command) => {
    if (command === selected) return "";
    selected = command;
    return command;
  });
}

async function compare(bytes: Uint8Array, what: string, chunkBytes = 700): Promise<void> {
  for (const { kind, settings } of cases) {
    const plan = kind.sections(settings as never);
    if (plan === undefined) throw new Error(`${kind.name} has no sections`);
    const whole = comparable(
      await outcomeOf((write) => runPass(kind, settings as never, inputOf(bytes, chunkBytes), { write })),
    );
    const workers = [fakeWorker(bytes, chunkBytes), fakeWorker(bytes, chunkBytes)];
    const cut = await outcomeOf((write) =>
      runSections(kind, settings as never, plan, inputOf(bytes, chunkBytes), { write }, workers, 1500),
    );
    // A file that cannot be cut is left to one pass, before anything is written.
    if (cut.run === undefined) expect(cut.output, `${kind.name} of ${what}`).toBe("");
    else expect(comparable(cut), `${kind.name} of ${what}`).toEqual(whole);
  }
}

describe("a pass over sections", () => {
  for (const name of [
    "redis-7.0-types",
    "redis-8.6-streams",
    "valkey-9.1-expiry",
    "redis-6.0-cluster",
    "redis-7.0-functions",
  ]) {
    test(`gives the same as one over the whole of ${name}`, async () => {
      await compare(dump(name), name);
    });
  }

  test("gives the same for values longer than a section", async () => {
    await compare(dump("redis-7.0-large"), "large", 5000);
  });

  test("gives the same for every hand-made file", async () => {
    for (const { name, path } of listFixtures("rdb/hex", ".hex"))
      await compare(readHexFixture(path), name, 40);
  });

  test("stops at the same damage, with the same output before it", async () => {
    const sound = dump("redis-7.0-types");
    for (const at of [5000, 40_000, sound.length - 200]) {
      await compare(sound.subarray(0, at), `cut at ${at}`);
      const damaged = sound.slice();
      damaged[at] ^= 0x55;
      await compareDamaged(damaged, `byte ${at} flipped`);
    }
  });
});

/** A flipped byte may only show in the checksum, where the sentences differ by what is known of the computed one. */
async function compareDamaged(bytes: Uint8Array, what: string): Promise<void> {
  const { kind, settings } = cases[0];
  const whole = await runPass(kind, settings as never, inputOf(bytes, 700));
  const plan = kind.sections(settings as never);
  const cut =
    plan &&
    (await runSections(
      kind,
      settings as never,
      plan,
      inputOf(bytes, 700),
      {},
      [fakeWorker(bytes, 700)],
      1500,
    ));
  expect(cut?.failure?.code, what).toBe(whole.failure?.code);
  expect(cut?.failure?.offset, what).toBe(whole.failure?.offset);
}
