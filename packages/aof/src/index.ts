/** Append-only files: everything the package offers, in the order a reader should meet it. */

// What stands at a path.

export { type AofLocation, type LocateAofOptions, locateAof } from "./locate-aof.ts";
export { type AofPlace, type AofPlaceState, lookAtPlace, needsUpgrade, upgradeOldFile } from "./old-file.ts";
export {
  type AofDirectory,
  type AofStray,
  openDirectory,
  readManifest,
  requireFiles,
} from "./open-directory.ts";

// What is in it.

export { type AofReadEvent, type AofReadMode, type AofReadOptions, readAof } from "./reader.ts";

// Whether it is sound, and what can be done about it.

export { type CheckAofOptions, checkAof } from "./checker.ts";
export { type AofServer, nearestServer } from "./command-table.ts";
export type { AofProblemCode } from "./problem-codes.ts";
export {
  type KeptBytes,
  type PlannedCut,
  type PlannedDrop,
  planRepair,
  type RepairOptions,
  type RepairPlan,
  type RepairResult,
  repairAof,
} from "./repair.ts";
export type {
  AofDamage,
  AofFileReport,
  AofLaterTime,
  AofProblem,
  AofRdbPart,
  AofReport,
  AofVerdict,
  DamageClass,
  RecordsBehind,
  ServerOutcome,
  Severity,
} from "./report.ts";
export { planTruncateAtTime } from "./truncate-at-time.ts";

// The manifest.

export {
  type BaseForm,
  baseName,
  DEFAULT_AOF_DIRECTORY_NAME,
  DEFAULT_AOF_FILE_NAME,
  incrName,
  manifestName,
  type NamedPart,
  namedPart,
} from "./file-names.ts";
export {
  type AofFileInfo,
  type AofManifest,
  type AofRole,
  EMPTY_MANIFEST,
  formatManifest,
  loadedFiles,
  parseManifest,
} from "./manifest.ts";

// Writing.

export { cutTail } from "./cut-tail.ts";
export { ManifestKeeper } from "./manifest-keeper.ts";
export {
  type AofCut,
  type AofOpenReport,
  type OpenAofOptions,
  type OpenedAof,
  openAof,
  type Soundness,
} from "./open-aof.ts";
export { decideSync, type FsyncPolicy, type SyncState, type SyncStep } from "./sync-policy.ts";
export type { LoggedCommand } from "./unit-framer.ts";
export { AofWriter, type AofWriterSettings } from "./writer.ts";
export type { AofNotice, AofWriterStatistics } from "./writer-statistics.ts";

// A new base.

export { type CommandBaseOptions, writeCommandBase } from "./command-base.ts";
export { type RdbBaseOptions, writeRdbBase } from "./rdb-base.ts";
export { judgeRewrite, type RewriteState, type RewriteTriggers } from "./rewrite-policy.ts";
export { AofRewriter, type AofRewriterOptions, type RewriteReport } from "./rewriter.ts";
export type { AofSnapshot } from "./snapshot.ts";

// What can go wrong.

export {
  AofError,
  type AofErrorCode,
  type AofErrorPlace,
  AofFormatError,
  type AofFormatErrorCode,
} from "./errors.ts";
