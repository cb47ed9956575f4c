import { describe, expect, test } from "vitest";
import { createProgress, type ProgressChoice } from "./progress.ts";

/** What is written when the work is reported on once a second, for so many seconds, at 1 MiB a second. */
function written(choice: ProgressChoice, isTerminal: boolean, seconds: number): string {
  let nowMs = 0;
  let text = "";
  const progress = createProgress(choice, isTerminal, {
    program: "rdb-inspect",
    clock: { monotonicMs: () => nowMs },
    write: (part) => {
      text += part;
    },
    totalBytes: 100 << 20,
  });
  for (let second = 1; second <= seconds; second++) {
    nowMs = second * 1000;
    progress.update(second << 20, second * 1000);
  }
  progress.end();
  return text;
}

describe("progress", () => {
  test("is one line that is written over and taken away again on a terminal", () => {
    const text = written("bar", true, 2);
    expect(text).toContain("2 % of 100.0 MiB, 1.0 MiB/s, 2,000 keys, 1m 38s left");
    expect(text.endsWith("\r\u001b[K")).toBe(true);
    expect(text).not.toContain("\n");
  });

  test("is a line every ten seconds elsewhere", () => {
    expect(written("bar", false, 25).trimEnd().split("\n")).toEqual([
      "rdb-inspect: 10 % of 100.0 MiB, 1.0 MiB/s, 10,000 keys, 1m 30s left",
      "rdb-inspect: 20 % of 100.0 MiB, 1.0 MiB/s, 20,000 keys, 1m 20s left",
    ]);
  });

  test("is an object a second for programs", () => {
    const [first] = written("json", false, 3).split("\n");
    expect(JSON.parse(first)).toEqual({ bytes: 1 << 20, totalBytes: 100 << 20, keys: 1000, elapsedMs: 1000 });
  });

  test("is nothing at all when it is not wanted, or when the work is over at once", () => {
    expect(written("none", true, 60)).toBe("");
    expect(written("bar", false, 9)).toBe("");
  });
});
