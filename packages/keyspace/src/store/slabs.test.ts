import { seededRandom, testSeed } from "@holdfast/testkit";
import { describe, expect, it } from "vitest";
import { Slabs } from "./slabs.ts";

interface Slot {
  readonly place: number;
  readonly size: number;
  readonly fill: number;
}

function fillOf(slabs: Slabs, { place, size }: Slot): Uint8Array {
  const start = Slabs.offsetOf(place);
  return slabs.regions[Slabs.regionOf(place)].bytes.subarray(start, start + size);
}

describe("slabs", () => {
  it("keep what is in every slot, whatever is taken and freed around it", () => {
    const random = seededRandom(testSeed());
    const slabs = new Slabs();
    let slots: Slot[] = [];
    const sizes = [0, 1, 8, 30, 65, 200, 900, 5000, 8192, 8193, 65_536, 70_000];
    for (let step = 0; step < 6000; step++) {
      if (slots.length > 0 && random.below(5) < 2) {
        const [freed] = slots.splice(random.below(slots.length), 1);
        expect(fillOf(slabs, freed).every((byte) => byte === freed.fill)).toBe(true);
        slabs.free(freed.place);
        continue;
      }
      const size = random.below(20) === 0 ? random.pick(sizes) : random.below(300);
      const slot = { place: slabs.allocate(size), size, fill: random.below(256) };
      expect(slabs.sizeOf(slot.place)).toBeGreaterThanOrEqual(size);
      fillOf(slabs, slot).fill(slot.fill);
      slots.push(slot);
    }
    expect(slots.every((slot) => fillOf(slabs, slot).every((byte) => byte === slot.fill))).toBe(true);
    expect(slabs.usedBytes).toBe(slots.reduce((sum, { place }) => sum + slabs.sizeOf(place), 0));
    for (const { place } of slots) slabs.free(place);
    slots = [];
    expect(slabs.usedBytes).toBe(0);
  });

  it("serve other sizes from slabs that are empty again, and give large regions back", () => {
    const slabs = new Slabs();
    const takeMany = (size: number) => {
      const places = Array.from({ length: Math.ceil(3_000_000 / size) }, () => slabs.allocate(size));
      for (const place of places) slabs.free(place);
      return slabs.heldBytes;
    };
    const held = takeMany(100);
    for (const size of [16, 48, 1000, 8192, 60_000]) expect(takeMany(size)).toBeLessThan(1.5 * held + 4e6);
    const before = slabs.heldBytes;
    const large = slabs.allocate(1e6);
    expect(slabs.heldBytes).toBe(before + 1e6);
    slabs.free(large);
    expect(slabs.heldBytes).toBe(before);
  });

  it("have at most an eighth to spare in slots above 64 bytes", () => {
    const slabs = new Slabs();
    for (let size = 65; size <= 8192; size += 7)
      expect(slabs.sizeOf(slabs.allocate(size))).toBeLessThanOrEqual(size + 8 + size / 8);
  });
});
