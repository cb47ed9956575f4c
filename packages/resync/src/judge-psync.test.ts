import { describe, expect, test } from "vitest";
import { judgePsync, type PsyncVerdict } from "./judge-psync.ts";
import { parseReplicationId, type ReplicationHistory } from "./replication-id.ts";

const A = parseReplicationId("a".repeat(40))!;
const B = parseReplicationId("b".repeat(40))!;
const C = parseReplicationId("c".repeat(40))!;

const history: ReplicationHistory = {
  replid: C,
  previous: [
    { replid: B, validThrough: 80 },
    { replid: A, validThrough: 60 },
  ],
};
const backlog = { firstOffset: 40, endOffset: 100 };

function from(fromOffset: number): PsyncVerdict {
  return { kind: "continue", fromOffset };
}

function full(why: string) {
  return { kind: "full-resync", why };
}

describe("a partial resync is granted to who needs only what the backlog holds of a shared history", () => {
  test.each([
    ["the current id in the middle", C, 70, from(70)],
    ["the first byte that is kept", C, 40, from(40)],
    ["a byte that was dropped", C, 39, full("outside-backlog")],
    ["the very end: nothing to send", C, 100, from(100)],
    ["more than there is", C, 101, full("outside-backlog")],
    ["the id in capitals", C.toUpperCase(), 70, from(70)],
    ["the previous id within what is shared", B, 79, from(79)],
    ["the previous id where the histories part", B, 80, from(80)],
    ["the previous id one byte beyond", B, 81, full("past-shared-history")],
    ["an older id within what is shared", A, 60, from(60)],
    ["an older id beyond", A, 61, full("past-shared-history")],
    ["an older id whose bytes were dropped", A, 39, full("outside-backlog")],
    ["an unknown id", "d".repeat(40), 70, full("unknown-replid")],
    ["nothing at all", "?", -1, full("asked")],
    ["a question mark with an offset", "?", 70, full("asked")],
    ["an id without an offset", C, -1, full("asked")],
    ["what is no id", "x", 70, full("unknown-replid")],
  ])("%s", (_name, replid, offset, verdict) => {
    expect(judgePsync({ replid, offset }, history, backlog)).toEqual(verdict);
  });

  test("without a backlog nobody may go on", () => {
    expect(judgePsync({ replid: C, offset: 100 }, history, undefined)).toEqual(full("outside-backlog"));
  });
});
