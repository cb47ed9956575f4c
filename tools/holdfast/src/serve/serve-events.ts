/**
 * What happens while data is served, in the words of the NDJSON stream: one object an event, whose names and fields stay.
 *
 *   checked  listening  (resync  snapshot-sent  complete  left | refused)*  done
 */
import type { ResyncErrorCode } from "@holdfast/resync";
import type { DataFacts } from "./served-data.ts";

export type ServeEvent =
  | ({ readonly event: "checked"; readonly path: string } & DataFacts)
  | { readonly event: "warning"; readonly text: string }
  | {
      readonly event: "listening";
      readonly address: string;
      readonly replid: string;
      /** Who has everything before it has all of the data. */
      readonly dataEndOffset: number;
    }
  /** A replica has asked, and gets everything, or the stream from where it was. */
  | {
      readonly event: "resync";
      readonly replica: string;
      readonly kind: "full" | "partial";
      readonly why?: string;
      readonly fromOffset?: number;
    }
  | {
      readonly event: "snapshot-sent";
      readonly replica: string;
      readonly sizeBytes: number;
      readonly ms: number;
    }
  /** It has said that it has all of it; `count` is how many have. */
  | { readonly event: "complete"; readonly replica: string; readonly offset: number; readonly count: number }
  /** Its link is over. */
  | {
      readonly event: "left";
      readonly replica: string;
      /** It had all of the data by then. */
      readonly hadAll: boolean;
      readonly code: ResyncErrorCode | null;
      readonly detail: string;
    }
  /** It was not let in, or speaks something else. */
  | { readonly event: "refused"; readonly replica: string; readonly detail: string }
  | {
      readonly event: "progress";
      readonly replica: string;
      readonly sentBytes: number;
      readonly totalBytes: number;
    }
  | ({ readonly event: "done" } & ServeOutcome);

export interface ServeOutcome {
  readonly outcome: "acknowledged" | "timeout" | "interrupted" | "failed";
  /** Replicas that have all of it at the end, and how many were waited for; null when nobody waited. */
  readonly complete: number;
  readonly wanted: number | null;
  readonly dataEndOffset: number;
}

/** Takes events as they happen. */
export type Emit = (event: ServeEvent) => void;
