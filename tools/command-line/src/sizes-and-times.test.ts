import { describe, expect, test } from "vitest";
import {
  formatCount,
  formatDuration,
  formatShare,
  formatSize,
  formatTime,
  parseDuration,
  parseSize,
} from "./sizes-and-times.ts";

describe("sizes and times", () => {
  test.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1.0 KiB"],
    [1536, "1.5 KiB"],
    [1024 * 1024 - 1, "1.0 MiB"],
    [5 * 1024 ** 3, "5.0 GiB"],
  ])("%d bytes read as %s", (bytes, text) => expect(formatSize(bytes)).toBe(text));

  test("counts are grouped by three", () => {
    expect([0, 999, 1000, 1_234_567, 12345678901234567890n].map(formatCount)).toEqual([
      "0",
      "999",
      "1,000",
      "1,234,567",
      "12,345,678,901,234,567,890",
    ]);
  });

  test("a share that is something never prints as nothing", () => {
    expect(formatShare(1, 3)).toBe("33.3 %");
    expect(formatShare(1, 1_000_000)).toBe("<0.1 %");
    expect(formatShare(0, 10)).toBe("0.0 %");
    expect(formatShare(0, 0)).toBe("0.0 %");
  });

  test("times are RFC 3339 in UTC with milliseconds, beyond the calendar they are a number", () => {
    expect(formatTime(0)).toBe("1970-01-01T00:00:00.000Z");
    expect(formatTime(4_102_444_800_123)).toBe("2100-01-01T00:00:00.123Z");
    expect(formatTime(9e15)).toBe("9000000000000000 ms");
  });

  test.each([
    [0, "0ms"],
    [999, "999ms"],
    [61_000, "1m 1s"],
    [3_600_000, "1h"],
    [3_601_000, "1h"],
    [90_061_000, "1d 1h"],
    [-5000, "-5s"],
  ])("%d ms read as %s", (ms, text) => expect(formatDuration(ms)).toBe(text));

  test("sizes and durations can be typed, and nonsense is refused", () => {
    expect(["4096", "10k", "1.5MiB", "2 GB", "12x", "-1", ""].map(parseSize)).toEqual([
      4096,
      10_240,
      1_572_864,
      2_147_483_648,
      undefined,
      undefined,
      undefined,
    ]);
    expect(["90s", "1.5h", "7d", "2w", "5ms", "5", "x"].map(parseDuration)).toEqual([
      90_000,
      5_400_000,
      604_800_000,
      1_209_600_000,
      5,
      undefined,
      undefined,
    ]);
  });
});
