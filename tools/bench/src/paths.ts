/** Where things lie in the tree, from this file's own place (the same depth in `src` and in `dist`). */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const toolFolder = join(dirname(fileURLToPath(import.meta.url)), "..");
const root = join(toolFolder, "..", "..");

/** Corpora and nothing else; git ignores it and it may be deleted at any time. */
export const defaultCorpusFolder: string = join(root, ".bench");

/** The page whose table `--write-readme` rewrites. */
export const readmePath: string = join(toolFolder, "README.md");

/** The commands that are measured, as a user starts them. */
export const inspectProgram: string = join(root, "tools", "rdb-inspect", "bin", "rdb-inspect.js");
export const aofCheckProgram: string = join(root, "tools", "aof-check", "bin", "aof-check.js");
export const holdfastProgram: string = join(root, "tools", "holdfast", "bin", "holdfast.js");
