/** The README says what is there: its example runs, its tables are those of the sources. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as exported from "../src/index.ts";

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const readme = read("../README.md");

test("the example of the README prints what it says", () => {
  const code = /```ts\n(.*?)```/s.exec(readme)![1];
  const promised = [...code.matchAll(/print\(.*\/\/ (.*)$/gm)].map((match) => match[1]);
  const imported = /^import \{(.*)\} from "@holdfast\/resp";$/m.exec(code)!;
  const printed: string[] = [];
  const body = code.replace(imported[0], "");
  new Function("print", `{${imported[1]}}`, body)((line: string) => printed.push(line), exported);
  expect(printed).toEqual(promised);
  expect(printed).toHaveLength(2);
});

test("the README lists every error code once, in the order of the sources", () => {
  const union = /export type RespErrorCode =([^;]*);/.exec(read("../src/errors.ts"))![1];
  const codes = [...union.matchAll(/"(\w+)"/g)].map((match) => match[1]);
  const listed = [...readme.matchAll(/^\| `(RESP_\w+)`/gm)].map((match) => match[1]);
  expect(listed).toEqual(codes);
});

test.each([
  ["Of commands", "../src/log-decoder.ts", 4],
  ["Of replies", "../src/reply-decoder.ts", 5],
])("the README states the defaults of the limits: %s", (heading, source, count) => {
  const defaults = [...read(source).matchAll(/options\.(\w+Max) \?\? ([\d* ]+)/g)].map(
    ([, option, product]) => [option, product.split("*").reduce((size, factor) => size * Number(factor), 1)],
  );
  const unit = { "": 1, KiB: 1024, MiB: 1024 ** 2 };
  const [, section] = readme.split(`${heading}:`);
  const table = section.split("\n\n")[1];
  const listed = [...table.matchAll(/^\| `(\w+Max)`\s*\| (\d+) ?(KiB|MiB|)\s*\|/gm)].map(
    ([, option, value, name]) => [option, Number(value) * unit[name as keyof typeof unit]],
  );
  expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(defaults));
  expect(listed).toHaveLength(count);
});
