/**
 * Checks an append-only file: everything a server would load, in its order, and what stands around it.
 *
 * Opens files for reading only and changes nothing; repair.ts takes the report.
 */
import { dirname, join } from "node:path";
import type { FileSystem } from "@holdfast/platform";
import { type CheckedFile, checkFile } from "./check-file.ts";
import { type AofServer, nearestServer } from "./command-table.ts";
import { historyFilesOf, loadedFilesOf } from "./loaded-files.ts";
import { type AofLocation, type LocateAofOptions, locateAof } from "./locate-aof.ts";
import type { AofDirectory } from "./open-directory.ts";
import { consequenceOf } from "./outcomes.ts";
import type { AofProblemCode } from "./problem-codes.ts";
import type { AofFileReport, AofProblem, AofReport, AofVerdict } from "./report.ts";

/** What a server calls its RDB unless told otherwise. */
const DEFAULT_RDB_NAME = "dump.rdb";
/** What the child of a rewrite writes into, in the data directory. */
const REWRITE_OUTPUT = /^temp-rewriteaof-(bg-)?\d+\.aof$/;
/** An RDB without keys: header, some facts, end, checksum. */
const EMPTY_RDB_BYTES_MAX = 256;

export interface CheckAofOptions extends LocateAofOptions {
  /** Whose commands and rules count. Default: those of the server that wrote the base, or of all that are known. */
  readonly server?: AofServer | undefined;
  /** How many dbs the server has. Default 16. */
  readonly databases?: number | undefined;
  /** Set when the server will start with `user default off`: some releases then drop what is in MULTI … EXEC. */
  readonly defaultUserIsOff?: boolean | undefined;
  /** Option `dbfilename` of the server. Default "dump.rdb". */
  readonly rdbName?: string | undefined;
  /** Of each kind of problem in a file, how many are listed; all are counted. Default 20. */
  readonly findingsMax?: number | undefined;
  /** Also look for where the time goes beyond this, Unix seconds: for planTruncateAtTime(). */
  readonly untilSec?: number | undefined;
  /** Also check the files that the manifest lists as history, which servers do not load. Default false. */
  readonly history?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called for every chunk with how many bytes of the file are read. */
  readonly onProgress?: ((path: string, readBytes: number) => void) | undefined;
}

/**
 * Checks what stands at the path: a directory, a manifest, or a single file; see locateAof().
 *
 * Damage is in the report. Throws what locateAof() throws, among it AofFormatError for a manifest that servers refuse; FileError for a
 * file that cannot be read.
 */
export async function checkAof(
  files: FileSystem,
  path: string,
  options: CheckAofOptions = {},
): Promise<AofReport> {
  const location = await locateAof(files, path, options);
  const history = options.history === true ? historyFilesOf(location) : [];
  const targets = [...loadedFilesOf(location), ...history];
  const checked: CheckedFile[] = [];
  let { server } = options;
  for (const target of targets) {
    const { findingsMax, databases, untilSec, signal, onProgress } = options;
    const progress = onProgress && ((readBytes: number) => onProgress(target.path, readBytes));
    const found = await checkFile(files, target, {
      server,
      findingsMax,
      databases,
      untilSec,
      signal,
      onProgress: progress,
    });
    const { serverFamily, serverVersion } = found.rdb;
    if (serverFamily !== undefined && serverVersion !== undefined)
      server ??= nearestServer(serverFamily, serverVersion);
    checked.push(found);
  }
  const reports = checked.map(({ report }) => report);
  const problems = [
    ...checked.flatMap((found) => found.problems),
    ...betweenFiles(reports, server),
    ...withoutDefaultUser(reports, { ...options, server }),
    ...(await around(files, location, reports, { ...options, server })),
  ];
  const isDirectory = location.kind === "directory";
  return {
    kind: location.kind,
    path: isDirectory ? location.directory.path : location.path,
    manifestPath: isDirectory ? location.directory.manifestPath : undefined,
    server,
    untilSec: options.untilSec,
    files: reports,
    problems,
    verdict: verdictOf(reports, problems),
  };
}

/** What is wrong with a file only because of the others. */
function* betweenFiles(
  reports: readonly AofFileReport[],
  server: AofServer | undefined,
): Generator<AofProblem, void, void> {
  for (const { damage, isLast, role, form, path } of reports) {
    if (damage !== undefined && !isLast && role !== "history") {
      const detail = "the damage is not in the last file: what later files hold builds on what is missing";
      const { offset } = damage;
      yield {
        code: "AOF_DAMAGED_NOT_LAST",
        path,
        offset,
        detail,
        ...consequenceOf("AOF_DAMAGED_NOT_LAST", server),
      };
    }
    if (role === "incr" && form === "rdb")
      yield simple("AOF_RDB_IN_INCREMENT", path, "an incr that begins with an RDB", server);
  }
}

/**
 * Releases that check the rights of the user `default` at EXEC while they load: 7.0 and 8.0 are known to, 8.6 and Valkey 9.1 not to; 6.0
 * and Valkey 8.1 are taken for the older kind, which errs towards a warning.
 */
const DROPS_UNITS: readonly (AofServer | undefined)[] = [
  "redis-6.0",
  "redis-7.0",
  "redis-8.0",
  "valkey-8.1",
  undefined,
];

function* withoutDefaultUser(
  reports: readonly AofFileReport[],
  options: CheckAofOptions,
): Generator<AofProblem, void, void> {
  if (options.defaultUserIsOff !== true || !DROPS_UNITS.includes(options.server)) return;
  for (const { units, path } of reports) {
    if (units === 0) continue;
    const detail = `${units} units of MULTI … EXEC, which are dropped when the user default is off`;
    yield simple("AOF_UNITS_WITHOUT_USER", path, detail, options.server);
  }
}

/** What stands beside the files that are loaded. */
async function around(
  files: FileSystem,
  location: AofLocation,
  reports: readonly AofFileReport[],
  options: CheckAofOptions,
): Promise<AofProblem[]> {
  const isDirectory = location.kind === "directory";
  const dataDirectory = dirname(isDirectory ? location.directory.path : location.path);
  const problems = isDirectory ? await straysOf(files, location.directory, options.server) : [];
  const ignored = await ignoredRdb(files, dataDirectory, reports, options);
  if (ignored !== undefined) problems.push(ignored);
  // A path in a current directory that cannot be listed is no reason to fail.
  const info = await files.stat(dataDirectory);
  const names = info?.kind === "directory" ? await files.list(dataDirectory) : [];
  for (const name of names.filter((candidate) => REWRITE_OUTPUT.test(candidate))) {
    const detail = "the output of a rewrite that did not end, or that is under way";
    problems.push(simple("AOF_LEFTOVER_REWRITE", join(dataDirectory, name), detail, options.server));
  }
  return problems;
}

/** Files that no server loads. One letter of the manifest makes an incr history, so those that are still there are named too. */
async function straysOf(
  files: FileSystem,
  directory: AofDirectory,
  server: AofServer | undefined,
): Promise<AofProblem[]> {
  const { path, manifest, strays } = directory;
  const stray = (name: string, sizeBytes: number, what: string) =>
    simple("AOF_STRAY_FILE", join(path, name), `${name}, ${sizeBytes} bytes, is ${what}`, server);
  const problems = strays.map(({ name, sizeBytes, part }) =>
    stray(
      name,
      sizeBytes,
      part.kind === "temporary" ? "left by a writer that was stopped" : "not in the manifest",
    ),
  );
  for (const { name } of manifest.history) {
    const info = await files.stat(join(path, name));
    if (info !== undefined)
      problems.push(stray(name, info.sizeBytes, "history: a server that starts removes it"));
  }
  return problems;
}

/** An RDB that holds more than the append-only file: the usual way to lose data by switching `appendonly` on in the configuration. */
async function ignoredRdb(
  files: FileSystem,
  dataDirectory: string,
  reports: readonly AofFileReport[],
  { server, rdbName = DEFAULT_RDB_NAME }: CheckAofOptions,
): Promise<AofProblem | undefined> {
  const path = join(dataDirectory, rdbName);
  const info = await files.stat(path);
  if (info?.kind !== "file" || info.sizeBytes <= EMPTY_RDB_BYTES_MAX) return undefined;
  const isEmpty = reports.every(({ commands, rdb }) => commands === 0 && (rdb?.keyCount ?? 0) === 0);
  const newestMs = Math.max(...reports.map(({ modifiedAtMs }) => modifiedAtMs));
  if (!isEmpty && info.modifiedAtMs <= newestMs) return undefined;
  const detail = isEmpty
    ? `${rdbName} holds ${info.sizeBytes} bytes, and the append-only file nothing`
    : `${rdbName} was written after the append-only file`;
  return simple("AOF_RDB_IGNORED", path, detail, server);
}

function simple(
  code: AofProblemCode,
  path: string,
  detail: string,
  server: AofServer | undefined,
): AofProblem {
  return { code, path, detail, ...consequenceOf(code, server) };
}

/** Problems of bytes that a repair by cutting removes. */
const CUT_AWAY: readonly AofProblemCode[] = [
  "AOF_TRUNCATED",
  "AOF_OPEN_UNIT",
  "AOF_TORN",
  "AOF_CORRUPT",
  "AOF_UNENDED_ANNOTATION",
];
const OF_COMMANDS: readonly AofProblemCode[] = [
  "AOF_UNKNOWN_COMMAND",
  "AOF_WRONG_ARITY",
  "AOF_BAD_SELECT",
  "AOF_UNITS_WITHOUT_USER",
];

/** What may be done now, by the gravest of the problems. */
function verdictOf(reports: readonly AofFileReport[], problems: readonly AofProblem[]): AofVerdict {
  const histories = new Set(reports.filter(({ role }) => role === "history").map(({ path }) => path));
  const errors = problems.filter(({ severity, path }) => severity === "error" && !histories.has(path));
  const codes = new Set(errors.map(({ code }) => code));
  if (codes.size === 0) return "sound";
  if (codes.has("AOF_RDB_DAMAGED") || codes.has("AOF_MISSING_FILE")) return "corrupt";
  const damaged = reports.filter(({ damage, role }) => damage !== undefined && role !== "history");
  const losesRecords = damaged.some(({ damage, isLast }) => !isLast || damage?.behind !== undefined);
  if (losesRecords || codes.has("AOF_DEVIATION") || codes.has("AOF_LONG_ANNOTATION")) return "needs-decision";
  if (OF_COMMANDS.some((code) => codes.has(code))) return "refused";
  return CUT_AWAY.some((code) => codes.has(code)) ? "repairable" : "needs-decision";
}
