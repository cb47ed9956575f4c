/** What holds for any two files: exactly the edits are found, whatever the encodings, the order and the memory. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rdbTargetNames } from "@holdfast/rdb";
import { listFixtures, type SeededRandom, seededRandom, testSeed } from "@holdfast/testkit";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fileOf, type Key, streamOf, type Value } from "./build-file.ts";
import { runCommand } from "./run-command.ts";

const seed = testSeed();
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-"));
});

afterAll(() => rmSync(folder, { recursive: true }));

interface DiffDocument {
  readonly isEqual: boolean;
  readonly roundCount: number;
  readonly equalCount: number;
  readonly changedCount: number;
  readonly onlyInA: readonly { readonly key: string; readonly db: number }[];
  readonly onlyInB: readonly { readonly key: string; readonly db: number }[];
  readonly changed: readonly ChangedDocument[];
  readonly records: readonly { readonly name: string }[];
}

interface ChangedDocument {
  readonly key: string;
  readonly db: number;
  readonly value: {
    readonly parts: readonly Record<string, number>[];
    readonly samples: readonly unknown[];
    readonly firstDifference: { readonly at: number } | null;
  } | null;
}

async function documentOf(a: Uint8Array, b: Uint8Array, ...args: string[]): Promise<DiffDocument> {
  const paths = [join(folder, "a.rdb"), join(folder, "b.rdb")];
  writeFileSync(paths[0], a);
  writeFileSync(paths[1], b);
  const { stdout, stderr } = await runCommand(["diff", ...paths, "--json", "--max-keys", "1000000", ...args]);
  if (stdout.length === 0) throw new Error(stderr);
  return JSON.parse(stdout.toString());
}

/** Targets that hold everything that the plans below make. */
const wideTargets = [
  "redis-7.4",
  "redis-8.0",
  "redis-8.6",
  "redis-8.10",
  "valkey-9.0",
  "valkey-9.1",
] as const;

function textOf(random: SeededRandom): string {
  const kind = random.below(4);
  if (kind === 0) return String(random.below(2 ** 32) - 2 ** 31);
  if (kind === 1) return "a".repeat(random.below(random.pick([8, 200, 6000])));
  return Buffer.from(random.bytes(random.below(random.pick([6, 40])))).toString("base64");
}

function randomValue(random: SeededRandom): Value {
  const size = 1 + random.below(random.pick([4, 30, 600]));
  const names = [...new Set(Array.from({ length: size }, () => textOf(random)))];
  switch (random.below(6)) {
    case 0:
      return { string: textOf(random) };
    case 1:
      return { list: Array.from({ length: size }, () => textOf(random)) };
    case 2:
      return { set: names };
    case 3:
      return {
        zset: names.map((name) => [name, random.pick([random.below(100), random.below(1e9) / 1000])]),
      };
    case 4:
      return {
        hash: names.map((name) => [
          name,
          textOf(random),
          random.below(4) === 0 ? 1_900_000_000_000 + random.below(1e9) : undefined,
        ]),
      } as Value;
    default:
      return streamOf({
        entries: names.map((name, index) => [`${index + 1}-${random.below(3)}`, name, "x"]),
      });
  }
}

/** What an edit of a value changes, as the parts count it. */
interface Edit {
  readonly value: Value;
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  readonly firstAt?: number;
}

/** One element more, one less, or another content, at a random place. */
function edited(value: Value, random: SeededRandom): Edit {
  const counts = { added: 0, removed: 0, changed: 0 };
  if ("string" in value) {
    const text = String(value.string);
    const at = random.below(text.length + 1);
    const longer = `${text.slice(0, at)}\u0001${text.slice(at)}`;
    return { value: { string: longer }, ...counts, changed: -1, firstAt: at };
  }
  if ("list" in value) {
    const at = random.below(value.list.length);
    const list = value.list.with(at, `${value.list[at]}\u0001`);
    return { value: { list }, ...counts, changed: 1, firstAt: at };
  }
  if ("set" in value) {
    if (random.below(2) === 0) return { value: { set: ["new\u0001", ...value.set] }, ...counts, added: 1 };
    return { value: { set: [...value.set.slice(1), "other\u0001"] }, ...counts, added: 1, removed: 1 };
  }
  if ("zset" in value) {
    const at = random.below(value.zset.length);
    const [member, score] = value.zset[at];
    return { value: { zset: value.zset.with(at, [member, score + 0.5]) }, ...counts, changed: 1 };
  }
  if ("hash" in value) {
    const at = random.below(value.hash.length);
    const [field, text, expireAtMs] = value.hash[at];
    const other =
      random.below(2) === 0
        ? ([field, `${text}\u0001`, expireAtMs] as const)
        : ([field, text, (expireAtMs ?? 1_900_000_000_000) + 1] as const);
    return { value: { hash: value.hash.with(at, other) }, ...counts, changed: 1 };
  }
  if (!("stream" in value)) throw new Error("an array is not edited here");
  const at = value.stream.findIndex(({ kind }) => kind === "entry");
  const entry = value.stream[at];
  if (entry.kind !== "entry") throw new Error("a stream without an entry");
  const twice = { ...entry, fields: [...entry.fields, ...entry.fields] };
  return { value: { stream: value.stream.with(at, twice) }, ...counts, changed: 1 };
}

interface Plan {
  readonly count: number;
  readonly seed: number;
}

/** Two lists of keys, and what is different between them. */
function editedKeys({ count, seed: planSeed }: Plan) {
  const random = seededRandom(planSeed);
  const a: Key[] = [];
  const b: Key[] = [];
  const onlyA: string[] = [];
  const onlyB: string[] = [];
  const changed = new Map<string, Edit | "expiry">();
  for (let index = 0; index < count; index++) {
    const name = `${textOf(random).slice(0, 30)}:${index}`;
    const db = random.below(2) * 3;
    const expireAtMs = random.below(3) === 0 ? 1_900_000_000_000 + random.below(1e9) : undefined;
    const key = {
      key: name,
      db,
      value: randomValue(random),
      ...(expireAtMs === undefined ? {} : { expireAtMs }),
    };
    const id = `${db} ${name}`;
    const fate = random.below(10);
    if (fate !== 0) a.push(key);
    if (fate === 0) onlyB.push(id);
    if (fate === 1) onlyA.push(id);
    else if (fate === 2) {
      const edit = edited(key.value, random);
      changed.set(id, edit);
      b.push({ ...key, value: edit.value });
    } else if (fate === 3) {
      changed.set(id, "expiry");
      b.push({ ...key, expireAtMs: (expireAtMs ?? 1_900_000_000_000) + 1 });
    } else b.push(key);
  }
  return { a, b: b.sort(() => random.below(3) - 1), onlyA, onlyB, changed };
}

const idsOf = (keys: readonly { readonly key: string; readonly db: number }[]) =>
  keys.map(({ key, db }) => `${db} ${key}`).sort();

describe("any edits of any file", () => {
  test("are found, and nothing else", async () => {
    const plan = fc.record({ count: fc.integer({ min: 0, max: 25 }), seed: fc.nat() });
    const targets = fc.tuple(fc.constantFrom(...wideTargets), fc.constantFrom(...wideTargets));
    const property = fc.asyncProperty(plan, targets, async (drawn, [ofA, ofB]) => {
      const { a, b, onlyA, onlyB, changed } = editedKeys(drawn);
      const found = await documentOf(fileOf(a, { target: ofA }), fileOf(b, { target: ofB }));
      expect(idsOf(found.onlyInA)).toEqual([...onlyA].sort());
      expect(idsOf(found.onlyInB)).toEqual([...onlyB].sort());
      expect(idsOf(found.changed)).toEqual([...changed.keys()].sort());
      expect(found.equalCount).toBe(a.length - onlyA.length - changed.size);
      for (const key of found.changed) expectEdit(key, changed.get(`${key.db} ${key.key}`));
    });
    await fc.assert(property, { seed, numRuns: 60 });
  });

  function expectEdit({ value }: ChangedDocument, edit: Edit | "expiry" | undefined): void {
    if (value === null || edit === undefined) throw new Error("a change that nobody made");
    const sum = (kind: string) => value.parts.reduce((total, part) => total + part[kind], 0);
    if (edit === "expiry") {
      expect([sum("added"), sum("removed"), sum("changed")]).toEqual([0, 0, 0]);
      return;
    }
    if (edit.firstAt !== undefined) expect(value.firstDifference?.at).toBe(edit.firstAt);
    if (edit.changed >= 0)
      expect([sum("added"), sum("removed"), sum("changed")]).toEqual([
        edit.added,
        edit.removed,
        edit.changed,
      ]);
  }
});

describe("memory for few keys", () => {
  test("takes more rounds and finds the same", async () => {
    const random = seededRandom(seed);
    const keys: Key[] = Array.from({ length: 9000 }, (_, index) => ({
      key: `key:${index}`,
      value: { string: String(random.below(1000)) },
    }));
    keys.push({
      key: "large",
      value: { set: Array.from({ length: 6000 }, (_, index) => `member:${index}`) },
    });
    const others = keys
      .filter((_, index) => index % 300 !== 0)
      .map((key, index) => (index % 250 === 0 ? { ...key, value: { string: "changed" } } : key));
    others.push({ key: "new", value: { string: "1" } });
    others[others.length - 2] = {
      key: "large",
      value: { set: Array.from({ length: 6000 }, (_, index) => `member:${index + 7}`) },
    };
    const files = [fileOf(keys), fileOf(others)] as const;
    const { roundCount, ...all } = await documentOf(...files);
    const { roundCount: rounds, ...few } = await documentOf(...files, "--memory", "64KiB");
    expect(roundCount).toBe(1);
    expect(rounds).toBeGreaterThan(5);
    const byKey = (one: { readonly key: string }, other: { readonly key: string }) =>
      one.key < other.key ? -1 : 1;
    const comparable = ({ changed, onlyInA, ...rest }: Omit<DiffDocument, "roundCount">) => ({
      ...rest,
      onlyInA: [...onlyInA].sort(byKey),
      // Which of many parts are shown depends on the round.
      changed: changed
        .map((key) => ({ ...key, value: key.value && { ...key.value, samples: [] } }))
        .sort(byKey),
    });
    expect(comparable(few)).toEqual(comparable(all));
    const large = few.changed.find(({ key }) => key === "large");
    expect(large?.value?.parts[0]).toMatchObject({ inA: 6000, inB: 6000, added: 7, removed: 7, changed: 0 });
  });
});

/** Kinds of losses that concern what is not compared. */
const uncompared: ReadonlySet<string> = new Set(["idle-time", "frequency", "script", "slot-import"]);
/** Files that hold something of everything. */
const kinds = /-(types|streams|expiry|encodings|functions|dbs|vectors|lfu)$/;
const targetsPerFile = 3;

interface Loss {
  readonly kind: string;
  readonly db: number | null;
  readonly key: string | null;
}

describe("a file converted for another server", () => {
  const fixtures = listFixtures("rdb", ".rdb").filter(({ name }) => kinds.test(name));
  test.each(fixtures.map(({ name, path }, index) => ({ name, path, index })))(
    "$name is equal, or differs in what was told to be lost",
    async ({ path, index }) => {
      for (let turn = 0; turn < targetsPerFile; turn++) {
        const target = rdbTargetNames[(index * targetsPerFile + turn) % rdbTargetNames.length];
        const output = join(folder, "converted.rdb");
        const args = ["--allow-loss", "--force", "--json", "--max-losses", "1000000"];
        const run = await runCommand(["convert", path, "--target", target, "-o", output, ...args]);
        expect(run.code, `${target}: ${run.stderr}`).toBe(0);
        const losses = (JSON.parse(run.stdout.toString()).losses as Loss[]).filter(
          ({ kind }) => !uncompared.has(kind),
        );
        const found = await documentOf(readFileSync(path), readFileSync(output));
        const lost = new Set(losses.map(({ db, key }) => `${db} ${JSON.stringify(key)}`));
        const differing = [...found.onlyInA, ...found.changed].map(
          ({ db, key }) => `${db} ${JSON.stringify(key)}`,
        );
        expect(
          differing.filter((id) => !lost.has(id)),
          target,
        ).toEqual([]);
        expect(found.onlyInB, target).toEqual([]);
        if (losses.length === 0) expect(found.isEqual, target).toBe(true);
        const records = losses.filter(({ key }) => key === null);
        expect(found.records.length, target).toBeLessThanOrEqual(records.length);
      }
    },
  );
});
