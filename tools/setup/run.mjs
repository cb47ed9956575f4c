/**
 * `npm start` and `npm test` on a machine that has only Node and npm: installs what the lock file names,
 * builds, then does the job. The second run finds both done and goes straight to the job.
 *
 * Plain JavaScript on Node's own modules, because it runs before anything is installed.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const stampFile = join(root, "node_modules", ".holdfast-setup");
const exampleDump = join("fixtures", "rdb", "redis-7.0-types.rdb");

requireNode(20, 19);
const [job, ...rest] = process.argv.slice(2);
setUp();
if (job === "start") start(rest);
else if (job === "test")
  run(process.execPath, [join("node_modules", "vitest", "vitest.mjs"), "run", ...rest]);
else if (job !== "setup") fail(`unknown job ${job}: use start, test or setup`);

/** Paths a user gives are relative to where npm was called, the example is relative to the root. */
function start(args) {
  const command = join(root, "tools", "rdb-inspect", "bin", "rdb-inspect.js");
  if (args.length === 0) run(process.execPath, [command, exampleDump]);
  else run(process.execPath, [command, ...args], process.env.INIT_CWD ?? process.cwd());
}

/** Installs when the lock file or Node changed, builds when a source is newer than the last build. */
function setUp() {
  const wanted = installStamp();
  const built = readStamp();
  if (built.install !== wanted) {
    note("installing the libraries that pnpm-lock.yaml names (once)");
    const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    quietly("npx", ["--yes", packageManager, "install", "--frozen-lockfile"]);
  }
  const newest = newestSourceMs();
  if (built.install !== wanted || built.sourceMs !== newest) {
    note("building");
    quietly(process.execPath, [join("node_modules", "typescript", "bin", "tsc"), "-b"]);
    quietly(process.execPath, [join("tools", "setup", "bundle.mjs")]);
  }
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, JSON.stringify({ install: wanted, sourceMs: newest }));
}

function installStamp() {
  const hash = createHash("sha256").update(process.version);
  for (const file of ["pnpm-lock.yaml", "package.json", ...packageFiles()])
    hash.update(readFileSync(join(root, file)));
  return hash.digest("hex");
}

function packageFiles() {
  return ["packages", "tools"].flatMap((folder) =>
    readdirSync(join(root, folder))
      .map((name) => join(folder, name, "package.json"))
      .filter((file) => existsSync(join(root, file))),
  );
}

function newestSourceMs() {
  let newest = 0;
  const visit = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.name === "node_modules" || entry.name === "dist" || entry.name.startsWith(".")) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (/\.(ts|json)$/.test(entry.name)) newest = Math.max(newest, statSync(path).mtimeMs);
    }
  };
  for (const folder of ["packages", "tools"]) visit(join(root, folder));
  for (const file of ["tsconfig.json", "tsconfig.base.json"])
    newest = Math.max(newest, statSync(join(root, file)).mtimeMs);
  return newest;
}

function readStamp() {
  try {
    return JSON.parse(readFileSync(stampFile, "utf8"));
  } catch {
    return {};
  }
}

/** Runs a set-up step; its output is shown only when it fails. */
function quietly(command, args) {
  const result = spawnSync(command, args, {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, CI: process.env.CI ?? "1" },
    maxBuffer: 64 << 20,
  });
  if (result.status === 0) return;
  process.stderr.write(`${result.stdout ?? ""}${result.stderr ?? ""}`);
  fail(`${[command, ...args].join(" ")} failed (${result.error?.message ?? `exit code ${result.status}`})`);
}

function run(command, args, cwd = root) {
  const result = spawnSync(command, args, { cwd, stdio: "inherit" });
  process.exitCode = result.status ?? 1;
}

function requireNode(major, minor) {
  const [haveMajor, haveMinor] = process.versions.node.split(".").map(Number);
  if (haveMajor > major || (haveMajor === major && haveMinor >= minor)) return;
  fail(`Node ${major}.${minor} or newer is needed, this is ${process.version}: install it from nodejs.org`);
}

function note(text) {
  process.stderr.write(`setup: ${text} …\n`);
}

function fail(text) {
  process.stderr.write(`setup: ${text}\n`);
  process.exit(1);
}
