import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PendingList } from "./pending-list.ts";

describe("the pending entries of a group", () => {
  test("know the consumer that owns each of them", () => {
    const ids = fc.uniqueArray(fc.tuple(fc.bigInt({ min: 0n, max: 50n }), fc.bigInt({ min: 0n, max: 9n })), {
      selector: ([ms, seq]) => `${ms}-${seq}`,
      maxLength: 200,
    });
    fc.assert(
      fc.property(ids, (list) => {
        const sorted = [...list].sort((a, b) => Number(a[0] - b[0]) || Number(a[1] - b[1]));
        const pending = new PendingList();
        for (const [index, [ms, seq]] of sorted.entries()) pending.add({ ms, seq }, index, index + 1);
        for (const [ms, seq] of list) if (ms % 3n > 0n) pending.own({ ms, seq }, Number(ms % 3n));
        expect(pending.count).toBe(list.length);
        sorted.forEach(([ms, seq], index) => {
          expect(pending.idAt(index)).toEqual({ ms, seq });
          expect(pending.ownerAt(index)).toBe(ms % 3n > 0n ? Number(ms % 3n) : -1);
          expect(pending.deliveryCountAt(index)).toBe(index + 1);
        });
      }),
    );
  });

  test("do not grow by an id that is not pending", () => {
    const pending = new PendingList();
    pending.own({ ms: 1n, seq: 1n }, 0);
    expect(pending.count).toBe(0);
  });
});
