/** What the tables say, and where they go. */
import { describe, expect, test } from "vitest";
import type { Measured } from "../measure/compare.ts";
import type { Comparison, Profile } from "../questions/question.ts";
import { replaceBlock } from "./readme-block.ts";
import { type Report, reportMarkdown, reportText } from "./report.ts";
import { judgeMemory, judgeSpeed } from "./verdict.ts";

const plain = { bold: String, green: String, yellow: String, red: String };

function measured(title: string, medianMs: number, peakBytes: number | undefined): Measured {
  return { title, wallMs: [medianMs], medianMs, minMs: medianMs, peakBytes };
}

const comparison: Comparison = {
  kind: "comparison",
  name: "check",
  title: "How fast does check walk a dump?",
  inputBytes: 500e6,
  ours: measured("rdb-inspect check", 1_000, 130e6),
  official: measured("redis-check-rdb 7.0.15", 6_000, 40e6),
  ratio: 6,
  targets: { atLeast: 3, aim: 8 },
  memory: { atLeastBytes: 200e6, aimBytes: 120e6 },
};

const saving: Comparison = {
  ...comparison,
  name: "write",
  ours: measured("rdb-inspect convert --repack", 4_000, 100e6),
  official: measured("SAVE of redis-server 7.0.15", 8_000, 1_500e6),
  ratio: 2,
  targets: { atLeast: 2 },
  memory: { atLeastBytes: 250e6 },
};

const profile: Profile = {
  kind: "profile",
  name: "decoder",
  title: "How fast does the decoder read?",
  lines: [
    { what: "read only", medianMs: 500, sizeBytes: 2 ** 30, itemCount: undefined },
    { what: "skip", medianMs: 2_000, sizeBytes: 2 ** 30, itemCount: 30e6 },
  ],
};

const report: Report = {
  machine: { cpu: "Some CPU", coreCount: 2, memoryBytes: 16e9, platform: "linux", nodeVersion: "v20.20.0" },
  corpus: {
    seed: 1,
    corpusMb: 500,
    serverVersion: "7.0.15",
    generatorVersion: 1,
    keyCount: 2_000_000,
    sizeBytes: 500e6,
    path: "corpus.rdb",
  },
  runCount: 5,
  answers: [comparison, profile],
};

describe("a verdict", () => {
  const targets = { atLeast: 3, aim: 8 };
  test.each([
    [2.99, "missed"],
    [3, "at least reached"],
    [7.99, "at least reached"],
    [8, "aim reached"],
  ] as const)("on a ratio of %d against at least 3 and aim 8 is: %s", (ratio, verdict) => {
    expect(judgeSpeed(ratio, targets)).toBe(verdict);
  });

  test.each([
    [120e6, "aim reached"],
    [120e6 + 1, "at least reached"],
    [200e6, "at least reached"],
    [200e6 + 1, "missed"],
    [undefined, "unknown"],
  ] as const)("on a peak of %s bytes is: %s", (peakBytes, verdict) => {
    expect(judgeMemory(measured("", 1, peakBytes), comparison.memory!)).toBe(verdict);
  });

  test("where there is no aim is never more than: at least reached", () => {
    expect(judgeSpeed(100, { atLeast: 2 })).toBe("at least reached");
    expect(judgeSpeed(1, { atLeast: 2 })).toBe("missed");
    expect(judgeMemory(measured("", 1, 1), { atLeastBytes: 2 })).toBe("at least reached");
  });
});

describe("the report", () => {
  test("shows the circumstances and a table a kind, numbers on the right", () => {
    expect(reportText(report, plain)).toMatchInlineSnapshot(`
      "machine: 2 cores (Some CPU), 16 GB, linux, Node v20.20.0
      corpus: 500 MB, 2,000,000 keys, written by Redis 7.0.15, seed 1
      runs: 5 of each in turn after one warm-up; times are medians, memory is the largest of all runs

      Wall time against redis-check-rdb 7.0.15
        command              ours  official  MB/s  ratio  at least  aim  verdict
        rdb-inspect check  1.00 s    6.00 s   500  6.00x        3x   8x  at least reached

      Peak memory of the same runs
        command              ours  official  at least     aim  verdict
        rdb-inspect check  130 MB     40 MB    200 MB  120 MB  at least reached

      How fast does the decoder read?
        what       median  MiB/s  million items/s
        read only  0.50 s   2048
        skip       2.00 s    512             15.0
      "
    `);
  });

  test("has a table of times for each thing measured against, and one of memory", () => {
    expect(reportText({ ...report, answers: [comparison, saving, profile] }, plain)).toMatchInlineSnapshot(`
      "machine: 2 cores (Some CPU), 16 GB, linux, Node v20.20.0
      corpus: 500 MB, 2,000,000 keys, written by Redis 7.0.15, seed 1
      runs: 5 of each in turn after one warm-up; times are medians, memory is the largest of all runs

      Wall time against redis-check-rdb 7.0.15
        command              ours  official  MB/s  ratio  at least  aim  verdict
        rdb-inspect check  1.00 s    6.00 s   500  6.00x        3x   8x  at least reached

      Wall time against SAVE of redis-server 7.0.15
        command                         ours  official  MB/s  ratio  at least  aim  verdict
        rdb-inspect convert --repack  4.00 s    8.00 s   125  2.00x        2x       at least reached

      Peak memory of the same runs
        command                         ours  official  at least     aim  verdict
        rdb-inspect check             130 MB     40 MB    200 MB  120 MB  at least reached
        rdb-inspect convert --repack  100 MB   1500 MB    250 MB          at least reached

      How fast does the decoder read?
        what       median  MiB/s  million items/s
        read only  0.50 s   2048
        skip       2.00 s    512             15.0
      "
    `);
  });

  test("paints verdicts after padding, so that colour moves nothing", () => {
    const painted = reportText(report, { ...plain, yellow: (text) => `<${text}>` });
    expect(painted).toContain("<at least reached>");
    expect(painted.replaceAll(/[<>]/g, "")).toBe(reportText(report, plain));
  });

  test("says the same in Markdown", () => {
    const page = reportMarkdown(report);
    expect(page).toContain(
      "| rdb-inspect check | 1.00 s | 6.00 s | 500 | 6.00x | 3x | 8x | at least reached |",
    );
    expect(page).toContain("| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |");
  });
});

describe("the block of a page", () => {
  const page = "# Title\n\n<!-- bench:table -->\nold\n<!-- /bench:table -->\n\nMore.\n";

  test("is replaced between its marks, and nothing else is touched", () => {
    const replaced = replaceBlock(page, "new\n");
    expect(replaced).toBe("# Title\n\n<!-- bench:table -->\n\nnew\n\n<!-- /bench:table -->\n\nMore.\n");
    expect(replaceBlock(replaced, "new")).toBe(replaced);
  });

  test("is missed when one of its marks is not there", () => {
    for (const broken of ["# Title\n", page.replace("<!-- /bench:table -->", "")]) {
      expect(() => replaceBlock(broken, "new")).toThrow(
        expect.objectContaining({ code: "BENCH_README_WITHOUT_MARKS" }),
      );
    }
  });
});
