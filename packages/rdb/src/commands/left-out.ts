/**
 * What commands cannot say to a server, or what it could not take: told key by key, so that it can be counted and named.
 */
import type { RdbType, TypeRow } from "../format.ts";

export type LeftOutKind =
  | "consumer-time"
  | "deleted-pending-entry"
  | "field-expiry"
  | "form"
  | "frequency"
  | "function"
  | "idempotency-record"
  | "idempotency-settings"
  | "idle-time"
  | "key-metadata"
  | "module-aux"
  | "too-large"
  | "unowned-pending-entry"
  | "unsearched-pending-entry"
  | "vector-set";

export interface LeftOutPart {
  readonly kind: LeftOutKind;
  /** How many at once. Default 1. */
  readonly count?: number;
  /** For "form": of which type the key is, and how it is stored. */
  readonly type?: RdbType;
  readonly row?: TypeRow;
}

export type LeaveOut = (part: LeftOutPart) => void;

/** Hints for the server; everything else that is left out is data. */
const hints: ReadonlySet<LeftOutKind> = new Set([
  "consumer-time",
  "frequency",
  "idle-time",
  "unsearched-pending-entry",
]);

/** Whether data is missing, and not only a hint. */
export function isLoss(kind: LeftOutKind): boolean {
  return !hints.has(kind);
}
