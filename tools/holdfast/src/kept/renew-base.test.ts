import { nodePlatform, VirtualClock } from "@holdfast/platform";
import { expect, test } from "vitest";
import type { KeptDirectory } from "./kept-directory.ts";
import { BaseRenewal } from "./renew-base.ts";

const minuteMs = 60_000;

test("a new base in vain is tried again after one minute, two, four, and in the end every hour", async () => {
  const clock = new VirtualClock(0);
  const { network, random } = nodePlatform();
  const triedAtMs: number[] = [];
  const said: string[] = [];
  const kept = {
    base: { offset: 0, sizeBytes: 10 },
    syncedOffset: 100,
    newBase: () => {
      triedAtMs.push(clock.monotonicMs());
      return Promise.reject(new Error("no room"));
    },
  } as unknown as KeptDirectory;
  const renewal = new BaseRenewal({
    ...{ network, clock, random, kept },
    source: { locate: () => Promise.reject(new Error("never asked")) } as never,
    timeoutMs: minuteMs,
    allowNoChecksum: false,
    newBaseAfterBytes: 50,
    tell: (text) => said.push(text),
    signal: new AbortController().signal,
  });
  for (let minute = 0; minute < 300; minute++) {
    renewal.consider();
    await renewal.settled();
    await clock.advance(minuteMs);
  }
  const startMs = triedAtMs[0];
  expect(triedAtMs.map((atMs) => (atMs - startMs) / minuteMs)).toEqual([
    0, 1, 3, 7, 15, 31, 63, 123, 183, 243,
  ]);
  expect(said[0]).toBe("no new base: no room; the old one stays, again in 1m or later");
});
