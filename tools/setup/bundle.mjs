/**
 * Puts each command into a few files: what `tsc -b` made, with the libraries it uses. A command of 170 modules takes
 * 0.35 s to start, as a bundle 0.15 s; in CommonJS, because Node then does without its loader of modules; in ASCII, because
 * the engine keeps any other text with two bytes a character. Run by `npm run build`, behind the compiler.
 */
import { rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Bundles lie beside `dist`, so that what a command reads from its package is found by the same relative path. */
const commands = [
  { directory: "tools/rdb-inspect", entries: { main: "dist/main.js", worker: "dist/parallel/worker.js" } },
  { directory: "tools/aof-check", entries: { main: "dist/main.js" } },
  { directory: "tools/holdfast", entries: { main: "dist/main.js" } },
];

/** Other characters stand in texts only, where an escape means the same. */
function inAscii(code) {
  return code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

for (const { directory, entries } of commands) {
  const from = `${root}${directory}`;
  rmSync(`${from}/bundle`, { recursive: true, force: true });
  const bundle = await rolldown({
    input: Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, `${from}/${file}`])),
    platform: "node",
    logLevel: "warn",
    plugins: [{ name: "ascii", renderChunk: inAscii }],
  });
  await bundle.write({ dir: `${from}/bundle`, format: "cjs", minify: false, comments: false });
  writeFileSync(`${from}/bundle/package.json`, '{ "type": "commonjs" }\n');
  await bundle.close();
}
