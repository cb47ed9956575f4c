import { readFileSync } from "node:fs";
import {
  collectEntries,
  type RdbEntry,
  type RdbEvent,
  type ReadLevel,
  typeRows,
  typeTable,
} from "@holdfast/rdb";
import { chunkings, crc64Bytes, type Fixture, listFixtures, seededRandom, testSeed } from "@holdfast/testkit";
import { describe, expect, it } from "vitest";
import { eventsOf, type Json, text } from "./describe-file.ts";
import {
  bytesJson,
  sameScores,
  serverEncodings,
  serverTypeOf,
  serverValueOf,
  seventeenDigits,
  shortestScore,
} from "./server-shape.ts";

const seed = testSeed();
const valueLimitBytes = 1 << 30;
/** Above this, not every way to cut a file is tried: it proves nothing more. */
const allCutsBytesMax = 12_000;

interface SidecarKey {
  readonly db: number;
  readonly key: Json;
  readonly type: string;
  readonly encoding?: string;
  readonly expireAtMs: number | null;
  readonly idleSec?: number;
  readonly frequency?: number;
  readonly value?: Json;
  readonly expiredFields?: readonly (readonly [Json, Json, number])[];
  readonly expired?: boolean;
  readonly dump?: string;
}

interface Sidecar {
  readonly server: { readonly family: "redis" | "valkey"; readonly version: string };
  readonly file: { readonly replid?: string; readonly offset?: number };
  readonly functions: readonly string[];
  readonly keys: readonly SidecarKey[];
}

interface Dump {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly sidecar: Sidecar;
}

const versionBySeries: Readonly<Record<string, readonly [string, number]>> = {
  "redis-6.0": ["redis", 9],
  "redis-7.0": ["redis", 10],
  "redis-8.0": ["redis", 12],
  "redis-8.6": ["redis", 13],
  "valkey-8.1": ["redis", 11],
  "valkey-9.1": ["valkey", 80],
};

describe("dumps of real servers", () => {
  for (const fixture of listFixtures("rdb", ".rdb")) {
    describe(fixture.name, () => {
      const dump = loadDump(fixture);
      it("holds what the server says of it, however it is cut", () => expectContent(dump));
      it("carries the server's name, clock, replication and functions, and a sound checksum", () =>
        expectFrame(dump));
      it("has the bytes of DUMP as its raw values", () => expectDumps(dump));
      it("gives the same keys at every level, and records without gaps", () => expectSameAtEveryLevel(dump));
      it("is not damaged, and its trace does not depend on the cuts", () => expectSoundAndTraced(dump));
    });
  }
});

function loadDump(fixture: Fixture): Dump {
  const sidecar = JSON.parse(readFileSync(fixture.path.replace(/\.rdb$/, ".json"), "utf8")) as Sidecar;
  return { name: fixture.name, bytes: new Uint8Array(readFileSync(fixture.path)), sidecar };
}

function cutsOf({ bytes }: Dump): Iterable<{ name: string; chunks: Uint8Array[] }> {
  const all = chunkings(bytes, seededRandom(seed));
  if (bytes.length <= allCutsBytesMax) return all;
  return [...all].filter(({ name }) => name !== "byte by byte").slice(0, 2);
}

function entriesOf(chunks: Iterable<Uint8Array>, level: ReadLevel = "items"): RdbEntry[] {
  return [...collectEntries(eventsOf(chunks, { level, poison: true }), { limitBytes: valueLimitBytes })];
}

function nameOf({ db, key }: { readonly db: number; readonly key: Json }): string {
  return `${db} ${JSON.stringify(key)}`;
}

function expectContent(dump: Dump): void {
  const expected = new Map(dump.sidecar.keys.map((key) => [nameOf(key), key]));
  for (const { name, chunks } of cutsOf(dump)) {
    const found = entriesOf(chunks);
    const names = found.map(({ db, key }) => nameOf({ db, key: bytesJson(key) }));
    expect([...names].sort(), name).toEqual([...expected.keys()].sort());
    for (const [index, entry] of found.entries()) {
      const key = expected.get(names[index]) as SidecarKey;
      expectKey(entry, key, dump.sidecar.server, `${name}: ${names[index]}`);
    }
  }
}

function expectKey(entry: RdbEntry, key: SidecarKey, server: Sidecar["server"], where: string): void {
  const { idleSec, frequency } = entry;
  expect(
    { type: serverTypeOf(entry), expireAtMs: entry.expireAtMs ?? null, idleSec, frequency },
    where,
  ).toEqual({ type: key.type, expireAtMs: key.expireAtMs, idleSec: key.idleSec, frequency: key.frequency });
  if (key.expired === true) return;
  expect(serverEncodings[`${entry.type} ${entry.encoding}`], where).toContain(key.encoding);
  const scoreText = /^[67]\.0/.test(server.version) ? seventeenDigits : shortestScore;
  expect(serverValueOf(entry, scoreText), where).toEqual(expectedValue(key));
}

/** Fields that had expired are in the file, but the server would not show them any more. */
function expectedValue(key: SidecarKey): Json {
  if (key.type === "zset") return sameScores(key.value as Json);
  if (key.expiredFields === undefined) return key.value as Json;
  const fields = [...(key.value as [Json, Json][]), ...key.expiredFields];
  return fields.sort(([first], [second]) => (String(first) < String(second) ? -1 : 1));
}

function expectFrame({ name, bytes, sidecar }: Dump): void {
  const events = [...eventsOf([bytes], { level: "skip" })];
  const [dialect, version] = versionBySeries[`${sidecar.server.family}-${/-([\d.]+)-/.exec(name)?.[1]}`];
  expect(events[0]).toEqual({ kind: "header", dialect, version });
  const aux = new Map(
    events.flatMap((event) => (event.kind === "aux" ? [[text(event.name), text(event.value)] as const] : [])),
  );
  expect(aux.get("valkey-ver") ?? aux.get("redis-ver")).toBe(sidecar.server.version);
  expect(aux.get("redis-bits")).toBe("64");
  expect(Number(aux.get("ctime"))).toBeGreaterThan(1.7e9);
  expect(aux.get("repl-id")).toBe(sidecar.file.replid);
  const offset = sidecar.file.offset;
  expect(aux.get("repl-offset")).toBe(offset === undefined ? undefined : String(offset));
  const functions = events.flatMap((event) => (event.kind === "function" ? [text(event.code)] : []));
  expect(functions.sort()).toEqual([...sidecar.functions].sort());
  const end = events.at(-1);
  expect(end).toMatchObject({
    kind: "end",
    checksum: name.endsWith("nochecksum") ? "off" : "ok",
    endOffset: bytes.length,
  });
}

/** A payload is type, value, RDB version, CRC-64: the same bytes as in the file, or the file is misread. */
function expectDumps({ bytes, sidecar }: Dump): void {
  const raw = new Map(
    entriesOf([bytes], "raw").map((entry) => [nameOf({ db: entry.db, key: bytesJson(entry.key) }), entry]),
  );
  for (const key of sidecar.keys) {
    if (key.dump === undefined) continue;
    const payload = Buffer.from(key.dump, "base64");
    const entry = raw.get(nameOf(key)) as RdbEntry;
    expect(entry.value.of).toBe("opaque");
    if (entry.value.of !== "opaque") continue;
    const body = Buffer.concat([
      Uint8Array.of(entry.row.number),
      entry.value.bytes,
      payload.subarray(-10, -8),
    ]);
    expect(Buffer.concat([body, crc64Bytes(body)]).toString("hex"), nameOf(key)).toBe(
      payload.toString("hex"),
    );
  }
}

/** What every level says of a key. */
interface Outline {
  readonly db: number;
  readonly key: string;
  readonly type: string;
  readonly encoding: string;
  readonly expireAtMs: number | undefined;
  readonly idleSec: number | undefined;
  readonly frequency: number | undefined;
  readonly recordOffset: number;
  readonly offset: number;
  itemCount: number | undefined;
  endOffset: number;
}

function outlinesOf(events: Iterable<RdbEvent>): Outline[] {
  const outlines: Outline[] = [];
  for (const event of events) {
    if (event.kind === "key") {
      const { db, type, encoding, expireAtMs, idleSec, frequency, recordOffset, offset } = event;
      const key = Buffer.from(event.key).toString("latin1");
      const head = { db, key, type, encoding, expireAtMs, idleSec, frequency, recordOffset, offset };
      outlines.push({ ...head, itemCount: event.itemCount, endOffset: event.endOffset });
    } else if (event.kind === "items") {
      const outline = outlines.at(-1) as Outline;
      outline.itemCount = event.itemCount ?? outline.itemCount;
      outline.endOffset = event.endOffset;
    }
  }
  return outlines;
}

function expectSameAtEveryLevel({ bytes }: Dump): void {
  const outlines = outlinesOf(eventsOf([bytes], { level: "items" }));
  for (const level of ["skip", "check"] satisfies ReadLevel[]) {
    expect(outlinesOf(eventsOf([bytes], { level })), level).toEqual(outlines);
  }
  const raw = outlinesOf(eventsOf([bytes], { level: "raw" }));
  const uncounted = outlines.map((outline) => ({ ...outline, itemCount: undefined }));
  expect(raw.map((outline) => ({ ...outline, itemCount: undefined }))).toEqual(uncounted);
  for (const [index, outline] of outlines.entries()) {
    const next = outlines[index + 1];
    const between = bytes.subarray(outline.endOffset, next?.recordOffset ?? outline.endOffset);
    // Between two keys nothing stands but selectors and hints: opcodes, of which FA to FE and F4 occur.
    if (between.length > 0) expect([0xfe, 0xfb, 0xfa, 0xf4]).toContain(between[0]);
  }
}

function expectSoundAndTraced(dump: Dump): void {
  expect([...eventsOf([dump.bytes], { level: "check" })].filter(isFinding)).toEqual([]);
  const whole = traceOf([dump.bytes]);
  for (const { name, chunks } of cutsOf(dump)) expect(traceOf(chunks), name).toEqual(whole);
}

function isFinding(event: RdbEvent): boolean {
  return event.kind === "damage" || event.kind === "warning";
}

/** Per key, all numbers that the walk noted. */
function traceOf(chunks: Iterable<Uint8Array>): number[][] {
  const traces: number[][] = [];
  for (const event of eventsOf(chunks, { level: "skip", trace: true, poison: true })) {
    if (event.kind === "key") traces.push([]);
    if ((event.kind !== "key" && event.kind !== "items") || event.items.of !== "trace") continue;
    const { trace, start, end } = event.items;
    for (let index = start; index < end; index += 1) traces.at(-1)?.push(trace[index]);
  }
  return traces;
}

describe("the type table", () => {
  it("has every type that the dumps of real servers hold", () => {
    const numbers = new Set<number>();
    for (const fixture of listFixtures("rdb", ".rdb")) {
      for (const event of eventsOf([loadDump(fixture).bytes], { level: "skip" }))
        if (event.kind === "key") numbers.add(event.row.number);
    }
    expect([...numbers].sort((first, second) => first - second)).toEqual([
      0, 2, 4, 5, 7, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 24, 25, 26,
    ]);
    expect(typeTable("redis", 15).filter((row) => row !== undefined).length).toBeLessThan(typeRows.length);
  });
});
