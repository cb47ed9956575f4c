/** The completion scripts name what the command line has, and the shells can read them. */
import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { runCommand } from "./run-command.ts";

const hasBash = spawnSync("bash", ["--version"]).status === 0;

describe("completion", () => {
  test.each(["bash", "zsh", "fish"])(
    "of %s knows every command, its options and their choices",
    async (shell) => {
      const { stdout, code } = await runCommand(["completion", shell]);
      expect(code).toBe(0);
      for (const word of [
        "summary",
        "check",
        "keys",
        "prefixes",
        "export",
        "min-memory",
        "not-key",
        "ndjson",
        "restore",
        "diff",
        "max-parts",
        "groups",
      ]) {
        expect(stdout.toString()).toContain(word);
      }
    },
  );

  test.skipIf(!hasBash)("bash offers the formats of the command at hand", async () => {
    const { stdout } = await runCommand(["completion", "bash"]);
    const ask = `COMP_WORDS=(rdb-inspect keys --format ''); COMP_CWORD=3; _rdb_inspect; echo \${COMPREPLY[*]}`;
    const { stdout: answer, stderr } = spawnSync("bash", ["-c", `${stdout}\n${ask}`], { encoding: "utf8" });
    expect({ answer: answer.trim(), stderr }).toEqual({ answer: "table csv ndjson", stderr: "" });
  });
});
