import { expect, test } from "vitest";
import { nodeClock } from "./node-clock.ts";
import { nodeRandom } from "./node-random.ts";

test("the wall clock is in Unix milliseconds, the other never goes back", () => {
  const clock = nodeClock();
  expect(Math.abs(clock.nowMs() - Date.now())).toBeLessThan(10_000);
  const first = clock.monotonicMs();
  expect(clock.monotonicMs()).toBeGreaterThanOrEqual(first);
});

test("a sleep of no time is over at once, also a negative one", async () => {
  await nodeClock().sleep(0);
  await nodeClock().sleep(-5);
});

test("a sleep takes at least its time", async () => {
  const clock = nodeClock();
  const before = clock.monotonicMs();
  await clock.sleep(5);
  expect(clock.monotonicMs() - before).toBeGreaterThanOrEqual(4);
});

test("a sleep of a hundred years ends with the signal's reason", async () => {
  const controller = new AbortController();
  const sleeping = nodeClock().sleep(3e12, controller.signal);
  controller.abort(new Error("wake up"));
  await expect(sleeping).rejects.toThrow("wake up");
  await expect(nodeClock().sleep(1, controller.signal)).rejects.toThrow("wake up");
});

test("random bytes are as many as asked for, and not the same twice", () => {
  const random = nodeRandom();
  expect(random.bytes(0)).toHaveLength(0);
  expect(random.bytes(32)).toHaveLength(32);
  expect(random.bytes(32)).not.toEqual(random.bytes(32));
});
