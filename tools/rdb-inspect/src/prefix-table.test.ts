import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mergePrefixTotals, PrefixTable, type PrefixTotals } from "./prefix-table.ts";

const colon = ":".charCodeAt(0);

function count(
  keys: readonly string[],
  options: { depthMax?: number; prefixesMax?: number } = {},
): PrefixTotals {
  const table = new PrefixTable({ separators: [colon], depthMax: 8, prefixesMax: 1000, ...options });
  for (const key of keys) {
    const bytes = Buffer.from(`<${key}>`);
    table.add(bytes, 1, bytes.length - 1, 10, key.length, key.endsWith("!") ? 1000 : -1);
  }
  return table.totals();
}

const shown = (totals: PrefixTotals) =>
  totals.rows.map((row) => [Buffer.from(row.prefix).toString(), row.keyCount]);

/** The same by strings and a Map. */
function counted(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) {
    for (let at = key.indexOf(":"); at !== -1; at = key.indexOf(":", at + 1)) {
      const prefix = key.slice(0, at + 1);
      counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
    }
  }
  return counts;
}

// Long parts that begin alike, and some that are a beginning of another.
const keys = fc.array(
  fc
    .array(fc.constantFrom("a", "b", ":", "c", "long", "longer:", "longest:", "long:"), { maxLength: 7 })
    .map((parts) => parts.join("")),
  { maxLength: 300 },
);

describe("keys by prefix", () => {
  test("a key counts for every prefix that ends with a separator", () => {
    expect(shown(count(["user:1:cart", "user:2", "plain", "user:1:name"]))).toEqual([
      ["user:", 3],
      ["user:1:", 2],
    ]);
  });

  test("the depth limits how many separators a prefix has", () => {
    expect(shown(count(["a:b:c:d"], { depthMax: 2 })).map(([prefix]) => prefix)).toEqual(["a:", "a:b:"]);
  });

  test("memory, sizes, expiring keys and what is left of them add up", () => {
    expect(count(["a:1!", "a:22", "a:3!"]).rows[0]).toMatchObject({
      keyCount: 3,
      memoryBytes: 30,
      sizeBytes: 12,
      expiringCount: 2,
      ttlSumMs: 2000,
      missedMax: 0,
    });
  });

  test("with room enough the counts are exact", () => {
    fc.assert(
      fc.property(keys, (list) => {
        expect(new Map(shown(count(list)) as [string, number][])).toEqual(counted(list));
      }),
    );
  });

  test("two halves merged are the whole", () => {
    fc.assert(
      fc.property(keys, keys, (first, second) => {
        expect(shown(mergePrefixTotals(count(first), count(second)))).toEqual(
          shown(count([...first, ...second])),
        );
      }),
    );
  });

  test("in a table that is too small no count is too high, and what may be missing is stated", () => {
    fc.assert(
      fc.property(keys, fc.integer({ min: 2, max: 12 }), (list, prefixesMax) => {
        const totals = count(list, { prefixesMax });
        const exact = counted(list);
        expect(totals.rows.length).toBeLessThanOrEqual(prefixesMax);
        for (const row of totals.rows) {
          const memoryBytes = (exact.get(Buffer.from(row.prefix).toString()) ?? 0) * 10;
          expect(row.memoryBytes).toBeLessThanOrEqual(memoryBytes);
          expect(row.memoryBytes + row.missedMax).toBeGreaterThanOrEqual(memoryBytes);
        }
      }),
    );
  });

  test("a heavy prefix survives a flood of light ones", () => {
    const list = Array.from({ length: 20_000 }, (_, index) => `user:${index}:name`);
    const totals = count(list, { prefixesMax: 64 });
    expect(totals.rows.find((row) => Buffer.from(row.prefix).toString() === "user:")?.keyCount).toBe(20_000);
    expect(totals.droppedCount).toBeGreaterThan(19_000);
  });
});
