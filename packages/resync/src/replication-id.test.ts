import { describe, expect, test } from "vitest";
import {
  newHistory,
  PREVIOUS_REPLIDS_MAX,
  parseReplicationId,
  type ReplicationHistory,
  replicationIdOf,
  shiftHistory,
} from "./replication-id.ts";

const [A, B, C] = ["a", "b", "c"].map((digit) => parseReplicationId(digit.repeat(40))!);

test("a replid is 40 hex digits in any case, or 20 bytes, and nothing else", () => {
  expect(parseReplicationId("AB".repeat(20))).toBe("ab".repeat(20));
  for (const text of ["", "?", "a".repeat(39), "a".repeat(41), `${"a".repeat(39)}g`, `${"a".repeat(40)}\n`])
    expect(parseReplicationId(text), text).toBeUndefined();
  expect(replicationIdOf(new Uint8Array(20).fill(0xab))).toBe("ab".repeat(20));
  expect(() => replicationIdOf(new Uint8Array(19))).toThrow("20 bytes");
});

describe("a history under a new id", () => {
  test("remembers the old one up to where it took over, newest first", () => {
    const twice = shiftHistory(shiftHistory(newHistory(A), B, 60), C, 80);
    expect(twice).toEqual({
      replid: C,
      previous: [
        { replid: B, validThrough: 80 },
        { replid: A, validThrough: 60 },
      ],
    });
  });

  test("that begins before an old one ended shortens it", () => {
    const history: ReplicationHistory = { replid: B, previous: [{ replid: A, validThrough: 60 }] };
    expect(shiftHistory(history, C, 50).previous).toEqual([
      { replid: B, validThrough: 50 },
      { replid: A, validThrough: 50 },
    ]);
  });

  test("is unchanged by its own id, and never names its id as a previous one", () => {
    const history = shiftHistory(newHistory(A), B, 60);
    expect(shiftHistory(history, B, 99)).toBe(history);
    expect(shiftHistory(history, A, 99)).toEqual({ replid: A, previous: [{ replid: B, validThrough: 99 }] });
  });

  test("forgets the oldest", () => {
    let history = newHistory(A);
    for (let count = 1; count <= 2 * PREVIOUS_REPLIDS_MAX; count++)
      history = shiftHistory(history, replicationIdOf(new Uint8Array(20).fill(count)), count);
    expect(history.previous).toHaveLength(PREVIOUS_REPLIDS_MAX);
    expect(history.previous[0].validThrough).toBe(2 * PREVIOUS_REPLIDS_MAX);
  });
});
