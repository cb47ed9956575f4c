/** The built command as a process: exit codes, and streams kept apart. */
import { spawnSync } from "node:child_process";
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { fixturePath } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { contents, directoryOf, INCR } from "./directories.ts";

const program = fileURLToPath(new URL("../bin/aof-check.js", import.meta.url));

function run(args: readonly string[], input?: Uint8Array) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    encoding: "utf8",
    ...(input === undefined ? {} : { input }),
  });
  return { code: status, stdout, stderr };
}

test("a healthy directory answers 0, on stdout alone", () => {
  const { code, stdout, stderr } = run([fixturePath("aof", "valkey-9.1-mixed")]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^OK {2}/);
});

test.each([
  ["torn", 11],
  ["corrupt-in-the-middle", 10],
  ["crash-trap", 12],
  ["missing-file", 14],
])("%s answers %i", async (name, wanted) => {
  const folder = await directoryOf(contents[name]);
  expect(run([folder]).code).toBe(wanted);
  await rm(folder, { recursive: true });
});

test("standard input is read", () => {
  const { code, stdout } = run(["-"], Buffer.from(contents.truncated[INCR], "latin1"));
  expect(code).toBe(11);
  expect(stdout).toContain("AOF_TRUNCATED");
});

test("what does not exist answers 23 with a next step, on stderr alone", () => {
  const { code, stdout, stderr } = run(["no-such-file"]);
  expect({ code, stdout }).toEqual({ code: 23, stdout: "" });
  expect(stderr).toContain("next");
});
