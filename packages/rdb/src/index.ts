/** RDB bytes to events and back: everything the package offers, in the order a reader should meet it. */

export { ByteSlice } from "./byte-slice.ts";
export { collectEntries, type EntryValue, type RdbEntry, RdbEntryTooLarge } from "./collect.ts";
export { ContentFingerprinter } from "./content/content-fingerprint.ts";
export { type ContentLane, makeContentLane } from "./content/content-lane.ts";
export { type ContentRules, PartReader } from "./content/parts.ts";
export type { PartKind, ValuePart } from "./content/value-part.ts";
export { RdbDecoder } from "./decoder.ts";
export type { RdbDecoderOptions, ResumePoint } from "./decoder-options.ts";
export { DatasetDigest, type DatasetDigestOptions, type KeyOutcome } from "./digest/dataset-digest.ts";
export type { DigestRules } from "./digest/key-digest.ts";
export { type ScoreForm, scoreText } from "./digest/score-text.ts";
export {
  acceptsDumpVersion,
  type DumpPayload,
  decodeDumpPayload,
  encodeDumpPayload,
  parseDumpPayload,
  type RestoringServer,
} from "./dump-payload.ts";
export { type RdbErrorCode, RdbFormatError, type RdbPlace, type RdbWarningCode } from "./errors.ts";
export type {
  ArraySlot,
  AuxEvent,
  Bytes,
  CommandsEvent,
  DamageEvent,
  EndEvent,
  FunctionEvent,
  HashField,
  HashTemplateEvent,
  HeaderEvent,
  ItemBatch,
  ItemsEvent,
  KeyEvent,
  KeysEvent,
  ModuleAuxEvent,
  RdbEvent,
  ReadLevel,
  RecordsEvent,
  ResizeDbEvent,
  ScoredMember,
  SelectDbEvent,
  SlotImportEvent,
  SlotInfoEvent,
  StreamEntry,
  StreamGroup,
  StreamId,
  StreamMeta,
  StreamPart,
  TrailingEvent,
  WarningEvent,
} from "./events.ts";
export {
  knownVersions,
  moduleTypeOf,
  type PackedKind,
  type RdbDialect,
  type RdbEncoding,
  type RdbType,
  type TypeRow,
  typeRows,
  typeTable,
} from "./format.ts";
export { keyFingerprint } from "./key-fingerprint.ts";
export type { KeyHead } from "./key-record.ts";
export { KeyRows } from "./key-rows.ts";
export {
  KernelLane,
  type LaneExports,
  type LaneHome,
  type LaneRun,
  type LaneWalk,
  makeCheckLane,
  makeSkipLane,
  type RecordLane,
} from "./lane.ts";
export { decodeRdb, decodeRdbBytes } from "./streams.ts";

// Events to bytes.

export { CopyLane, makeCopyLane, makeRepackLane } from "./encode/copy-lane.ts";
export { RdbCounter } from "./encode/counter.ts";
export { type DumpEncodeOptions, encodeDumpValue, refootDumpPayload } from "./encode/dump-value.ts";
export { encodeRdb } from "./encode/encode-rdb.ts";
export { type RdbCounts, RdbEncoder, type RdbEncoderOptions } from "./encode/encoder.ts";
export {
  RdbEncodeError,
  type RdbEncodeErrorCode,
  type RdbLoss,
  type RdbLossKind,
} from "./encode/losses.ts";
export type { PackingLimits } from "./encode/packing-limits.ts";
export { type RdbTarget, rdbTarget, rdbTargetNames } from "./encode/targets.ts";
export { encodeLevel } from "./encode/value-encoder.ts";

// Events to commands.

export { CommandLane, type CommandLaneOptions, makeCommandLane } from "./commands/command-lane.ts";
export {
  type CommandFeature,
  type CommandTarget,
  commandTarget,
  commandTargetHas,
  commandTargetNames,
  commandTargetOfFile,
  type FileOrigin,
} from "./commands/command-target.ts";
export type { CommandSink } from "./commands/command-writer.ts";
export { EventCommands, type EventCommandsOptions } from "./commands/event-commands.ts";
export { isLoss, type LeaveOut, type LeftOutKind, type LeftOutPart } from "./commands/left-out.ts";
export { ModuleHead } from "./commands/module-head.ts";
export { PendingList } from "./commands/pending-list.ts";
