/** Dumps of real servers go through a keyspace and come out as the same data. */
import { readFileSync } from "node:fs";
import { decodeRdbBytes, type RdbEvent } from "@holdfast/rdb";
import { listFixtures } from "@holdfast/testkit";
import { expect, it } from "vitest";
import { Keyspace, SnapshotLoader } from "../src/index.ts";
import { entryLines } from "./entry-lines.ts";

const fixtures = listFixtures("rdb", ".rdb");

it("there are dumps of six servers", () => {
  expect(fixtures.length).toBeGreaterThan(20);
});

/** What a dump says of keys beside their values, and beside all keys. */
function extrasOf(events: Iterable<RdbEvent>): string[] {
  const found: string[] = [];
  for (const event of events) {
    if (event.kind === "module-aux")
      found.push(`module ${event.moduleId} ${event.when} ${event.payload.length}`);
    if (event.kind !== "key" || (event.idleSec ?? event.frequency ?? event.meta) === undefined) continue;
    found.push(`${event.db} ${Buffer.from(event.key)} ${event.idleSec} ${event.frequency} ${event.meta}`);
  }
  return found.sort();
}

it.each(fixtures)("$name is saved as it was loaded", ({ name, path }) => {
  const bytes = readFileSync(path);
  const keyspace = new Keyspace({ nowMs: () => 0 });
  const loader = new SnapshotLoader(keyspace);
  for (const event of decodeRdbBytes(bytes)) loader.take(event);
  const snapshot = keyspace.freeze();
  const events = () => snapshot.events({ dialect: "redis", version: 12 });
  const omitsStreamCounters = name.startsWith("redis-6");
  const loaded = entryLines(decodeRdbBytes(bytes), { omitsStreamCounters });
  expect(entryLines(events(), { omitsStreamCounters })).toEqual(loaded);
  expect(extrasOf(events())).toEqual(extrasOf(decodeRdbBytes(bytes)));
  expect(snapshot.keyCount).toBe(loader.keyCount);
});
