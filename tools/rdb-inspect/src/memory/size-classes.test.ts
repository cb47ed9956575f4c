/** Size classes, as servers report them for strings; and the sizes built on them. */
import { describe, expect, test } from "vitest";
import { jemalloc530, jemalloc531 } from "./size-classes.ts";
import { expectedNodeBytes } from "./skip-list.ts";
import { stringBytes, wideStringBytes } from "./strings.ts";
import {
  dictBucketBytes,
  grownDictBucketBytes,
  grownValkeyBucketsBytes,
  valkeyBucketBytes,
  valkeyBucketsBytes,
} from "./tables.ts";

describe("an allocation", () => {
  test.each([
    [0, 0],
    [1, 8],
    [8, 8],
    [9, 16],
    [113, 128],
    [129, 160],
    [256, 256],
    [257, 320],
    [1025, 1280],
    [14337, 16384],
    [16384, 16384],
  ])("of %i bytes takes %i with either jemalloc", (asked, taken) => {
    expect(jemalloc530.sizeOf(asked)).toBe(taken);
    expect(jemalloc531.sizeOf(asked)).toBe(taken);
  });

  test("of 100 010 bytes takes a class of 5.3.0, but whole pages of 5.3.1", () => {
    expect(jemalloc530.sizeOf(100_010)).toBe(114_688);
    expect(jemalloc531.sizeOf(100_010)).toBe(102_400);
  });

  test("is never smaller than asked, nor than a smaller one", () => {
    for (const allocator of [jemalloc530, jemalloc531]) {
      for (let bytes = 1; bytes < 300_000; bytes += 1 + (bytes >> 6)) {
        expect(allocator.sizeOf(bytes)).toBeGreaterThanOrEqual(Math.max(bytes, allocator.sizeOf(bytes - 1)));
      }
    }
  });
});

test("a string has a header of 1, 3, 5 or 9 bytes, by its length", () => {
  expect([31, 32, 255, 256, 65535, 65536].map((length) => stringBytes(length) - length - 1)).toEqual([
    1, 3, 3, 5, 5, 9,
  ]);
  expect(wideStringBytes(5)).toBe(9);
});

describe("a table", () => {
  test("of Redis has a power of two of buckets, at least four", () => {
    expect([1, 4, 5, 512, 513].map((count) => dictBucketBytes(count) / 8)).toEqual([4, 4, 8, 512, 1024]);
  });

  test("of Redis keeps the old buckets for a while after it has grown", () => {
    const madeFor = { firstCount: 0, enlargedFor: 0 };
    expect(grownDictBucketBytes(600, madeFor) / 8).toBe(512 + 1024);
    expect(grownDictBucketBytes(1000, madeFor) / 8).toBe(1024);
  });

  test("of Valkey has one bucket for up to six elements, and child buckets by chance", () => {
    expect(valkeyBucketsBytes(6)).toBe(valkeyBucketBytes);
    expect(valkeyBucketsBytes(5000) / valkeyBucketBytes).toBeGreaterThan(1024);
    expect(valkeyBucketsBytes(5000) / valkeyBucketBytes).toBeLessThan(1024 * 1.2);
  });

  test("of Valkey that grew has fewer buckets than one made in its final size", () => {
    expect(grownValkeyBucketsBytes(210, { firstCount: 0, enlargedFor: 0 })).toBeLessThan(
      valkeyBucketsBytes(210),
    );
  });
});

test("a node of a skip list has a third of a level more than one on average", () => {
  expect(expectedNodeBytes(jemalloc530, 24)).toBeCloseTo(32 + 16 * (4 / 3), 1);
});
