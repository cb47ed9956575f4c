import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";

interface Kernel {
  readonly entry: string;
  readonly module: string;
}

const root = new URL("../../../", import.meta.url);
const { kernels, compileKernel } = (await import(new URL("tools/setup/compile-kernels.mjs", root).href)) as {
  kernels: Kernel[];
  compileKernel(kernel: Kernel): Promise<string>;
};

test.each(kernels)("the committed module is what $entry compiles to", async (kernel) => {
  expect(await readFile(new URL(kernel.module, root), "utf8")).toBe(await compileKernel(kernel));
});
