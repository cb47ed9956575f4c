/** What goes wrong with a keyspace that is no command's fault: limits, a base that contradicts itself, misuse. */

export type KeyspaceErrorCode =
  /** A base that names a key twice: servers refuse such a file. */
  | "KEYSPACE_DUPLICATE_KEY"
  /** Events in an order that no decoder makes, or at a level that hands over no items. */
  | "KEYSPACE_EVENTS"
  /** An element, field, member or key longer than a text of the engine may be: 512 MiB less 24 bytes. */
  | "KEYSPACE_TEXT_TOO_LONG"
  /** Commands that cannot be applied take more than `keptBytesMax`. */
  | "KEYSPACE_KEPT_LIMIT"
  /** The commands since MULTI take more than `unitBytesMax`. */
  | "KEYSPACE_UNIT_LIMIT"
  /** A function library whose code does not begin with a line that names engine and library. */
  | "KEYSPACE_BAD_LIBRARY"
  /** A stream of a base that contradicts itself: servers refuse such a file. */
  | "KEYSPACE_BAD_STREAM"
  /** Keys and small values take more than 32 GiB. */
  | "KEYSPACE_FULL"
  /** A snapshot was read after its release. */
  | "KEYSPACE_SNAPSHOT_RELEASED";

/** The keyspace cannot go on; what was applied before stands. */
export class KeyspaceError extends Error {
  override readonly name = "KeyspaceError";
  readonly code: KeyspaceErrorCode;
  readonly db: number | undefined;
  /** Owned copy of the key's bytes. */
  readonly key: Uint8Array | undefined;

  constructor(
    code: KeyspaceErrorCode,
    detail: string,
    place: { readonly db?: number; readonly key?: Uint8Array } = {},
  ) {
    super(`keyspace: ${detail} (${code})`);
    this.code = code;
    this.db = place.db;
    this.key = place.key;
  }
}
