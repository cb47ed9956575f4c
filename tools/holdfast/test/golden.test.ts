/** The help as people see it, kept as text files: run with -u, look at it, commit it. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { runCommand } from "./run-command.ts";

const goldenFolder = join(dirname(fileURLToPath(import.meta.url)), "golden");

describe("the help", () => {
  test.each(["", "pull", "serve", "relay", "sync", "completion"])("of %s has an example", async (command) => {
    const { stdout, code } = await runCommand([...(command === "" ? [] : [command]), "--help"]);
    expect(code).toBe(0);
    expect(stdout.toString()).toContain("Examples:");
    const name = command === "" ? "help" : `help-${command}`;
    await expect(stdout.toString()).toMatchFileSnapshot(join(goldenFolder, `${name}.80.txt`));
  });
});
