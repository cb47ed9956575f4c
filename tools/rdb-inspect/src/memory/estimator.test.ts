/**
 * What real servers said about single keys (`MEMORY USAGE key SAMPLES 0` after loading), and rules of the
 * estimator. The servers: Redis 6.0.16, 7.0.15, 8.0.6, 8.6.3 and Valkey 8.1.1, 9.1.2 of Debian.
 */
import { type TypeRow, typeRows } from "@holdfast/rdb";
import { describe, expect, test } from "vitest";
import { MemoryEstimator, modelFor } from "./index.ts";

interface Measured {
  readonly row: string;
  readonly trace: readonly number[];
  readonly keyBytes: number;
  readonly expires?: true;
  readonly bytes: number;
  /** Allowed difference, where the server's own choice is random. Default 0. */
  readonly within?: number;
}

const measured: Readonly<Record<string, readonly Measured[]>> = {
  "redis-6.0": [
    { row: "STRING", trace: [1, 1], keyBytes: 14, bytes: 56 },
    { row: "STRING", trace: [7, 0], keyBytes: 0, bytes: 57 },
    { row: "STRING", trace: [70, 0], keyBytes: 32, expires: true, bytes: 168 },
    { row: "HASH_ZIPLIST", trace: [88, 8], keyBytes: 9, bytes: 144 },
    { row: "LIST_QUICKLIST", trace: [1, 4651, 80], keyBytes: 12, bytes: 4779 },
    { row: "SET_INTSET", trace: [128, 60], keyBytes: 6, bytes: 176 },
    { row: "SET", trace: [5, 4, 5, 3, 4, 3], keyBytes: 13, bytes: 376 },
    { row: "STREAM_LISTPACKS", trace: [1, 16, 37, 1, 1, 1, 0], keyBytes: 12, bytes: 597 },
  ],
  "redis-7.0": [
    { row: "STRING", trace: [2, 1], keyBytes: 19, expires: true, bytes: 72 },
    { row: "STRING", trace: [7, 0], keyBytes: 15, bytes: 88 },
    { row: "HASH_LISTPACK", trace: [83, 8], keyBytes: 9, bytes: 152 },
    { row: "SET", trace: [5, 4, 5, 6, 3, 3], keyBytes: 13, bytes: 336 },
    { row: "LIST_QUICKLIST_2", trace: [1, 87, 8], keyBytes: 16, bytes: 248 },
    { row: "ZSET_LISTPACK", trace: [290, 40], keyBytes: 18, bytes: 392 },
    { row: "HASH", trace: [2, 5, 65, 5, 1], keyBytes: 15, bytes: 312 },
    { row: "ZSET_2", trace: [2, 65, 5], keyBytes: 16, bytes: 1080, within: 48 },
  ],
  "redis-8.0": [
    { row: "LIST_QUICKLIST_2", trace: [1, 87, 8], keyBytes: 16, bytes: 168 },
    { row: "SET_LISTPACK", trace: [38, 5], keyBytes: 13, bytes: 104 },
    { row: "HASH_LISTPACK_EX", trace: [1893456000000, 67, 9], keyBytes: 16, bytes: 184 },
    { row: "SET", trace: [2, 5, 65], keyBytes: 15, bytes: 296 },
    { row: "HASH", trace: [1, 100, 1], keyBytes: 15, bytes: 304 },
    { row: "STREAM_LISTPACKS_3", trace: [1, 16, 37, 1, 1, 1, 1, 1, 0, 0, 1, 0], keyBytes: 12, bytes: 688 },
    { row: "MODULE_2", trace: [3, 1, 4097, 0, 9, 3, 6, 1, 16777216, 0, 32, 0, 0], keyBytes: 11, bytes: 2517 },
  ],
  "redis-8.6": [
    { row: "STRING", trace: [70, 0], keyBytes: 32, expires: true, bytes: 144 },
    { row: "STRING", trace: [2, 1], keyBytes: 14, bytes: 48 },
    { row: "HASH_LISTPACK", trace: [85, 8], keyBytes: 9, bytes: 117 },
    { row: "LIST_QUICKLIST_2", trace: [1, 87, 8], keyBytes: 16, bytes: 135 },
    { row: "HASH_LISTPACK_EX", trace: [1893456000000, 67, 9], keyBytes: 16, bytes: 139 },
    { row: "HASH", trace: [2, 5, 1, 5, 65], keyBytes: 15, bytes: 272 },
    { row: "SET", trace: [2, 65, 5], keyBytes: 15, bytes: 271 },
    {
      row: "STREAM_LISTPACKS_4",
      trace: [1, 16, 37, 1, 1, 1, 1, 1, 0, 0, 1, 0, 100, 100, 0, 0, 0],
      keyBytes: 12,
      bytes: 309,
    },
  ],
  "valkey-8.1": [
    { row: "STRING", trace: [2, 1], keyBytes: 18, expires: true, bytes: 16 },
    { row: "STRING", trace: [70, 0], keyBytes: 32, expires: true, bytes: 96 },
    { row: "STRING", trace: [7, 0], keyBytes: 29, bytes: 64 },
    { row: "HASH_LISTPACK", trace: [80, 8], keyBytes: 9, bytes: 96 },
    { row: "HASH", trace: [1, 100, 1], keyBytes: 15, bytes: 264 },
    { row: "LIST_QUICKLIST_2", trace: [1, 87, 8], keyBytes: 16, bytes: 112 },
  ],
  "valkey-9.1": [
    { row: "STRING", trace: [10, 1], keyBytes: 14, bytes: 48 },
    { row: "STRING", trace: [70, 0], keyBytes: 32, expires: true, bytes: 128 },
    { row: "SET_LISTPACK", trace: [38, 5], keyBytes: 13, bytes: 80 },
    { row: "ZSET_LISTPACK", trace: [287, 40], keyBytes: 18, bytes: 368 },
    {
      row: "HASH_2",
      trace: [3, 7, 3, -1, 6, 3, 1893456000000, 5, 2, 4102444800000],
      keyBytes: 16,
      bytes: 304,
      within: 8,
    },
  ],
};

function rowNamed(name: string): TypeRow {
  return typeRows.find((row) => row.name === name)!;
}

function estimate(
  model: string,
  key: Omit<Measured, "bytes">,
  pieces: readonly (readonly number[])[] = [key.trace],
) {
  const estimator = new MemoryEstimator(modelFor(model)!);
  estimator.begin(rowNamed(key.row), key.keyBytes, key.expires === true);
  for (const piece of pieces) estimator.add(Float64Array.from(piece));
  return estimator.finish();
}

describe.each(Object.entries(measured))("the model of %s", (model, keys) => {
  test.each(keys)("says $bytes bytes for $row $trace with a key of $keyBytes bytes", (key) => {
    expect(Math.abs(estimate(model, key) - key.bytes)).toBeLessThanOrEqual(key.within ?? 0);
  });

  test.each(keys)("says the same of $row $trace however the trace is cut", (key) => {
    const whole = estimate(model, key);
    expect(
      estimate(
        model,
        key,
        key.trace.map((number) => [number]),
      ),
    ).toBe(whole);
    for (let cut = 0; cut <= key.trace.length; cut += 1) {
      expect(estimate(model, key, [key.trace.slice(0, cut), key.trace.slice(cut)])).toBe(whole);
    }
  });
});

describe("an estimator", () => {
  test("forgets one key before the next", () => {
    const estimator = new MemoryEstimator(modelFor("redis-7.0")!);
    const sizes = [0, 1].map(() => {
      estimator.begin(rowNamed("SET"), 13, false);
      estimator.add(Float64Array.of(5, 4, 5, 6, 3, 3));
      return estimator.finish();
    });
    expect(sizes).toEqual([336, 336]);
  });

  test("reads only the given part of a trace", () => {
    const estimator = new MemoryEstimator(modelFor("redis-7.0")!);
    estimator.begin(rowNamed("HASH_LISTPACK"), 9, false);
    estimator.add(Float64Array.of(1, 2, 83, 8, 9), 2, 4);
    expect(estimator.finish()).toBe(152);
  });

  test("takes the record's size for the value of a module that it does not know", () => {
    const estimator = new MemoryEstimator(modelFor("redis-7.0")!);
    estimator.begin(rowNamed("MODULE_2"), 3, false);
    estimator.add(Float64Array.of(2 ** 60, 5, 9999, 12));
    expect(estimator.finish(1000)).toBe(1032);
  });

  test("prices a value that the server unpacks as a table", () => {
    const packed = estimate("redis-8.0", { row: "HASH_LISTPACK", trace: [4000, 1024], keyBytes: 3 });
    const unpacked = estimate("redis-8.0", { row: "HASH_LISTPACK", trace: [4008, 1026], keyBytes: 3 });
    expect(packed).toBe(24 + 8 + 16 + 4096);
    expect(unpacked).toBeGreaterThan(513 * (24 + 16));
  });

  test("packs a small hash that the file has field by field", () => {
    const hash = { row: "HASH", trace: [2, 5, 7, 5, 1], keyBytes: 3 };
    expect(estimate("redis-7.0", hash)).toBe(24 + 8 + 16 + 48);
  });

  test.each(typeRows)("answers a number for every type: $name", (row) => {
    for (const model of Object.keys(measured)) {
      const estimator = new MemoryEstimator(modelFor(model)!);
      estimator.begin(row, 5, false);
      estimator.add(Float64Array.of(2, 3, 4, 1, 0, 0, 2, 1));
      expect(estimator.finish(10)).toBeGreaterThan(0);
    }
  });
});
