/** The floors of ARCHITECTURE.md as rules: imports go down, never sideways, never up, never in circles. */

/** What each package of `packages/` may import; everything else of ours is forbidden. */
const floors = {
  bytes: [],
  platform: [],
  rdb: ["bytes"],
};

const tests = "(\\.test\\.ts$|/test/)";

export default {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "no-deep-imports",
      comment: "A package is imported by its name, never by a path into its src.",
      severity: "error",
      from: { path: "^(packages|tools)/([^/]+)/" },
      to: { path: "^(packages|tools)/([^/]+)/(src|dist)/", pathNot: "^$1/$2/", dependencyTypes: ["local"] },
    },
    {
      name: "nobody-imports-tools",
      comment: "Tools stand on top; only tests and other tools may use the test kit and the servers.",
      severity: "error",
      from: { path: "^packages/", pathNot: tests },
      to: { path: "^tools/" },
    },
    {
      name: "doors-only-in-platform",
      comment: "Files, network and clocks are reached through the interfaces of platform.",
      severity: "error",
      from: { path: "^packages/", pathNot: `(^packages/platform/src/node/|${tests})` },
      to: {
        path: "^(node:)?(fs|net|tls|http|https|dgram|child_process|worker_threads|timers)(/|$)|fs-extra",
      },
    },
    ...Object.entries(floors).map(([name, allowed]) => ({
      name: `floor-of-${name}`,
      severity: "error",
      from: { path: `^packages/${name}/`, pathNot: tests },
      to: { path: "^packages/", pathNot: `^packages/(${[name, ...allowed].join("|")})/` },
    })),
    {
      name: "no-unlisted-dependency",
      severity: "error",
      from: { pathNot: tests },
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown", "unknown"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "/dist/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.tests.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["@holdfast/source", "import", "node", "default"],
    },
  },
};
