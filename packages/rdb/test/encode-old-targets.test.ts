/** What the oldest targets cannot say: nothing becomes something else without a word. */
import { collectEntries, decodeRdbBytes, type RdbEvent, type RdbLoss, rdbTarget } from "@holdfast/rdb";
import { describe, expect, it } from "vitest";
import { quicklistFile } from "./generated-files.ts";
import { eventsOfPlan } from "./random-events.ts";
import { contentOf, encodeAll } from "./same-content.ts";

const target = rdbTarget("redis-2.4")!;

function expiring(expireAtMs: number): RdbEvent[] {
  return eventsOfPlan([{ row: "STRING", size: 1, seed: 1 }]).map((event) =>
    event.kind === "key" ? { ...event, expireAtMs, idleSec: undefined, frequency: undefined } : event,
  );
}

function written(expireAtMs: number) {
  const losses: RdbLoss[] = [];
  const bytes = encodeAll(expiring(expireAtMs), { target, onLoss: (loss) => losses.push(loss) });
  const [entry] = collectEntries(decodeRdbBytes(bytes), { limitBytes: 1 << 20 });
  return { expireAtMs: entry.expireAtMs, kinds: losses.map(({ kind }) => kind) };
}

describe("for Redis 2.4", () => {
  const lastSecondMs = (2 ** 31 - 1) * 1000;

  it.each([
    [1_700_000_000_000, 1_700_000_000_000, []],
    [1_700_000_000_001, 1_700_000_001_000, ["expiry-milliseconds"]],
    [lastSecondMs, lastSecondMs, []],
    [lastSecondMs + 1, undefined, ["expiry"]],
    [Date.UTC(9999, 11, 31), undefined, ["expiry"]],
  ])("an expiry of %i ms is %s, and what is lost is told", (given, expireAtMs, kinds) => {
    expect(written(given)).toEqual({ expireAtMs, kinds });
  });

  it("a quicklist of several nodes and batches becomes a list of all of them", () => {
    const source = Buffer.concat([...quicklistFile(1500)]);
    const copy = encodeAll(decodeRdbBytes(source), { target });
    expect(contentOf(copy)).toEqual(contentOf(source));
  });
});
