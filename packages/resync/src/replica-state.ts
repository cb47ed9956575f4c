/**
 * What a replica has to remember to go on where it was: the history it followed, up to which offset, and the db that is selected there.
 *
 * It has to be made durable in one step with the data: an offset that is ahead of the data loses writes without a trace, one that
 * is behind applies them twice. As text it is one line of JSON:
 *
 *   {"replid":"7ae4…","offset":174,"db":3,"previous":[{"replid":"c0de…","validThrough":90}]}
 */
import { ResyncError } from "./errors.ts";
import { parseReplicationId, type ReplicationHistory } from "./replication-id.ts";

export interface ReplicaState {
  readonly history: ReplicationHistory;
  /** Everything before it is part of the data; it stands between two units of the stream (stream-units.ts). */
  readonly offset: number;
  /** What SELECT said last; undefined before the first one. It is not repeated after a partial resync. */
  readonly db: number | undefined;
}

export function formatReplicaState(state: ReplicaState): string {
  const { history, offset, db } = state;
  return JSON.stringify({ replid: history.replid, offset, db: db ?? null, previous: history.previous });
}

/** Throws RESYNC_BAD_STATE when the text is not what formatReplicaState() makes: guessing could lose writes. */
export function parseReplicaState(text: string): ReplicaState {
  const fields = parseJson(text);
  const replid = parseReplicationId(String(fields.replid));
  const previous = Array.isArray(fields.previous) ? fields.previous.map(parsePrevious) : undefined;
  if (replid === undefined || previous === undefined || !isOffset(fields.offset) || !isDb(fields.db))
    throw badState("expected replid, offset, db and previous");
  return { history: { replid, previous }, offset: fields.offset, db: fields.db ?? undefined };
}

function parseJson(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw badState("expected JSON", cause);
  }
  throw badState("expected an object");
}

function parsePrevious(entry: unknown): ReplicationHistory["previous"][number] {
  const { replid, validThrough } = (entry ?? {}) as Readonly<Record<string, unknown>>;
  const parsed = parseReplicationId(String(replid));
  if (parsed === undefined || !isOffset(validThrough)) throw badState("a previous replid that is none");
  return { replid: parsed, validThrough };
}

function isOffset(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isDb(value: unknown): value is number | null {
  return value === null || isOffset(value);
}

function badState(detail: string, cause?: unknown): ResyncError {
  return new ResyncError("RESYNC_BAD_STATE", `the state of a replica cannot be read: ${detail}`, { cause });
}
