/** The examples of the README run as they stand there. */
import { readFileSync } from "node:fs";
import { fixturePath } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { runCommand } from "./run-command.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const examples = /```sh\n([\s\S]*?)```/.exec(readme)?.[1].trim().split("\n") ?? [];

test("there are examples", () => expect(examples.length).toBeGreaterThan(0));

test.each(examples)("%s", async (line) => {
  const [program, ...args] = line
    .split(" ")
    .map((word) => word.replace(/^fixtures\/aof/, fixturePath("aof")));
  const { code, stdout } = await runCommand(args);
  expect(program).toBe("aof-check");
  expect({ code, isEmpty: stdout.length === 0 }).toEqual({ code: 0, isEmpty: false });
});
