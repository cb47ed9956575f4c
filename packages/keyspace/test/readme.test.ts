/** The README says what is there: its example runs, its tables are those of the sources. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { commandRows } from "../src/commands/table.ts";
import * as exported from "../src/index.ts";

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const readme = read("../README.md");

test("the example of the README prints what it says", () => {
  const code = /```ts\n(.*?)```/s.exec(readme)![1];
  const promised = [...code.matchAll(/print\(.*\/\/ (.*)$/gm)].map((match) => match[1]);
  const imported = /^import \{(.*)\} from "@holdfast\/keyspace";$/m.exec(code)!;
  const printed: string[] = [];
  const body = code.replace(imported[0], "").replace("(line: string)", "(line)");
  new Function("print", `{${imported[1]}}`, body)((line: string) => printed.push(line), exported);
  expect(printed).toEqual(promised);
  expect(printed).toHaveLength(5);
});

test("the README lists every error code once, in the order of the sources", () => {
  const union = /export type KeyspaceErrorCode =([^;]*);/.exec(read("../src/errors.ts"))![1];
  const codes = [...union.matchAll(/"(\w+)"/g)].map((match) => match[1]);
  const listed = [...readme.matchAll(/^\| `(KEYSPACE_\w+)`/gm)].map((match) => match[1]);
  expect(listed).toEqual(codes);
});

test("the README states the defaults of the limits", () => {
  const source = read("../src/keyspace.ts");
  const defaultOf = (name: string) => {
    const [, base, power] = new RegExp(`default${name} = (\\d+) \\*\\* (\\d+);`).exec(source)!;
    return Number(base) ** Number(power);
  };
  expect(defaultOf("DbCount")).toBe(2 ** 31);
  expect(readme).toMatch(/`dbCount`\s+\| 2\^31 /);
  expect(defaultOf("UnitBytesMax")).toBe(1024 ** 3);
  expect(readme).toMatch(/`unitBytesMax` \| 1 GiB /);
  expect(defaultOf("KeptBytesMax")).toBe(256 * 1024 ** 2);
  expect(readme).toMatch(/`keptBytesMax` \| 256 MiB /);
});

test("the README lists the commands that are applied, by family", () => {
  const families = new Map<string, string[]>();
  for (const { name, family } of commandRows) {
    if (family === "reads" || family === "not-applied") continue;
    families.set(family, [...(families.get(family) ?? []), name]);
  }
  families.set("transactions", ["MULTI", "EXEC", "DISCARD"]);
  const rows = [...families].map(([family, names]) => `| ${family} | ${names.join(" ")} |`);
  const listed = readme.slice(readme.indexOf("| family |")).split("\n").slice(2);
  expect(listed.slice(0, rows.length)).toEqual(rows);
  expect(listed[rows.length]).toBe("");
});
