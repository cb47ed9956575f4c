/** What holds for every package of the workspace. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  isThere,
  type Manifest,
  readManifest,
  readText,
  type WorkspacePackage,
  workspacePackages,
} from "./workspace-tree.ts";

const root = readManifest(".");
const packages = workspacePackages();
const exactVersion = /^\d+\.\d+\.\d+(-[\w.]+)?$/;

function dependenciesOf({ dependencies, devDependencies }: Manifest): [name: string, version: string][] {
  return Object.entries({ ...dependencies, ...devDependencies });
}

/** The folders that a tsconfig.json refers to, from the root. */
function referencesOf(folder: string): string[] {
  const { references } = JSON.parse(readText(join(folder, "tsconfig.json"))) as {
    readonly references: readonly { readonly path: string }[];
  };
  return references.map(({ path }) => join(folder, path)).sort();
}

describe("the workspace", () => {
  test("builds every package", () => {
    const built = referencesOf(".").filter((path) => path !== "tsconfig.tests.json");
    expect(built).toEqual(packages.map(({ folder }) => folder).sort());
  });

  test("has one version of each library", () => {
    const versions = new Map<string, Set<string>>();
    for (const manifest of [root, ...packages.map((each) => each.manifest)]) {
      for (const [name, version] of dependenciesOf(manifest))
        versions.set(name, (versions.get(name) ?? new Set()).add(version));
    }
    expect([...versions].filter(([, found]) => found.size > 1)).toEqual([]);
  });

  test("pins its package manager and every library to one version", () => {
    expect(root.packageManager).toMatch(/^pnpm@\d+\.\d+\.\d+$/);
    for (const { manifest } of [{ manifest: root }, ...packages]) {
      for (const [name, version] of dependenciesOf(manifest)) {
        if (name.startsWith("@holdfast/")) expect([name, version]).toEqual([name, "workspace:*"]);
        else expect([name, version]).toEqual([name, expect.stringMatching(exactVersion)]);
      }
    }
  });
});

describe.each(packages)("$folder", ({ folder, manifest }: WorkspacePackage) => {
  test("is a private ES module of the scope, with the root's licence and Node version", () => {
    const { name, type, license, engines } = manifest;
    expect({ name, private: manifest.private, type, license, engines }).toEqual({
      name: `@holdfast/${folder.split("/")[1]}`,
      private: true,
      type: "module",
      license: root.license,
      engines: root.engines,
    });
  });

  test("offers src/index.ts and nothing else, if it has one", () => {
    const entry = {
      "@holdfast/source": "./src/index.ts",
      types: "./dist/index.d.ts",
      default: "./dist/index.js",
    };
    expect(manifest.exports).toEqual(isThere(join(folder, "src/index.ts")) ? { ".": entry } : undefined);
  });

  test("has the files that its bin entries name", () => {
    const missing = Object.values(manifest.bin ?? {}).filter((file) => !isThere(join(folder, file)));
    expect(missing).toEqual([]);
  });

  test("is built after the packages that it depends on", () => {
    const ours = Object.keys(manifest.dependencies ?? {}).filter((name) => name.startsWith("@holdfast/"));
    const folders = packages.filter((each) => ours.includes(each.manifest.name)).map((each) => each.folder);
    expect(referencesOf(folder)).toEqual(folders.sort());
  });
});
