import { expect, test } from "vitest";
import { judgeRewrite, type RewriteState, type RewriteTriggers } from "./rewrite-policy.ts";

const MIB = 1 << 20;
const grown: RewriteState = {
  sizeBytes: 200 * MIB,
  baseSizeBytes: 100 * MIB,
  failures: 0,
  lastFailureAtMs: 0,
  nowMs: 1e9,
};
const failed = (failures: number, minutesAgo: number) => ({
  failures,
  lastFailureAtMs: 1e9 - minutesAgo * 60_000,
});

const rows: readonly (readonly [string, RewriteTriggers, Partial<RewriteState>, string])[] = [
  ["what has doubled is rewritten", {}, {}, "rewrite"],
  ["what has not quite doubled is not", {}, { sizeBytes: 200 * MIB - 1 }, "wait"],
  [
    "what is small is not, however much it has grown",
    {},
    { sizeBytes: 64 * MIB - 1, baseSizeBytes: 1 },
    "wait",
  ],
  ["small is what the option says", { minSizeBytes: 10 }, { sizeBytes: 10, baseSizeBytes: 5 }, "rewrite"],
  ["growth is what the option says", { percentage: 10 }, { sizeBytes: 110 * MIB }, "rewrite"],
  ["a percentage of 0 is never", { percentage: 0 }, { sizeBytes: 1e15 }, "wait"],
  ["without a base any size is growth", {}, { sizeBytes: 64 * MIB, baseSizeBytes: 0 }, "rewrite"],
  ["two failures make no difference", {}, failed(2, 0), "rewrite"],
  ["three failures make it wait a minute", {}, failed(3, 0.99), "limited"],
  ["and no longer", {}, failed(3, 1), "rewrite"],
  ["one more doubles that", {}, failed(4, 1.99), "limited"],
  ["up to an hour", {}, failed(500, 59.9), "limited"],
  ["and then it is tried again", {}, failed(500, 60), "rewrite"],
];

test.each(rows)("%s", (_what, triggers, change, verdict) => {
  expect(judgeRewrite(triggers, { ...grown, ...change })).toBe(verdict);
});
