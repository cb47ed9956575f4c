import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type RdbErrorCode,
  RdbFormatError,
  type RdbWarningCode,
  rdbTarget,
  rdbTargetNames,
  typeRows,
} from "@holdfast/rdb";
import { fixturePath } from "@holdfast/testkit";
import { describe, expect, it } from "vitest";
import { runOf } from "./event-lines.ts";
import { countAbove } from "./readme-example.ts";
import { copyFor } from "./readme-write-example.ts";
import { contentOf } from "./same-content.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const source = (name: string) => readFileSync(new URL(`../src/${name}`, import.meta.url), "utf8");

describe("the README", () => {
  it("has an example that is the code which runs here", async () => {
    const example = readFileSync(new URL("readme-example.ts", import.meta.url), "utf8");
    expect(/```ts\n([\s\S]*?)```/.exec(readme)?.[1]).toBe(example);
    const sidecar = JSON.parse(readFileSync(fixturePath("rdb", "redis-8.0-types.json"), "utf8"));
    const zsets = sidecar.keys.filter((key: { type: string }) => key.type === "zset");
    const members: [string, string][] = zsets.flatMap((key: { value: [string, string][] }) => key.value);
    const above = members.filter(([, score]) => Number(score.replace("inf", "Infinity")) > 100);
    expect(above.length).toBeGreaterThan(0);
    expect(await countAbove(fixturePath("rdb", "redis-8.0-types.rdb"), 100)).toBe(above.length);
  });

  it("has a second example, which writes a file that holds all but what it leaves out", async () => {
    const example = readFileSync(new URL("readme-write-example.ts", import.meta.url), "utf8");
    expect([...readme.matchAll(/```ts\n([\s\S]*?)```/g)][1]?.[1]).toBe(example);
    const folder = mkdtempSync(join(tmpdir(), "holdfast-"));
    try {
      const path = join(folder, "copy.rdb");
      const losses = await copyFor(rdbTarget("redis-7.0")!, fixturePath("rdb", "redis-8.0-expiry.rdb"), path);
      const kept = contentOf(readFileSync(fixturePath("rdb", "redis-8.0-expiry.rdb"))).filter(
        (content) => !String((content as { key: unknown }).key).startsWith("session:"),
      );
      expect(contentOf(readFileSync(path)).length).toBe(kept.length);
      expect(new Set(losses.map(({ kind }) => kind))).toEqual(new Set(["field-expiry"]));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("lists every target with the version that it writes", () => {
    const rows = tableBehind("| target").map(([name, version]) => `${name.replaceAll("`", "")} ${version}`);
    expect(rows).toEqual(rdbTargetNames.map((name) => `${name} ${rdbTarget(name)?.rdbVersion}`));
  });

  it("lists every loss and every error of the encoder once", () => {
    const losses = tableBehind("| loss").flatMap(([kinds]) => kinds.replaceAll("`", "").split(", "));
    expect(losses.sort()).toEqual(codesOf("RdbLossKind", "encode/losses.ts").sort());
    const codes = tableBehind("| code", 2).map(([code]) => code.replaceAll("`", ""));
    expect(codes).toEqual(codesOf("RdbEncodeErrorCode", "encode/losses.ts"));
  });

  it("lists every type with its number, name, encoding, dialect and first version", () => {
    const rows = tableBehind("| number | name").map((cells) => cells.join(" "));
    const expected = typeRows.map(
      ({ number, name, type, encoding, dialect, since }) =>
        `${number} ${name} ${type} ${encoding} ${dialect} ${since}`,
    );
    expect(rows).toEqual(expected);
  });

  it("lists every error code and every warning code once", () => {
    const [codes, warnings] = [0, 1].map((table) =>
      tableBehind("| code", table).map(([code]) => code.replaceAll("`", "")),
    );
    expect(codes).toEqual(codesOf<RdbErrorCode>("RdbErrorCode"));
    expect(warnings).toEqual(codesOf<RdbWarningCode>("RdbWarningCode"));
  });

  it("states the defaults of the limits", () => {
    const limits = Object.fromEntries(tableBehind("| option").map(([option, value]) => [option, value]));
    const defaults = Object.fromEntries(
      [...source("decoder-options.ts").matchAll(/options\.(\w+) \?\? ([\d* ]+)/g)].map(
        ([, option, product]) => [
          `\`${option}\``,
          bytesText(product.split("*").reduce((size, factor) => size * Number(factor), 1)),
        ],
      ),
    );
    expect(limits).toEqual(defaults);
  });

  it("states a limit on the texts of one stream entry that holds", () => {
    const { error } = runOf([streamOfOneEntry(2 ** 20 + 1)], { level: "items" });
    expect(error).toBeInstanceOf(RdbFormatError);
    expect(error?.code).toBe("RDB_LIMIT");
    expect(runOf([streamOfOneEntry(1000)], { level: "items" }).error).toBe(undefined);
  });
});

/** The cells of a table's rows, by how its first line begins; the first such table, or another one. */
function tableBehind(head: string, which = 0): string[][] {
  const lines = readme.split("\n");
  const heads = lines.flatMap((line, index) => (line.startsWith(head) ? [index] : []));
  const first = heads[which] + 2;
  const behind = lines.findIndex((line, index) => index >= first && !line.startsWith("|"));
  return lines.slice(first, behind).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** The members of a string union: types do not exist at run time. */
function codesOf<T extends string>(union: string, file = "errors.ts"): T[] {
  const body = new RegExp(`export type ${union} =([^;]*);`).exec(source(file))?.[1] ?? "";
  return [...body.matchAll(/"([\w-]+)"/g)].map(([, code]) => code as T);
}

function bytesText(value: number): string {
  if (value >= 1024 ** 2) return `${value / 1024 ** 2} MiB`;
  return value >= 1024 ? `${value / 1024} KiB` : String(value);
}

/** A stream whose only entry has this many values under as many field names of the master entry, all of them "0". */
function streamOfOneEntry(fields: number): Uint8Array {
  const count = [0xf3, fields & 255, (fields >> 8) & 255, (fields >> 16) & 255, 0, 5];
  const closing = fields + 3;
  const last = [0xf3, closing & 255, (closing >> 8) & 255, (closing >> 16) & 255, 0, 5];
  const zeros = Buffer.alloc(fields * 2).map((_, index) => index % 2);
  const entries = [[1, 1, 0, 1, ...count], zeros, [0, 1], [2, 1, 0, 1, 0, 1], zeros, last];
  const listpack = Buffer.concat([...entries.map((part) => Buffer.from(part)), Buffer.from([0xff])]);
  const header = Buffer.from([0, 0, 0, 0, 0xff, 0xff]);
  header.writeUInt32LE(listpack.length + header.length);
  const size = Buffer.alloc(5, 0x80);
  size.writeUInt32BE(listpack.length + header.length, 1);
  const head = Buffer.from([...Buffer.from("REDIS0009"), 15, 1, 0x73, 1, 16, ...new Uint8Array(16)]);
  const meta = Buffer.from([1, 0, 0, 0, 0xff, ...new Uint8Array(8)]);
  return Buffer.concat([head, size, header, listpack, meta]);
}
