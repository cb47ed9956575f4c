import { expect, test } from "vitest";
import { VirtualClock } from "./virtual-clock.ts";

test("sleepers wake in the order of their deadlines, each at its own time", async () => {
  const clock = new VirtualClock(1_000);
  const woken: string[] = [];
  const sleep = async (name: string, ms: number) => {
    await clock.sleep(ms);
    woken.push(`${name} ${clock.nowMs()}`);
    if (name === "b") await sleep("after b", 5);
  };
  const all = [sleep("a", 20), sleep("b", 10), sleep("c", 21)];
  await clock.advance(20);
  expect(woken).toEqual(["b 1010", "after b 1015", "a 1020"]);
  expect(clock.sleeping).toBe(1);
  await clock.advance(1);
  await Promise.all(all);
  expect(clock.monotonicMs()).toBe(21);
});

test("a clock that is set back changes what time it is, and how long nothing took", async () => {
  const clock = new VirtualClock(10_000);
  const sleeping = clock.sleep(10);
  clock.jump(-5_000);
  expect([clock.nowMs(), clock.monotonicMs(), clock.sleeping]).toEqual([5_000, 0, 1]);
  await clock.advance(10);
  await sleeping;
  expect(clock.nowMs()).toBe(5_010);
});
