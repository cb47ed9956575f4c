/**
 * Compiles the kernels of this folder and prints the module that src/generated/kernels.ts is, so that nobody who only
 * uses the package needs the AssemblyScript compiler. Run by `pnpm --filter @holdfast/bytes kernels`; a test compiles
 * again and compares.
 */

import { fileURLToPath } from "node:url";
import { main } from "assemblyscript/asc";

const folder = fileURLToPath(new URL(".", import.meta.url));

/** 4 MiB: the largest block that LZF unpacks here, packed and unpacked together, is a little smaller. */
const MEMORY_PAGES = "64";

/** The text of the generated module. Throws with the compiler's messages. */
export async function compileKernels() {
  let wasm;
  const { error, stderr } = await main(
    [
      "kernels.ts",
      ...["--baseDir", folder, "--outFile", "kernels.wasm"],
      ...["-O3", "--noAssert", "--runtime", "stub", "--enable", "simd", "--enable", "bulk-memory"],
      ...["--initialMemory", MEMORY_PAGES, "--maximumMemory", MEMORY_PAGES],
    ],
    {
      writeFile: (_name, contents) => {
        wasm = contents;
      },
    },
  );
  if (error !== null || wasm === undefined)
    throw new Error(`the kernels do not compile:\n${stderr.toString()}`);
  return moduleText(Buffer.from(wasm).toString("base64"));
}

function moduleText(base64) {
  const lines = base64.match(/.{1,100}/g).map((line) => `  "${line}"`);
  return [
    "/** Made from assembly/ by `pnpm --filter @holdfast/bytes kernels`: do not edit. A WebAssembly module in base64. */",
    "export const KERNELS_BASE64: string =",
    `${lines.join(" +\n")};`,
    "",
  ].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(await compileKernels());
