/** The documents say what is there: links, file names, tables and the example of the README. */
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { filesBelow, isThere, readText, workspacePackages } from "./workspace-tree.ts";

const packages = workspacePackages();
const documents = [
  "README.md",
  "ARCHITECTURE.md",
  "CONTRIBUTING.md",
  ...["packages", "tools", "fixtures"].flatMap(filesBelow).filter((file) => file.endsWith(".md")),
];
const sources = ["packages", "tools"].flatMap(filesBelow);

describe.each(documents)("%s", (document) => {
  test("links to what is there", () => {
    const links = [...readText(document).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map((match) => match[1]);
    const local = links.filter((link) => !/^\w+:/.test(link));
    expect(local.filter((link) => !isThere(join(dirname(document), link)))).toEqual([]);
  });
});

describe.each(["ARCHITECTURE.md", "CONTRIBUTING.md"])("%s", (document) => {
  test("names files that exist", () => {
    const named = [...readText(document).matchAll(/`([\w./-]+\.(?:ts|mjs|js))`/g)].map((match) => match[1]);
    const isKnown = (name: string) =>
      isThere(name) || sources.some((file) => `/${file}`.endsWith(`/${name}`));
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !isKnown(name))).toEqual([]);
  });
});

describe("CONTRIBUTING.md", () => {
  test("names the environment variables that the code reads, all of them", () => {
    const read = sources
      .filter((file) => file.endsWith(".ts"))
      .flatMap((file) => [...readText(file).matchAll(/process\.env\.(HOLDFAST_\w+)/g)]);
    const named = [...readText("CONTRIBUTING.md").matchAll(/^\| `(HOLDFAST_\w+)/gm)];
    const names = (matches: readonly RegExpMatchArray[]) =>
      [...new Set(matches.map((match) => match[1]))].sort();
    expect(names(named)).toEqual(names(read));
  });
});

describe("README.md", () => {
  test("lists every package", () => {
    const listed = [...readText("README.md").matchAll(/^\| \[([\w/-]+)\]/gm)].map((match) => match[1]);
    expect(listed.sort()).toEqual(packages.map(({ folder }) => folder).sort());
  });

  test("shows lines that the command prints", () => {
    const screen = readText("tools/rdb-inspect/test/golden/summary-redis-7.0-types.80.txt");
    const printed = new Set(screen.replaceAll("rdb/redis-7.0", "fixtures/rdb/redis-7.0").split("\n"));
    const example =
      /```\n\$ npm start\n([\s\S]*?)```/.exec(readText("README.md"))?.[1].trimEnd().split("\n") ?? [];
    expect(example.length).toBeGreaterThan(10);
    expect(example.filter((line) => line !== "  …" && !printed.has(line))).toEqual([]);
  });
});

describe.each(packages.filter(({ folder }) => folder.startsWith("packages/")))(
  "$folder/README.md",
  ({ folder }) => {
    test("has the five headings of a package", () => {
      const headings = [...readText(join(folder, "README.md")).matchAll(/^## (.*)$/gm)].map(
        (match) => match[1],
      );
      expect(headings).toEqual([
        "What it does",
        "Example",
        expect.stringMatching(/^The (format|rules)$/),
        "Errors",
        "Limits",
      ]);
    });
  },
);
