import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FingerprintCollector, fingerprintOf, mergeFingerprints, repeated } from "./duplicate-keys.ts";

function collect(keys: readonly [number, string][], keysMax?: number) {
  const collector = new FingerprintCollector(keysMax);
  for (const [db, key] of keys) collector.add(db, Buffer.from(key));
  return collector.finish();
}

const keys = fc.array(fc.tuple(fc.nat(2), fc.string({ maxLength: 3 })), { maxLength: 100 });

/** Fingerprints of the keys that occur twice, by comparing the keys themselves. */
function truth(list: readonly [number, string][]): bigint[] {
  const names = list.map(([db, key]) => `${db} ${key}`);
  const twice = list.filter((_, index) => names.indexOf(names[index]) !== index);
  const found = new Set(twice.map(([db, key]) => fingerprintOf(db, Buffer.from(key))));
  return [...found].sort((a, b) => (a < b ? -1 : 1));
}

describe("duplicate keys", () => {
  test("are exactly the keys that occur twice in one db", () => {
    fc.assert(
      fc.property(keys, (list) => {
        expect(repeated(collect(list))).toEqual(truth(list));
      }),
    );
  });

  test("are found across two parts of a file", () => {
    fc.assert(
      fc.property(keys, keys, (first, second) => {
        expect(repeated(mergeFingerprints(collect(first), collect(second)))).toEqual(
          truth([...first, ...second]),
        );
      }),
    );
  });

  test("beyond the bound are not looked for, and that is said", () => {
    const result = collect(
      [
        [0, "a"],
        [0, "b"],
        [0, "a"],
      ],
      2,
    );
    expect(repeated(result)).toEqual([]);
    expect(result.isComplete).toBe(false);
  });

  test("half a million similar names have no two fingerprints in common", () => {
    const collector = new FingerprintCollector();
    for (let index = 0; index < 500_000; index++) collector.add(index & 1, Buffer.from(`user:${index}`));
    expect(repeated(collector.finish())).toEqual([]);
  });
});
