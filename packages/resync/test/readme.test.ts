/** The README says what is there: its example runs, its table of codes is that of the sources. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as exported from "../src/index.ts";

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const readme = read("../README.md");

test("the example of the README prints what it says", async () => {
  const code = /```ts\n(.*?)```/s.exec(readme)![1];
  const promised = [...code.matchAll(/print\(.*\/\/ (.*)$/gm)].map((match) => match[1]);
  const imported = /^import \{(.*)\} from "@holdfast\/resync";$/m.exec(code)!;
  const body = code.replace(imported[0], "").replaceAll(")!", ")");
  const printed: string[] = [];
  const AsyncFunction = (async () => {}).constructor as typeof Function;
  await new AsyncFunction("print", `{${imported[1]}}`, body)((line: string) => printed.push(line), exported);
  expect(printed.toSorted()).toEqual(promised.toSorted());
  expect(printed.length).toBeGreaterThan(1);
});

test("the README lists every error code once, in the order of the sources", () => {
  const union = /export type ResyncErrorCode =([^;]*);/.exec(read("../src/errors.ts"))![1];
  const codes = [...union.matchAll(/"(\w+)"/g)].map((match) => match[1]);
  const listed = [...readme.matchAll(/^\| `(RESYNC_\w+)`/gm)].map((match) => match[1]);
  expect(listed).toEqual(codes);
});
