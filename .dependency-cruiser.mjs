/** The floors of ARCHITECTURE.md as rules: imports go down, never sideways, never up, never in circles. */

/** What each package of `packages/` may import; everything else of ours is forbidden. */
const floors = {
  bytes: [],
  platform: [],
  rdb: ["bytes"],
  resp: ["bytes"],
  aof: ["rdb", "resp", "bytes", "platform"],
  keyspace: ["bytes", "rdb"],
  resync: ["bytes", "platform", "rdb", "resp"],
};

const tests = "(\\.test\\.ts$|/test/)";

/** What reaches outside the process, by the names that Node has for it. */
const doors =
  "^(fs|net|tls|http|https|http2|dgram|dns|child_process|cluster|worker_threads|timers|crypto|os|perf_hooks|process)(/|$)|^node_modules/.*fs-extra|^fs-extra";

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
      name: "index-is-for-others",
      comment: "src/index.ts says what the package offers; inside, a file imports the file it means.",
      severity: "error",
      from: { path: "^packages/([^/]+)/src/", pathNot: tests },
      to: { path: "^packages/$1/src/index\\.ts$" },
    },
    {
      name: "nobody-imports-tools",
      comment: "Tools stand on top; only tests may use the test kit and the servers.",
      severity: "error",
      from: { path: "^packages/", pathNot: tests },
      to: { path: "^tools/" },
    },
    {
      name: "tools-share-three",
      comment: "Command lines, benchmarks and fixture makers are nobody's library.",
      severity: "error",
      from: { path: "^tools/([^/]+)/" },
      to: { path: "^tools/", pathNot: "^tools/($1|servers|testkit|command-line)/" },
    },
    {
      name: "doors-only-in-platform",
      comment: "Files, network, clocks and randomness are reached through the interfaces of platform.",
      severity: "error",
      from: { path: "^packages/[^/]+/src/", pathNot: `(^packages/platform/src/node/|${tests})` },
      to: { path: doors },
    },
    {
      name: "doors-of-rdb-inspect",
      comment: "main.ts gets the doors and passes them down; two files know what a thread is.",
      severity: "error",
      from: {
        path: "^tools/rdb-inspect/src/",
        pathNot: `(/src/main\\.ts$|/src/parallel/(node-)?worker\\.ts$|${tests})`,
      },
      to: { path: doors },
    },
    {
      name: "doors-of-other-commands",
      comment: "main.ts gets the doors and passes them down.",
      severity: "error",
      from: { path: "^tools/(aof-check|holdfast)/src/", pathNot: `(/src/main\\.ts$|${tests})` },
      to: { path: doors },
    },
    {
      name: "doors-of-command-lines",
      comment: "One file makes a host of the process.",
      severity: "error",
      from: { path: "^tools/command-line/src/", pathNot: `(/src/process-host\\.ts$|${tests})` },
      to: { path: doors },
    },
    {
      name: "sessions-have-no-doors",
      comment: "In resync, only the drives and what is kept on disk know files, clocks and connections.",
      severity: "error",
      from: {
        path: "^packages/resync/src/",
        pathNot: `(/src/(drive-|follow-|alarm|replicas\\.ts)|/disk/|${tests})`,
      },
      to: { path: "^packages/platform/" },
    },
    {
      name: "every-package-has-a-floor",
      comment: "A new package is entered in the floors above first.",
      severity: "error",
      from: { path: "^packages/", pathNot: `^packages/(${Object.keys(floors).join("|")})/` },
      to: {},
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
    exclude: { path: "/(dist|bundle)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.tests.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["@holdfast/source", "import", "node", "default"],
    },
  },
};
