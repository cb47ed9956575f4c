/**
 * Puts each command into a few files: what `tsc -b` made, with the libraries it uses. A command of 170 modules takes
 * 0.35 s to start, as a bundle 0.15 s. Run by `npm run build`, behind the compiler.
 */
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Bundles lie beside `dist`, so that what a command reads from its package is found by the same relative path. */
const commands = [
  { directory: "tools/rdb-inspect", entries: { main: "dist/main.js", worker: "dist/parallel/worker.js" } },
];

for (const { directory, entries } of commands) {
  const from = `${root}${directory}`;
  rmSync(`${from}/bundle`, { recursive: true, force: true });
  const bundle = await rolldown({
    input: Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, `${from}/${file}`])),
    platform: "node",
    logLevel: "warn",
  });
  await bundle.write({ dir: `${from}/bundle`, format: "esm", minify: false, comments: false });
  await bundle.close();
}
