/** What holds for any events and any target: nothing changes, and what is left out has been said. */
import {
  collectEntries,
  decodeDumpPayload,
  decodeRdbBytes,
  encodeDumpValue,
  RdbCounter,
  RdbEncoder,
  type RdbEvent,
  type RdbLoss,
  rdbTarget,
  rdbTargetNames,
} from "@holdfast/rdb";
import { testSeed } from "@holdfast/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eventsOf, type Json } from "./describe-file.ts";
import { runOf } from "./event-lines.ts";
import { quicklistFile } from "./generated-files.ts";
import { type EventPlan, eventsOfPlan, plannedRows } from "./random-events.ts";
import { contentOf, contentOfEntry, encodeAll } from "./same-content.ts";

const seed = testSeed();
const limitBytes = 1 << 24;

const plansOf = (rows: readonly string[]): fc.Arbitrary<EventPlan[]> =>
  fc.array(
    fc.record({
      row: fc.constantFrom(...rows),
      size: fc.oneof(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 100, max: 600 })),
      seed: fc.nat(),
    }),
    { maxLength: 5 },
  );

function contentOfEvents(events: readonly RdbEvent[]): Json[] {
  return [...collectEntries(events, { limitBytes })].map(contentOfEntry);
}

/** Rows whose events a target holds whole. */
const rowsOf = {
  "redis-8.8": plannedRows,
  "redis-8.10": plannedRows,
  "redis-8.6": plannedRows.filter((row) => row !== "ARRAY" && row !== "STREAM_LISTPACKS_5"),
  "redis-7.4": plannedRows.filter((row) => row !== "ARRAY" && row !== "STREAM_LISTPACKS_5"),
  "valkey-9.1": plannedRows.filter((row) => row !== "ARRAY" && row !== "STREAM_LISTPACKS_5"),
  "redis-7.2": plannedRows.filter((row) => !/ARRAY|STREAM_LISTPACKS_5|HASH_/.test(row)),
  "valkey-8.1": plannedRows.filter((row) => !/ARRAY|STREAM_LISTPACKS_5|HASH_/.test(row)),
} as const;

describe.each(Object.entries(rowsOf))("any events, for %s", (name, rows) => {
  const target = rdbTarget(name)!;

  it("encoded and decoded are the same, and sound to a deep check", () => {
    const holds = fc.property(plansOf(rows), (plans) => {
      const events = eventsOfPlan(plans);
      const bytes = encodeAll(events, { target });
      expect(contentOf(bytes)).toEqual(contentOfEvents(events));
      const { error, damage } = runOf([bytes], { level: "check" });
      expect([error, damage]).toEqual([undefined, []]);
    });
    fc.assert(holds, { seed, numRuns: 60 });
  });

  it("are the same in the value that DUMP would answer", () => {
    const holds = fc.property(plansOf(rows), (plans) => {
      for (const plan of plans) {
        const events = eventsOfPlan([plan]);
        const payload = encodeDumpValue(events, { target, onLoss: mustNotLose })!;
        const [entry] = collectEntries(decodeDumpPayload(payload), { limitBytes });
        const [wanted] = contentOfEvents(events) as { value: Json; info: Json }[];
        expect((contentOfEntry(entry) as { value: Json }).value).toEqual(wanted.value);
      }
    });
    fc.assert(holds, { seed, numRuns: 20 });
  });

  it("come out the same when large values were counted before", () => {
    const holds = fc.property(plansOf(rows), (plans) => {
      const events = eventsOfPlan(plans);
      const counter = new RdbCounter({ target, heldBytesMax: 400 });
      for (const event of events) counter.write(event);
      const counted = encodeAll(events, { target, counts: counter.counts, heldBytesMax: 400 });
      expect(Buffer.compare(counted, encodeAll(events, { target }))).toBe(0);
    });
    fc.assert(holds, { seed, numRuns: 40 });
  });
});

describe.each(rdbTargetNames)("for %s", (name) => {
  const target = rdbTarget(name)!;

  it("a key of which no loss was told is the same, and one that is missing was told", () => {
    const holds = fc.property(plansOf(plannedRows), (plans) => {
      const events = eventsOfPlan(plans);
      const losses: RdbLoss[] = [];
      const bytes = encodeAll(events, { target, onLoss: (loss) => losses.push(loss) });
      const { error, damage } = runOf([bytes], { level: "check" });
      expect([error, damage]).toEqual([undefined, []]);
      const found = new Map(contentOf(bytes).map((content) => [nameOf(content), content]));
      const lost = (isWholeKey: boolean) =>
        new Set(
          losses
            .filter((loss) => loss.isWholeKey === isWholeKey)
            .map((loss) => `${loss.db} ${latin1(loss.key!)}`),
        );
      const [missing, changed] = [lost(true), lost(false)];
      for (const entry of collectEntries(events, { limitBytes })) {
        const content = contentOfEntry(entry);
        const id = `${entry.db} ${latin1(entry.key)}`;
        if (missing.has(id)) expect(found.get(nameOf(content))).toBeUndefined();
        else if (!changed.has(id))
          expect(found.get(nameOf(content))).toEqual(asIn(target.rdbVersion, content));
        else expect(found.get(nameOf(content))).toBeDefined();
      }
      expect(found.size + missing.size).toBe(plans.length);
    });
    fc.assert(holds, { seed, numRuns: 40 });
  });
});

describe("a target", () => {
  it("is a release, a series as its oldest release, or a version", () => {
    const nameOf = (wanted: string | number) => rdbTarget(wanted)?.name;
    expect(["redis-7.0.15", "redis-8", "valkey-9", "redis-8.1", "redis", "8.0"].map(nameOf)).toEqual([
      "redis-7.0",
      "redis-8.0",
      "valkey-9.0",
      undefined,
      undefined,
      undefined,
    ]);
    expect([11, "rdb:11", "11", 80].map((wanted) => rdbTarget(wanted)?.rdbVersion)).toEqual([11, 11, 11, 80]);
    expect([0, 16, 79, 81, "rdb:", "rdb:1.5"].map(nameOf)).toEqual(Array(6).fill(undefined));
  });

  it("never gets a packed form that it does not read, whatever the limits", () => {
    const packing = {
      setEntriesMax: 1000,
      hashEntriesMax: 1000,
      hashValueBytesMax: 1000,
      intsetEntriesMax: 2,
    };
    const events = eventsOfPlan(["SET", "HASH"].map((row) => ({ row, size: 20, seed: 3 })));
    const typesFor = (name: string | number) => {
      const bytes = encodeAll(events, { target: rdbTarget(name)!, packing, onLoss: () => {} });
      return [...decodeRdbBytes(bytes)].flatMap((event) => (event.kind === "key" ? [event.row.number] : []));
    };
    expect(["redis-7.2", "redis-7.0", "redis-6.0", "redis-2.4"].map(typesFor)).toEqual([
      [20, 16],
      [2, 16],
      [2, 13],
      [2, 4],
    ]);
  });
});

describe("an encoder", () => {
  const target = rdbTarget("redis-7.2")!;
  const plan = { row: "LIST", size: 500, seed: 7 };

  it("refuses to hold more of a value than it may, and says what to do", () => {
    const encoder = new RdbEncoder({ target, heldBytesMax: 100, onLoss: mustNotLose });
    const events = eventsOfPlan([{ ...plan, size: 30_000 }]);
    expect(() => writeAll(encoder, events)).toThrow("RDB_ENCODE_NOT_COUNTED");
  });

  it("holds next to nothing of a list of any length that was counted before", () => {
    const options = { target: rdbTarget("redis-6.0")!, heldBytesMax: 100_000 };
    const counter = new RdbCounter(options);
    for (const event of eventsOf(quicklistFile(5_000), {})) counter.write(event);
    const encoder = new RdbEncoder({ ...options, counts: counter.counts, onLoss: mustNotLose });
    let most = 0;
    for (const event of eventsOf(quicklistFile(5_000), {})) {
      encoder.write(event);
      most = Math.max(most, encoder.pendingBytes);
      encoder.take();
    }
    expect(most).toBeLessThan(20_000);
  });

  it("writes the same into pieces that were given back", () => {
    const events = eventsOfPlan(Array.from({ length: 40 }, (_, index) => ({ ...plan, seed: index })));
    const encoder = new RdbEncoder({ target, onLoss: mustNotLose });
    const copies: Uint8Array[] = [];
    for (const event of events) {
      encoder.write(event);
      const piece = encoder.pendingBytes > 20_000 ? encoder.take() : undefined;
      if (piece === undefined) continue;
      copies.push(piece.slice());
      encoder.recycle(piece.fill(0xee));
    }
    expect(Buffer.compare(Buffer.concat([...copies, encoder.take()!]), encodeAll(events, { target }))).toBe(
      0,
    );
  });

  it("refuses items without a key, a key inside a value, and anything behind the end", () => {
    const events = eventsOfPlan([plan]);
    const [header, key] = events;
    const items = {
      kind: "items",
      items: { of: "elements", elements: [] },
      itemCount: 0,
      last: true,
      endOffset: 0,
    } as const;
    const open = { ...(key as object), last: false } as RdbEvent;
    for (const wrong of [
      [header, items],
      [header, open, key],
      [...events, header],
    ]) {
      const encoder = new RdbEncoder({ target, onLoss: mustNotLose });
      expect(() => writeAll(encoder, wrong)).toThrow("RDB_ENCODE_EVENTS");
    }
  });

  it("refuses a stored form that the target does not read", () => {
    const bytes = encodeAll(eventsOfPlan([plan]), { target });
    const events = [...decodeRdbBytes(bytes, { level: "raw" })];
    expect(() => encodeAll(events, { target: rdbTarget("redis-6.0")! })).toThrow("RDB_ENCODE_NEEDS_ITEMS");
  });

  it("leaves eight zero bytes where no checksum is wanted", () => {
    const bytes = encodeAll(eventsOfPlan([plan]), { target, checksum: false });
    expect(bytes.subarray(-9)).toEqual(Buffer.from("ff0000000000000000", "hex"));
    expect(runOf([bytes], {}).end?.checksum).toBe("off");
  });
});

function writeAll(encoder: RdbEncoder, events: readonly RdbEvent[]): void {
  for (const event of events) encoder.write(event);
}

function mustNotLose({ kind }: RdbLoss): void {
  throw new Error(`lost: ${kind}`);
}

function nameOf(content: Json): string {
  const { db, key } = content as { db: number; key: Json };
  return JSON.stringify([db, key]);
}

/** What a stream of a version before counters and active times says of them: nothing. */
function asIn(rdbVersion: number, content: Json): Json {
  if (rdbVersion >= 11 || (content as { type: string }).type !== "stream") return content;
  return JSON.parse(
    JSON.stringify(content, (name, value) => {
      if (rdbVersion < 11 && name === "activeAtMs") return undefined;
      const isCounter = ["firstId", "maxDeletedId", "entriesAdded", "entriesRead"].includes(name);
      return rdbVersion < 10 && isCounter ? undefined : value;
    }),
  );
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}
