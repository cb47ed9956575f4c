/**
 * The README's example runs, and prints what its comments say. Its import line is replaced by the package's own exports,
 * its file names by names in a directory of the test's own.
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as exported from "../src/index.ts";
import { scratchDirectory } from "./scratch-directory.ts";

test("the example of the README prints what it says", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const code = /```ts\n(.*?)```/s.exec(readme)![1];
  const promised = [...code.matchAll(/print\(.*\/\/ (.*)$/gm)].map((match) => match[1]);
  const names = /^import \{(.*)\} from "@holdfast\/platform";$/m.exec(code)!;
  const path = JSON.stringify(join(await scratchDirectory(), "greeting.txt"));
  const body = code.replace(names[0], "").replaceAll('"greeting.txt"', () => path);
  const printed: string[] = [];
  const AsyncFunction = (async () => {}).constructor as typeof Function;
  await new AsyncFunction("print", `{${names[1]}}`, body)((line: string) => printed.push(line), exported);
  expect(printed).toEqual(promised);
  expect(printed.length).toBeGreaterThan(0);
});
