/** What the main thread and a worker say to each other. Buffers of output move, they are not copied. */

import type { FormatError } from "@holdfast/bytes";
import { RdbFormatError } from "@holdfast/rdb";
import type { Section, SectionEnd } from "./section-runner.ts";

/** To the worker. Its sections are done one after the other. */
export type Order =
  | {
      readonly kind: "section";
      readonly index: number;
      readonly section: Section;
      readonly path: string;
      readonly totalBytes: number;
      /** Name of the pass kind. */
      readonly pass: string;
      readonly settings: unknown;
      /** The pass of the worker's last section goes on, if there was one. */
      readonly isOrderFree: boolean;
    }
  /** So many bytes of output have left: the worker may make more. */
  | { readonly kind: "written"; readonly sizeBytes: number }
  /** An order-free pass: the result of all sections of the worker is wanted. */
  | { readonly kind: "conclude" };

/** From the worker. */
export type Report =
  | { readonly kind: "output"; readonly index: number; readonly bytes: Uint8Array }
  | { readonly kind: "end"; readonly index: number; readonly end: SentEnd }
  /** The answer to "conclude"; undefined from a worker that had no section. */
  | { readonly kind: "conclusion"; readonly result: unknown }
  /** Something that is no damage of the file. */
  | { readonly kind: "crash"; readonly message: string };

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
