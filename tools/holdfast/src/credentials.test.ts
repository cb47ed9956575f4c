/** Where a password comes from, and that it is hidden in what servers say. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { nodePlatform } from "@holdfast/platform";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readCredentials, withoutSecrets } from "./credentials.ts";
import type { EnvironmentPasswords } from "./host.ts";
import { parseServerUrl } from "./server-url.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-"));
  await writeFile(join(folder, "pass"), "of file\r\nsecond line\n");
  await writeFile(join(folder, "empty"), "\nsecond line");
  await writeFile(join(folder, "large"), Buffer.alloc((1 << 20) + 1, "x"));
});
afterAll(() => rm(folder, { recursive: true }));

async function credentialsOf(url: string, passwords: EnvironmentPasswords, passFile?: string, stdin = "") {
  let stderr = "";
  const screen = { isTerminal: false, columns: undefined };
  const host = {
    ...nodePlatform(),
    passwords,
    temporaryDirectory: "/tmp",
    stdin: Readable.from([Buffer.from(stdin)]),
    writeOut: async () => {},
    writeErr: (text: string) => void (stderr += text),
    stdoutScreen: screen,
    stderrScreen: screen,
    colors: { noColor: undefined, forceColor: undefined },
    signal: new AbortController().signal,
  };
  const options = passFile === undefined ? {} : { passFile: passFile === "-" ? "-" : join(folder, passFile) };
  const credentials = await readCredentials(host, parseServerUrl(url), options);
  return { credentials, stderr };
}

describe("the password", () => {
  test.each<
    [url: string, passwords: EnvironmentPasswords, passFile: string | undefined, expected: object | undefined]
  >([
    ["redis://h", {}, undefined, undefined],
    ["redis://h", { redis: "", valkey: "" }, undefined, undefined],
    ["redis://h", { redis: "r", valkey: "v" }, undefined, { password: "r" }],
    ["valkeys://h", { redis: "r", valkey: "v" }, undefined, { password: "v" }],
    ["valkey://h", { redis: "r" }, undefined, { password: "r" }],
    ["redis://h", { valkey: "v" }, undefined, { password: "v" }],
    ["redis://ada:@h", { redis: "r" }, undefined, { user: "ada", password: "r" }],
    ["redis://ada:u@h", { redis: "r" }, undefined, { user: "ada", password: "u" }],
    ["redis://h", { redis: "r" }, "pass", { password: "of file" }],
    ["unix://ada:@/r", { redis: "r" }, "pass", { user: "ada", password: "of file" }],
    ["redis://h", {}, "-", { password: "of stdin" }],
  ])("of %s with %o and --pass-file %s is %o", async (url, passwords, passFile, expected) => {
    expect((await credentialsOf(url, passwords, passFile, "of stdin\n")).credentials).toEqual(expected);
  });

  test.each([
    ["redis://:u@h", "pass", "take the one in the URL away"],
    ["redis://ada:@h", undefined, "REDISCLI_AUTH"],
  ])("of %s with --pass-file %s is refused", async (url, passFile, nextStep) => {
    await expect(credentialsOf(url, {}, passFile)).rejects.toMatchObject({
      exitCode: 2,
      nextStep: expect.stringContaining(nextStep),
    });
  });

  test.each(["empty", "large"])("is not taken from a file that is %s", async (passFile) => {
    await expect(credentialsOf("redis://h", {}, passFile)).rejects.toMatchObject({ exitCode: 2 });
  });

  test("in a URL is warned of, elsewhere it is not", async () => {
    const { stderr } = await credentialsOf("redis://:secret@h", {});
    expect(stderr).toContain("--pass-file");
    expect(stderr).not.toContain("secret");
    expect((await credentialsOf("redis://h", { redis: "secret" })).stderr).toBe("");
  });

  test("is hidden in the words of a server, whatever its characters", () => {
    const said = "-ERR unknown command 'AUTH', with args beginning with: 'geh\u00e9im' \u001b[2J";
    const answer = Buffer.from(said, "utf8").toString("latin1");
    expect(withoutSecrets(answer, { password: "geh\u00e9im" })).toBe(
      "-ERR unknown command 'AUTH', with args beginning with: '***' ?[2J",
    );
    expect(withoutSecrets("-NOAUTH", undefined)).toBe("-NOAUTH");
  });
});
