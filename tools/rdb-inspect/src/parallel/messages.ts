/** What the main thread and a worker say to each other. Buffers move, they are not copied. */

import type { FormatError } from "@holdfast/bytes";
import { RdbFormatError, type ResumePoint } from "@holdfast/rdb";
import type { SectionEnd } from "./section-runner.ts";

/** To the worker. Sections of one worker come one after the other. */
export type Order =
  | {
      readonly kind: "open";
      readonly section: number;
      /** Name of the pass kind. */
      readonly pass: string;
      readonly settings: unknown;
      readonly name: string;
      readonly totalBytes: number | undefined;
      readonly resume: ResumePoint | undefined;
      /** The pass of the worker's last section goes on, if there was one. */
      readonly isOrderFree: boolean;
    }
  | { readonly kind: "piece"; readonly bytes: Uint8Array; readonly rdbBytes: number }
  | { readonly kind: "close"; readonly isLast: boolean }
  /** An order-free pass: the result of all sections of the worker is wanted. */
  | { readonly kind: "conclude" };

/** From the worker. */
export type Report =
  | { readonly kind: "output"; readonly section: number; readonly bytes: Uint8Array }
  /** A piece that is no longer needed. */
  | { readonly kind: "spent"; readonly bytes: Uint8Array }
  | { readonly kind: "end"; readonly section: number; readonly end: SentEnd }
  /** The answer to "conclude"; undefined from a worker that had no section. */
  | { readonly kind: "conclusion"; readonly result: unknown };

/** `result` is undefined for a section of an order-free pass. */
export type SentEnd = Omit<SectionEnd, "failure"> & {
  readonly failure: SentFailure | undefined;
  readonly result: unknown;
};

/** An RdbFormatError as plain data: errors lose their own fields on the way between threads. */
export interface SentFailure {
  readonly code: RdbFormatError["code"];
  readonly detail: string;
  readonly offset: number;
  readonly path: string | undefined;
  readonly db: number | undefined;
  readonly key: Uint8Array | undefined;
  readonly typeName: string | undefined;
}

export function sendFailure(error: FormatError): SentFailure {
  if (!(error instanceof RdbFormatError)) throw error;
  const { code, detail, offset, path, db, key, typeName } = error;
  return { code, detail, offset, path, db, key, typeName };
}

export function receiveFailure(failure: SentFailure): RdbFormatError {
  const { code, detail, ...place } = failure;
  return new RdbFormatError(code, detail, place);
}
