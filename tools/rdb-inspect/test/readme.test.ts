/** The examples of the README run as they stand there. */

import { readFileSync } from "node:fs";
import { exitCode } from "@holdfast/command-line";
import { fixturePath } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import { runCommand } from "./run-command.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const examples = /```sh\n([\s\S]*?)```/.exec(readme)?.[1].trim().split("\n") ?? [];

/** The words of a simple command line; only single quotes are understood. */
function wordsOf(line: string): string[] {
  const words = line.match(/'[^']*'|\S+/g) ?? [];
  return words.map((word) => word.replaceAll("'", "").replace(/^fixtures\/rdb/, fixturePath("rdb")));
}

describe("the README", () => {
  test.each(examples)("%s", async (line) => {
    const [program, ...args] = wordsOf(line);
    const { code, stdout } = await runCommand(args);
    expect(program).toBe("rdb-inspect");
    expect({ code, isEmpty: stdout.length === 0 }).toEqual({ code: 0, isEmpty: false });
  });

  test("names every exit code but those of logs and of servers", () => {
    const { gap, notCovered, connection, authentication } = exitCode;
    const elsewhere: readonly number[] = [gap, notCovered, connection, authentication];
    const named = [...readme.matchAll(/^\| ([\d, ]+) \|/gm)].flatMap((match) =>
      match[1].split(", ").map(Number),
    );
    expect(named).toEqual(Object.values(exitCode).filter((code) => !elsewhere.includes(code)));
  });
});
