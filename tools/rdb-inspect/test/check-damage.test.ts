/** `check` on every damaged fixture: the code, the offset, the key and the exit code that each must give. */

import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exitCodeOfDamage } from "@holdfast/command-line";
import { listFixtures, readHexFixture } from "@holdfast/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCommand } from "./run-command.ts";

interface Expected {
  readonly code: string | null;
  readonly offset?: number;
  readonly db?: number;
  readonly key?: string | { readonly $base64: string };
  readonly warning?: boolean | string;
  readonly trailingBytes?: number;
}

interface CheckDocument {
  readonly isSound: boolean;
  readonly damages: readonly { readonly code: string; readonly offset: number }[];
  readonly fatal: { readonly code: string; readonly offset: number } | null;
  readonly file: {
    readonly trailing: { readonly sizeBytes: number } | null;
    readonly warnings: readonly { readonly code: string }[];
  };
}

const fixtures = listFixtures("rdb/broken", ".hex");

let folder = "";
let copy = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-"));
  copy = join(folder, "damaged.rdb");
});
afterAll(() => rm(folder, { recursive: true }));

describe("check on a damaged file", () => {
  test.each(fixtures.map(({ name, path }) => [name, path]))("%s", async (_, path) => {
    const bytes = readHexFixture(path);
    const expected = JSON.parse(readFileSync(path.replace(/hex$/, "json"), "utf8")) as Expected;
    await writeFile(copy, bytes);
    const { code, stdout, stderr } = await runCommand(["check", copy, "--json"]);
    if (stdout.length === 0) {
      const refusal = bytes.length === 0 ? { code: 11, says: "is empty" } : { code: 12, says: "append-only" };
      expect({ code, stderr }).toEqual({ code: refusal.code, stderr: expect.stringContaining(refusal.says) });
      return;
    }
    const document = JSON.parse(stdout.toString()) as CheckDocument;
    const isDamage = expected.code !== null && expected.warning === undefined;
    const found = [...document.damages, ...(document.fatal === null ? [] : [document.fatal])];
    if (!isDamage) {
      expect({ code, found }).toEqual({ code: 0, found: [] });
      if (expected.trailingBytes !== undefined)
        expect(document.file.trailing?.sizeBytes).toBe(expected.trailingBytes);
      const warning = typeof expected.warning === "string" ? expected.warning : expected.code;
      if (expected.warning !== undefined)
        expect(document.file.warnings.map(({ code }) => code)).toContain(warning);
      return;
    }
    expect(found).toContainEqual(expect.objectContaining({ code: expected.code, offset: expected.offset }));
    const isWhole = document.fatal === null || document.fatal.code === "RDB_CHECKSUM_MISMATCH";
    const onlyChecksum = document.damages.length === 0 && document.fatal !== null;
    expect(code).toBe(isWhole && !onlyChecksum ? 10 : exitCodeOfDamage(document.fatal?.code ?? ""));
    expect(document.isSound).toBe(false);
  });
});
