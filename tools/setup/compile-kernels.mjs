/**
 * Compiles the WebAssembly kernels and writes the modules that hold them as base64, so that nobody who only uses the
 * packages needs the AssemblyScript compiler. Run by `npm run kernels`; a test of the test kit compiles again and
 * compares.
 *
 * The sources of one kernel may build on those of a package below: they are compiled together.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { main } from "assemblyscript/asc";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** `pages`: the memory, in pages of 64 KiB; it never grows. */
export const kernels = [
  {
    entry: "packages/bytes/assembly/kernels.ts",
    module: "packages/bytes/src/generated/kernels.ts",
    constant: "KERNELS_BASE64",
    pages: 64,
  },
  {
    entry: "packages/rdb/assembly/lane.ts",
    module: "packages/rdb/src/generated/lane.ts",
    constant: "LANE_BASE64",
    pages: 708,
  },
  {
    entry: "packages/rdb/assembly/content-lane.ts",
    module: "packages/rdb/src/generated/content.ts",
    constant: "CONTENT_BASE64",
    pages: 708,
  },
  {
    entry: "packages/aof/assembly/commands.ts",
    module: "packages/aof/src/generated/command-kernel.ts",
    constant: "COMMAND_KERNEL_BASE64",
    pages: 194,
  },
  {
    entry: "tools/rdb-inspect/assembly/kernels.ts",
    module: "tools/rdb-inspect/src/generated/kernels.ts",
    constant: "KERNELS_BASE64",
    pages: 888,
  },
];

/** The text of the kernel's generated module. Throws with the compiler's messages. */
export async function compileKernel({ entry, constant, pages }) {
  let wasm;
  const { error, stderr } = await main(
    [
      entry,
      ...["--baseDir", root, "--outFile", "kernel.wasm"],
      ...["-O3", "--noAssert", "--runtime", "stub", "--enable", "simd", "--enable", "bulk-memory"],
      ...["--use", "abort=", "--initialMemory", String(pages), "--maximumMemory", String(pages)],
    ],
    {
      writeFile: (_name, contents) => {
        wasm = contents;
      },
    },
  );
  if (error !== null || wasm === undefined)
    throw new Error(`${entry} does not compile:\n${stderr.toString()}`);
  return moduleText(constant, Buffer.from(wasm).toString("base64"));
}

function moduleText(constant, base64) {
  const lines = base64.match(/.{1,100}/g).map((line) => `  "${line}"`);
  return [
    "/** Made by `npm run kernels` from the sources in assembly/: do not edit. A WebAssembly module in base64. */",
    `export const ${constant}: string =`,
    `${lines.join(" +\n")};`,
    "",
  ].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const kernel of kernels) writeFileSync(join(root, kernel.module), await compileKernel(kernel));
}
