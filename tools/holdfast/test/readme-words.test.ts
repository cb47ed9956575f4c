/** The README says what there is: its examples are understood, its table of exit codes is whole. */
import { readFileSync } from "node:fs";
import { exitCode } from "@holdfast/command-line";
import { describe, expect, test } from "vitest";
import { runCommand } from "./run-command.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const examples = [...readme.matchAll(/^ {4}holdfast (sync .*)$/gm)].map(([, words]) =>
  words.replace(/ \|.*$/, ""),
);

/** Only single quotes are understood. */
function wordsOf(line: string): string[] {
  return (line.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replaceAll("'", ""));
}

describe("the README", () => {
  // Nobody listens where they point, so what is understood ends with another code than that of a usage error.
  test.each(examples)("has an example that is understood: %s", async (line) => {
    const here = wordsOf(line).map((word) =>
      word.replace(/^([a-z+]+:\/\/).*?(\/[a-z]+)?$/, (_, scheme, name) =>
        scheme === "unix://"
          ? "unix:///nowhere/s.sock"
          : `${scheme}127.0.0.1:1${scheme.includes("sentinel") ? name : ""}`,
      ),
    );
    const secrets = here.filter(
      (word) => word !== "--pass-file" && word !== "secret" && word !== "--cacert" && word !== "ca.pem",
    );
    const { code } = await runCommand([...secrets, "--retries", "0"], { stdin: Buffer.from("secret\n") });
    expect([exitCode.connection, exitCode.localIo]).toContain(code);
  });

  test("names every exit code that a command can answer", () => {
    const named = new Set(
      [...readme.matchAll(/^\| ([\d, ]+) \|/gm)].flatMap((match) => match[1].split(", ").map(Number)),
    );
    const elsewhere: readonly number[] = [exitCode.bug, exitCode.notCovered];
    expect([...named].sort((a, b) => a - b)).toEqual(
      Object.values(exitCode)
        .filter((code) => !elsewhere.includes(code))
        .sort((a, b) => a - b),
    );
  });
});
