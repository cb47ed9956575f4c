import { expect, test } from "vitest";
import { formatReplicaState, parseReplicaState, type ReplicaState } from "./replica-state.ts";
import { newHistory, parseReplicationId, shiftHistory } from "./replication-id.ts";

const [A, B] = ["a", "b"].map((digit) => parseReplicationId(digit.repeat(40))!);

test("a state is one line that is read back as it was", () => {
  const states: ReplicaState[] = [
    { history: newHistory(A), offset: 0, db: undefined },
    { history: shiftHistory(newHistory(A), B, 90), offset: 174, db: 3 },
    { history: newHistory(B), offset: Number.MAX_SAFE_INTEGER, db: 0 },
  ];
  for (const state of states) {
    expect(parseReplicaState(formatReplicaState(state))).toEqual(state);
    expect(formatReplicaState(state)).not.toContain("\n");
  }
});

test("a state that is cut, or of which anything is wrong, is refused", () => {
  const text = formatReplicaState({ history: shiftHistory(newHistory(A), B, 90), offset: 174, db: 3 });
  const refused = expect.objectContaining({ code: "RESYNC_BAD_STATE" });
  for (let size = 0; size < text.length; size++)
    expect(() => parseReplicaState(text.slice(0, size))).toThrow(refused);
  const changes: [string, string][] = [
    ["174", "-1"],
    ["174", "1.5"],
    ["174", '"174"'],
    [":3,", ":-3,"],
    [":3,", ":true,"],
    ["bbbb", "xxxx"],
    ["aaaa", "xxxx"],
    ["90", "null"],
    ['"previous"', '"others"'],
  ];
  for (const [from, to] of changes)
    expect(() => parseReplicaState(text.replace(from, to)), to).toThrow(refused);
  for (const other of ["null", "[]", "7"]) expect(() => parseReplicaState(other), other).toThrow(refused);
});
