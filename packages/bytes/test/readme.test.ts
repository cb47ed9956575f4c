/**
 * The README's example runs, and prints what its comments say. Its import line is replaced by the package's own exports.
 */

import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import * as exported from "../src/index.ts";

test("the example of the README prints what it says", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const code = /```ts\n(.*?)```/s.exec(readme)![1];
  const promised = [...code.matchAll(/^print\(.*\/\/ (.*)$/gm)].map((match) => match[1]);
  const names = /^import \{(.*)\} from "@holdfast\/bytes";$/m.exec(code)!;
  const printed: string[] = [];
  const run = new Function("print", `{${names[1]}}`, code.replace(names[0], ""));
  run((line: string) => printed.push(line), exported);
  expect(printed).toEqual(promised);
  expect(printed.length).toBeGreaterThan(0);
});

test("the table of errors names every code", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const source = await readFile(new URL("../src/compression-error.ts", import.meta.url), "utf8");
  const codes = new Set(source.match(/"COMPRESSION_[A-Z]+"/g)!.map((code) => code.slice(1, -1)));
  expect(new Set(readme.match(/(?<=^\| `)COMPRESSION_[A-Z]+/gm))).toEqual(codes);
});
