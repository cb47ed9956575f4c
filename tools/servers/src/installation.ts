/**
 * A server that can be started: either unpacked below `.servers/`, or one that is on PATH.
 *
 * An unpacked program runs under the loader of its own suite with its own libraries, so the C library
 * of the machine does not matter:
 *
 *   <root>/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 --library-path <dirs> <root>/usr/bin/redis-server …
 *
 * The loader hands the program's path on as argv[0]. That matters: server, check-rdb and check-aof are
 * one binary under three names, which looks at argv[0] to know what it is.
 *
 * Source: ld.so(8); main() in the servers' src/server.c.
 */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  isOfRelease,
  recipeOf,
  type ServerFamily,
  type ServerId,
  type ServerRecipe,
  type ServerTool,
  serverTools,
  toolFileName,
} from "./catalogue.ts";
import { tryCommand } from "./run-command.ts";

export interface ServerInstallation {
  readonly id: ServerId;
  readonly family: ServerFamily;
  /** The full version as the server itself prints it, for example "7.0.15". */
  readonly version: string;
  /** The argument vector that runs a tool; append the tool's own arguments. */
  command(tool: ServerTool): readonly string[];
}

export interface FindOptions {
  /** Where fetched servers are; default: `.servers` at the root of the tree. */
  readonly folder?: string;
  /** Folders to look in for installed servers, as in PATH; default: the PATH of this process. */
  readonly path?: string;
}

/** `.servers` at the root of the tree, wherever this file was compiled to. */
export const defaultServersFolder: string = join(
  dirname(fileURLToPath(import.meta.url)),
  "..",
  "..",
  "..",
  ".servers",
);

/** The name of the file that marks a finished installation and holds its version. */
export const stampName = "installed.json";

/** What a finished fetch leaves beside the unpacked files. */
export interface InstallationStamp {
  readonly version: string;
  readonly suite: string;
  readonly packages: readonly string[];
}

/** A fetched server, else one on PATH whose five tools are all there, else undefined. */
export async function findServer(
  id: ServerId,
  options: FindOptions = {},
): Promise<ServerInstallation | undefined> {
  const recipe = recipeOf(id);
  return (
    (await findFetched(recipe, options.folder ?? defaultServersFolder)) ??
    (await findOnPath(recipe, options.path ?? process.env.PATH ?? ""))
  );
}

/** The server below `folder`, or undefined when it was never fetched to the end. */
export async function findFetched(
  recipe: ServerRecipe,
  folder: string,
): Promise<ServerInstallation | undefined> {
  const home = join(folder, recipe.id);
  if (!existsSync(join(home, stampName))) return undefined;
  const stamp = JSON.parse(await readFile(join(home, stampName), "utf8")) as InstallationStamp;
  return unpackedInstallation(recipe, stamp.version, home);
}

/** Describes the files unpacked in `home`; they need not have been proven to run. */
export async function unpackedInstallation(
  recipe: ServerRecipe,
  version: string,
  home: string,
): Promise<ServerInstallation> {
  const libraries = await libraryFolders(home);
  const loader = await findLoader(libraries);
  return {
    id: recipe.id,
    family: recipe.family,
    version,
    command: (tool) => [
      loader,
      "--library-path",
      libraries.join(":"),
      join(home, "usr", "bin", toolFileName(recipe.family, tool)),
    ],
  };
}

/** "7.0.15" from what a server prints for --version, in the words of either family. */
export function parseVersion(output: string): string | undefined {
  return /\bv=(\d+\.\d+\.\d+)/.exec(output)?.[1];
}

async function findOnPath(recipe: ServerRecipe, path: string): Promise<ServerInstallation | undefined> {
  const files = new Map<ServerTool, string>();
  for (const tool of serverTools) {
    const name = toolFileName(recipe.family, tool);
    const folder = path.split(delimiter).find((part) => part !== "" && existsSync(join(part, name)));
    if (folder === undefined) return undefined;
    files.set(tool, join(folder, name));
  }
  const { stdout } = await tryCommand([files.get("server")!, "--version"]);
  const version = parseVersion(stdout);
  if (version === undefined || !isOfRelease(recipe, version)) return undefined;
  return { id: recipe.id, family: recipe.family, version, command: (tool) => [files.get(tool)!] };
}

/** `lib`, `lib64`, `usr/lib`, `usr/lib64` and the architecture folders inside them, as far as they exist. */
async function libraryFolders(home: string): Promise<string[]> {
  const folders: string[] = [];
  for (const part of ["lib", "lib64", "usr/lib", "usr/lib64"]) {
    const folder = join(home, part);
    if (!existsSync(folder)) continue;
    const entries = await readdir(folder, { withFileTypes: true });
    const inner = entries.filter((entry) => entry.isDirectory() && entry.name.includes("-linux-"));
    folders.push(...inner.map((entry) => join(folder, entry.name)), folder);
  }
  return folders;
}

async function findLoader(folders: readonly string[]): Promise<string> {
  for (const folder of folders) {
    const name = (await readdir(folder)).find((entry) => /^ld-linux.*\.so\.\d+$/.test(entry));
    if (name !== undefined && existsSync(join(folder, name))) return join(folder, name);
  }
  return "ld.so (not among the unpacked libraries)";
}
