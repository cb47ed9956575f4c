/**
 * What people see, kept as text files: every screen at 80 and 140 columns, and once in colour.
 *
 * A changed screen is a changed file under golden/: run with -u, look at it, commit it.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { displayWidth } from "@holdfast/bytes";
import { fixturePath } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import { dump, runCommand } from "./run-command.ts";

const goldenFolder = join(dirname(fileURLToPath(import.meta.url)), "golden");

const screens: readonly [name: string, args: readonly string[]][] = [
  ["summary-redis-7.0-types", ["summary", dump("redis-7.0-types")]],
  ["summary-valkey-9.1-expiry", ["summary", dump("valkey-9.1-expiry")]],
  ["summary-redis-8.6-lfu", ["summary", dump("redis-8.6-lfu")]],
  ["summary-redis-6.0-empty", ["summary", dump("redis-6.0-empty")]],
  ["summary-one-key-by-filter", ["summary", dump("redis-7.0-types"), "--key", "leaderboard:*"]],
  ["check-redis-7.0-types", ["check", dump("redis-7.0-types")]],
  ["keys-redis-7.0-encodings", ["keys", dump("redis-7.0-encodings"), "--sort", "memory", "--limit", "25"]],
  ["prefixes-redis-7.0-types", ["prefixes", dump("redis-7.0-types")]],
];

/** Screens name files by the path they were given: what is the same on every machine is kept. */
function portable(text: string): string {
  return text.replaceAll(fixturePath("rdb"), "rdb");
}

describe("a screen", () => {
  for (const [name, args] of screens) {
    for (const columns of [80, 140]) {
      test(`${name} at ${columns} columns`, async () => {
        const { stdout, code } = await runCommand([...args, "--color", "never"], { columns });
        const text = stdout.toString();
        expect(code).toBe(0);
        await expect(portable(text)).toMatchFileSnapshot(join(goldenFolder, `${name}.${columns}.txt`));
        const tooWide = portable(text)
          .split("\n")
          .filter((line) => displayWidth(line) > columns);
        expect(tooWide).toEqual([]);
      });
    }
  }

  test("in colour says the same", async () => {
    const args = ["summary", dump("redis-7.0-types")];
    const plain = await runCommand([...args, "--color", "never"], { columns: 80 });
    const colored = await runCommand(args, { columns: 80 });
    await expect(portable(colored.stdout.toString())).toMatchFileSnapshot(
      join(goldenFolder, "summary-in-colour.80.txt"),
    );
    expect(stripVTControlCharacters(colored.stdout.toString())).toBe(plain.stdout.toString());
  });

  test("is without colour where stdout is no terminal, unless it is forced", async () => {
    const args = ["summary", dump("redis-7.0-types")];
    expect((await runCommand(args)).stdout.includes(0x1b)).toBe(false);
    expect((await runCommand(args, { forceColor: true })).stdout.includes(0x1b)).toBe(true);
    expect(
      (await runCommand([...args, "--color", "never"], { forceColor: true })).stdout.includes(0x1b),
    ).toBe(false);
  });

  test.each([
    "",
    "summary",
    "check",
    "keys",
    "prefixes",
    "export",
    "convert",
    "split",
    "merge",
    "diff",
    "digest",
    "completion",
  ])("help of %s has an example", async (command) => {
    const { stdout, code } = await runCommand([...(command === "" ? [] : [command]), "--help"], {
      columns: 80,
    });
    expect(code).toBe(0);
    expect(stdout.toString()).toContain("Examples:");
    const name = command === "" ? "help" : `help-${command}`;
    await expect(stdout.toString()).toMatchFileSnapshot(join(goldenFolder, `${name}.80.txt`));
  });
});
