/** The README says what is there: its example runs, its tables of codes are those of the sources. */
import { readFileSync } from "node:fs";
import { type FileSystem, StrictMemoryFiles } from "@holdfast/platform";
import { expect, test } from "vitest";
import type { AofProblemCode } from "../src/index.ts";
import * as exported from "../src/index.ts";
import { consequenceOf } from "../src/outcomes.ts";

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const readme = read("../README.md");

/** The directory that the example looks at. */
async function exampleFiles(): Promise<FileSystem> {
  const files = new StrictMemoryFiles();
  await files.makeDirectory("appendonlydir");
  const names = ["appendonly.aof.1.base.rdb", "appendonly.aof.1.incr.aof"];
  for (const name of names) await files.open(`appendonlydir/${name}`, "create");
  const manifest = await files.open("appendonlydir/appendonly.aof.manifest", "create");
  await manifest.append(Buffer.from(names.map((name) => `file ${name} seq 1 type ${name[17]}\n`).join("")));
  return files;
}

test("the example of the README prints what it says", async () => {
  const code = /```ts\n(.*?)```/s.exec(readme)![1];
  const promised = [...code.matchAll(/print\(.*\/\/ (.*)$/gm)].map((match) => match[1]);
  const imported = /^import \{(.*)\} from "@holdfast\/aof";$/m.exec(code)!;
  const printed: string[] = [];
  const AsyncFunction = (async () => {}).constructor as typeof Function;
  const run = new AsyncFunction("print", "files", `{${imported[1]}}`, code.replace(imported[0], ""));
  await run((line: string) => printed.push(line), await exampleFiles(), exported);
  expect(printed).toEqual(promised);
  expect(printed).toHaveLength(2);
});

test.each(["AofFormatErrorCode", "AofErrorCode"])(
  "the README lists every %s once, in the order of the sources",
  (name) => {
    const union = new RegExp(`export type ${name} =([^;]*);`).exec(read("../src/errors.ts"))![1];
    const codes = [...union.matchAll(/"(\w+)"/g)].map((match) => match[1]);
    const listed = [...readme.matchAll(/^\| `(AOF_\w+)`/gm)].map((match) => match[1]);
    expect(listed.filter((code) => codes.includes(code))).toEqual(codes);
  },
);

test("the README lists every problem once, in the order of the sources, with what follows from it", () => {
  const codes = [...read("../src/problem-codes.ts").matchAll(/"(AOF_\w+)"/g)].map((match) => match[1]);
  const rows = [...readme.matchAll(/^\| `(AOF_\w+)`\s*\| (error|warning|note)\s*\| `([\w-]+)`/gm)];
  const said = rows.map(([, code, severity, outcome]) => ({ code, severity, outcome }));
  const meant = (codes as AofProblemCode[]).map((code) => {
    const { severity, outcome } = consequenceOf(code, undefined);
    return { code, severity, outcome };
  });
  expect(said).toEqual(meant);
});
