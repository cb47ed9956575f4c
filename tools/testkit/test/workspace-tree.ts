/** The tree as tests of the tree see it: its packages, its manifests, its files. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const rootFolder = fileURLToPath(new URL("../../..", import.meta.url));

/** What package.json files say, as far as tests ask. */
export interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly license?: string;
  readonly type?: string;
  readonly engines?: Readonly<Record<string, string>>;
  readonly exports?: unknown;
  readonly bin?: Readonly<Record<string, string>>;
  readonly packageManager?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

export interface WorkspacePackage {
  /** From the root: "packages/bytes". */
  readonly folder: string;
  readonly manifest: Manifest;
}

export function readText(path: string): string {
  return readFileSync(join(rootFolder, path), "utf8");
}

export function isThere(path: string): boolean {
  return existsSync(join(rootFolder, path));
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(readText(join(folder, "package.json")));
}

/** Every folder of packages/ and tools/ that has a package.json. */
export function workspacePackages(): WorkspacePackage[] {
  return ["packages", "tools"]
    .flatMap((parent) => readdirSync(join(rootFolder, parent)).map((name) => join(parent, name)))
    .filter((folder) => isThere(join(folder, "package.json")))
    .map((folder) => ({ folder, manifest: readManifest(folder) }));
}

/** Files below a folder, from the root; without what is installed, built or hidden. */
export function filesBelow(folder: string): string[] {
  return readdirSync(join(rootFolder, folder), { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === "node_modules" || entry.name === "dist" || entry.name.startsWith(".")) return [];
    const path = relative(rootFolder, join(rootFolder, folder, entry.name));
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}
