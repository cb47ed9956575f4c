/**
 * What a server answers, as values: RESP2 and RESP3 in one vocabulary.
 *
 *   +OK           simple-string        $5 hello      string            *2 …   array
 *   -ERR no       error                $-1 *-1 _     null              ~2 …   set
 *   !21 SYNTAX…   error, long          #t #f         boolean           %2 …   map, of two pairs
 *   :42           integer              ,3.25         double            >2 …   push
 *   =9 txt:hello  verbatim             (349…         big-number        |1 …   attributes of the value that follows
 *
 * Source: the RESP3 specification, and networking.c of Redis 6.0 to 8.6 and Valkey 9.1. Streamed strings and aggregates ($? and *?) are in the
 * specification and sent by no server yet; they are read, and are the same values.
 */

/** Pairs in the order in which they were sent; keys may repeat and may be any value. */
export type ReplyPairs = readonly (readonly [Reply, Reply])[];

interface Common {
  /** What the server says about this value, out of band. */
  readonly attributes?: ReplyPairs;
}

export type Reply = Common &
  (
    | { readonly kind: "simple-string"; readonly bytes: Uint8Array }
    /** `isLong`: sent with its size, and may then hold line ends. The first word is the code: ERR, MOVED, NOAUTH. */
    | { readonly kind: "error"; readonly bytes: Uint8Array; readonly isLong: boolean }
    /** A bigint where a number is not exact; always within int64. */
    | { readonly kind: "integer"; readonly value: number | bigint }
    | { readonly kind: "string"; readonly bytes: Uint8Array }
    /** `of` says which of the three nulls: RESP2 has one of strings and one of arrays. */
    | { readonly kind: "null"; readonly of: "string" | "array" | "any" }
    | { readonly kind: "boolean"; readonly value: boolean }
    /** `text` as it was sent: 3.10 and 3.1 are the same number. */
    | { readonly kind: "double"; readonly value: number; readonly text: string }
    | { readonly kind: "big-number"; readonly value: bigint }
    /** `format` has three characters: txt or mkd. */
    | { readonly kind: "verbatim"; readonly format: string; readonly bytes: Uint8Array }
    | { readonly kind: "array" | "set" | "push"; readonly items: readonly Reply[] }
    | { readonly kind: "map"; readonly pairs: ReplyPairs }
  );

/** The first word of an error, such as "ERR" or "NOAUTH": what programs match. */
export function replyErrorCode(error: { readonly bytes: Uint8Array }): string {
  const space = error.bytes.indexOf(0x20);
  return Buffer.from(space === -1 ? error.bytes : error.bytes.subarray(0, space)).toString("latin1");
}
