import { ByteSlice } from "@holdfast/rdb";
import { seededRandom, testSeed } from "@holdfast/testkit";
import { describe, expect, it } from "vitest";
import { KeyTable } from "./key-table.ts";
import { Records } from "./records.ts";
import { Slabs } from "./slabs.ts";

const bytesOf = (text: string) => ByteSlice.of(Buffer.from(text));

function contentOf(table: KeyTable, records: Records): [key: string, value: unknown, expireAtMs: unknown][] {
  const content: [string, unknown, unknown][] = [];
  for (let entry = 0; entry < table.entryEnd; entry++) {
    const record = table.recordAt(entry);
    if (record === 0) continue;
    const key = Buffer.from(records.keyOf(record).view()).toString();
    content.push([key, records.valueOf(record), table.expireAtMs(entry)]);
  }
  return content.sort(byKey);
}

const byKey = ([one]: readonly [string, ...unknown[]], [other]: readonly [string, ...unknown[]]) =>
  one < other ? -1 : 1;

describe.each([
  ["whose hashes differ", (key: string) => Math.imul(Number(key.slice(1)) + 1, 0x9e3779b1)],
  ["whose hashes are few", (key: string) => Number(key.slice(1)) % 3],
  ["whose hashes are all the same", () => -1],
])("a table of keys %s", (_name, hashOf: (key: string) => number) => {
  it("is a map, through growth, removal and moving", () => {
    const random = seededRandom(testSeed());
    const records = new Records(new Slabs());
    const table = new KeyTable(records);
    const model = new Map<string, { value: string; expireAtMs: number | undefined }>();
    let keyCount = 20;
    for (let step = 0; step < 6000; step++) {
      if (step % 500 === 0) keyCount = 10 + random.below(300);
      const key = `k${random.below(keyCount)}`;
      const entry = table.find(hashOf(key), bytesOf(key));
      expect(entry >= 0).toBe(model.has(key));
      if (random.below(5) < 2) {
        if (entry < 0) continue;
        records.free(table.recordAt(entry));
        table.remove(entry);
        model.delete(key);
        continue;
      }
      const value = "v".repeat(random.below(60)) + step;
      const expireAtMs = random.below(3) === 0 ? step : undefined;
      let at = entry;
      const record = records.withText(entry < 0 ? 0 : table.recordAt(entry), bytesOf(key), value);
      if (entry < 0) at = table.add(hashOf(key), record);
      else table.setRecord(entry, record);
      table.setExpiry(at, expireAtMs);
      table.setAttributes(at, { idleSec: step, frequency: undefined, meta: undefined });
      expect(table.attributes(table.find(hashOf(key), bytesOf(key)))?.idleSec).toBe(step);
      model.set(key, { value, expireAtMs });
    }
    const expected = [...model].map(([key, { value, expireAtMs }]) => [key, value, expireAtMs] as const);
    expect(contentOf(table, records)).toEqual(expected.sort(byKey));
    table.clear();
    expect(records.slabs.usedBytes).toBe(0);
    expect(table.find(hashOf("k1"), bytesOf("k1"))).toBe(-1);
  });
});
