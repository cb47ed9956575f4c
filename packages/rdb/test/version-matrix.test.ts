/**
 * What becomes of files of every server for every target: nothing changes, or it is named. VERSIONS.md is made of it; `vitest -u` on this file
 * writes it anew.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  DatasetDigest,
  decodeRdbBytes,
  encodeLevel,
  type KeyHead,
  RdbEncodeError,
  type RdbEvent,
  type RdbLossKind,
  type RdbTarget,
  rdbTarget,
  rdbTargetNames,
} from "@holdfast/rdb";
import { listFixtures, testSeed } from "@holdfast/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eventsOfPlan, plannedRows } from "./random-events.ts";
import { encodeAll } from "./same-content.ts";

const page = fileURLToPath(new URL("../VERSIONS.md", import.meta.url));
const servers = ["redis-6.0", "redis-7.0", "redis-8.0", "redis-8.6", "valkey-8.1", "valkey-9.1"];
/** Large fixtures are large of one thing. */
const bytesMax = 200_000;
const targets = rdbTargetNames.map((name) => rdbTarget(name) as RdbTarget);

const fixtures = listFixtures("rdb", ".rdb")
  .map(({ name, path }) => ({ name, bytes: new Uint8Array(readFileSync(path)) }))
  .filter(({ bytes }) => bytes.length < bytesMax);

interface Conversion {
  readonly losses: ReadonlySet<RdbLossKind>;
  /** "refused": the encoder cannot write it at all, whatever may be lost. */
  readonly copy: Uint8Array | "refused";
}

function convert(events: Iterable<RdbEvent>, target: RdbTarget): Conversion {
  const losses = new Set<RdbLossKind>();
  try {
    const copy = encodeAll(events, { target, onLoss: ({ kind }) => losses.add(kind) });
    return { losses, copy };
  } catch (error) {
    if (!(error instanceof RdbEncodeError)) throw error;
    return { losses, copy: "refused" };
  }
}

/** The digest, with the count of what has none. Fields that expire are marked and nothing is left out: so every difference shows. */
function digestOf(events: Iterable<RdbEvent>): string {
  const digest = new DatasetDigest({ scores: "shortest", marksFieldExpiry: true, nowMs: undefined });
  for (const event of events) digest.take(event);
  return `${digest.text}, ${digest.undigestedCount} without`;
}

/** Targets that differ in nothing that decides about a loss are one row. */
function groupsOf(all: readonly RdbTarget[]): RdbTarget[][] {
  const kindOf = ({ dialect, rdbVersion, hasVectorSets }: RdbTarget) =>
    `${dialect} ${rdbVersion} ${hasVectorSets}`;
  return [...new Set(all.map(kindOf))].map((kind) => all.filter((target) => kindOf(target) === kind));
}

/** The cell of the table. */
function outcomeOf(server: string, target: RdbTarget): string {
  const losses = new Set<string>();
  for (const { name, bytes } of fixtures.filter((fixture) => fixture.name.startsWith(`${server}-`))) {
    const select = ({ row }: KeyHead) => encodeLevel(target, row);
    const { copy, losses: lost } = convert(decodeRdbBytes(bytes, { select }), target);
    if (copy === "refused") return "refused";
    for (const kind of lost) losses.add(kind);
    if (lost.size === 0)
      expect(digestOf(decodeRdbBytes(copy)), `${name} for ${target.name}`).toBe(
        digestOf(decodeRdbBytes(bytes)),
      );
  }
  return losses.size === 0 ? "equal" : [...losses].sort().join(", ");
}

function tableOf(): string {
  const rows = groupsOf(targets).map((group) => {
    const names = group.map(({ name }) => name).join(", ");
    return [names, ...servers.map((server) => outcomeOf(server, group[0]))];
  });
  return [["for", ...servers], ["---", ...servers.map(() => "---")], ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

describe("files of every server, for every target", () => {
  it("come out equal, or with losses that VERSIONS.md lists", async () => {
    await expect(`${introduction}\n${tableOf()}\n`).toMatchFileSnapshot(page);
  });

  it("of the server's own version come out equal", () => {
    for (const server of servers)
      expect(outcomeOf(server, rdbTarget(server) as RdbTarget), server).toBe("equal");
  });
});

it("a list of many nodes says how many elements it has only at its end", () => {
  const fixture = fixtures.find(({ name }) => name === "redis-7.0-encodings");
  const counts: (number | undefined)[] = [];
  let isMany = false;
  for (const event of decodeRdbBytes(fixture?.bytes ?? new Uint8Array(0))) {
    if (event.kind === "key") isMany = Buffer.from(event.key).toString("latin1") === "list:many-nodes";
    if (isMany && (event.kind === "key" || event.kind === "items")) counts.push(event.itemCount);
  }
  expect(counts.length).toBeGreaterThan(1);
  expect(counts).toEqual([...counts.slice(1).map(() => undefined), 1500]);
});

describe("any events", () => {
  it("have equal digests in the files of any two targets that can hold them, and in themselves", () => {
    const plans = fc.array(
      fc.record({
        row: fc.constantFrom(...plannedRows),
        size: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 100, max: 600 })),
        seed: fc.nat(),
      }),
      { maxLength: 4 },
    );
    const two = fc.tuple(fc.constantFrom(...targets), fc.constantFrom(...targets));
    let compared = 0;
    const holds = fc.property(plans, two, (plan, pair) => {
      const events = eventsOfPlan(plan);
      const conversions = pair.map((target) => convert(events, target));
      const copies = conversions.filter(({ losses }) => losses.size === 0).map(({ copy }) => copy);
      for (const copy of copies) {
        expect(copy).not.toBe("refused");
        expect(digestOf(decodeRdbBytes(copy as Uint8Array))).toBe(digestOf(events));
      }
      if (copies.length === 2 && plan.length > 0) compared += 1;
    });
    fc.assert(holds, { seed: testSeed(), numRuns: 120 });
    expect(compared).toBeGreaterThan(10);
  });
});

const introduction = `# Versions

What becomes of files that these servers wrote, for every target. The columns are the servers of \`fixtures/rdb\`, with all that their
files hold; each cell is the outcome of converting all of them.

- **equal**: nothing is lost, and the digest of the copy is that of the source.
- **names of losses**: these are left out and named key by key; \`rdb-inspect convert\` writes no file then unless \`--allow-loss\` is given. What
  has no such thing in it comes out equal. [The README](README.md#targets) says what each of them is.
- **refused**: it cannot be written at all.

A test makes this page: \`npx vitest run packages/rdb/test/version-matrix.test.ts -u\`.
`;
