import fc from "fast-check";
import { expect, test } from "vitest";
import { WideMap } from "./wide-map.ts";

test("a wide map of many small maps is a map", () => {
  const steps = fc.array(
    fc.record({ sets: fc.boolean(), key: fc.constantFrom("a", "b", "c", "d", "e", "f"), number: fc.nat(99) }),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(steps, (script) => {
      const map = new WideMap<number>(2);
      const model = new Map<string, number>();
      for (const { sets, key, number } of script) {
        if (sets) {
          map.set(key, number);
          model.set(key, number);
        } else expect(map.delete(key)).toBe(model.delete(key));
        expect(map.size).toBe(model.size);
        expect([map.get(key), map.has(key)]).toEqual([model.get(key), model.has(key)]);
      }
      expect(new Map(map.clone().entries())).toEqual(model);
      expect([...map.keys()].sort()).toEqual([...model.keys()].sort());
    }),
  );
});
