import { ResyncError } from "@holdfast/resync";
import { expect, test } from "vitest";
import { linkProblem } from "./link-problem.ts";

test("a password is hidden in the words of a server, and not told by what is hidden in ours", () => {
  const answer = "-ERR unknown command 'AUTH', with args beginning with: 'no'";
  const error = new ResyncError("RESYNC_AUTH_FAILED", `the primary does not let us in: ${answer}`);
  expect(linkProblem(error, "redis://h", { password: "no" }).message).toBe(
    "redis://h: the primary does not let us in: -ERR unk***wn command 'AUTH', with args beginning with: '***'",
  );
});

test("without an answer to be told apart, it is hidden everywhere", () => {
  const error = new ResyncError("RESYNC_BAD_REPLY", 'the primary said "secret"');
  expect(linkProblem(error, "redis://h", { password: "secret" }).message).not.toContain("secret");
});
