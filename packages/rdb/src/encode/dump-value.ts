/**
 * DUMP payloads for a server of choice: a value encoded for it, or a payload that only gets another footer.
 *
 * dump-payload.ts knows the footer; a target knows what it takes.
 */
import { encodeDumpPayload, parseDumpPayload } from "../dump-payload.ts";
import type { KeyEvent, RdbEvent } from "../events.ts";
import { typeTable } from "../format.ts";
import type { RdbEncoderOptions } from "./encoder.ts";
import { RdbEncodeError, type RdbLoss, type RdbLossKind } from "./losses.ts";
import { limitsWith } from "./packing-limits.ts";
import { RdbOutput } from "./rdb-output.ts";
import { holdsAsStored, type RdbTarget, targetHas } from "./targets.ts";
import { ValueContext } from "./value-context.ts";
import { ValueEncoder } from "./value-encoder.ts";

export type DumpEncodeOptions = Omit<RdbEncoderOptions, "checksum" | "counts">;

/** A payload is held whole: no server takes a larger one in a command. */
const defaultHeldBytesMax = 512 << 20;
const notYet = -1;

/**
 * The payload that DUMP of the target would answer for a key: its `key` event and the `items` events behind it; others are passed
 * over. Undefined when the target cannot hold the value, which `onLoss` was told. Expiry, idle time and frequency are not part of a
 * payload. Throws RdbEncodeError.
 */
export function encodeDumpValue(
  events: Iterable<RdbEvent>,
  options: DumpEncodeOptions,
): Uint8Array | undefined {
  const { target } = options;
  const losses = new Map<RdbLossKind, number>();
  let typeNumber = notYet;
  const lose = (kind: RdbLossKind, count = 1) => {
    losses.set(kind, (losses.get(kind) ?? 0) + count);
  };
  const output = new RdbOutput({
    compressStrings: options.compressStrings ?? true,
    hasLongLengths: targetHas(target, "longLengths"),
    heldBytesMax: options.heldBytesMax ?? defaultHeldBytesMax,
    onlyCounts: false,
  });
  const values = new ValueEncoder(
    new ValueContext({
      target,
      limits: limitsWith(target.packing, options.packing),
      output,
      head: (number) => {
        typeNumber = number;
      },
      lose,
      loseKey: lose,
    }),
  );
  const head = writeEvents(values, events);
  const meta = targetHas(target, "keyMeta") ? head.meta : undefined;
  if (head.meta !== undefined && meta === undefined) lose("key-metadata");
  for (const [kind, count] of losses) options.onLoss(lossOf(head, kind, count, typeNumber === notYet));
  if (typeNumber === notYet) return undefined;
  const value = output.take() ?? new Uint8Array(0);
  return encodeDumpPayload({ typeNumber, value, version: target.rdbVersion, meta });
}

type Head = Pick<KeyEvent, "db" | "key" | "meta">;

function writeEvents(values: ValueEncoder, events: Iterable<RdbEvent>): Head {
  let head: Head | undefined;
  for (const event of events) {
    if (event.kind === "key" && head === undefined) {
      head = { db: event.db, key: event.key.slice(), meta: event.meta?.slice() };
      values.begin(event);
    } else if (event.kind === "items" && head !== undefined) values.add(event.items, event.last);
    else continue;
    if (event.last) return head;
  }
  throw new RdbEncodeError("RDB_ENCODE_EVENTS", "no whole value among the events");
}

function lossOf(head: Head, kind: RdbLossKind, count: number, isWholeKey: boolean): RdbLoss {
  return { kind, db: head.db, key: head.key, isWholeKey, count };
}

/**
 * The same payload with the footer of the target; undefined when the target does not read its type as it is stored, or has no key
 * metadata: then decode it and encode it again. Throws RdbFormatError for a payload that is not sound.
 */
export function refootDumpPayload(payload: Uint8Array, target: RdbTarget): Uint8Array | undefined {
  const { dialect, version, typeNumber, value, meta } = parseDumpPayload(payload);
  const row = typeTable(dialect, version)[typeNumber];
  if (row === undefined || !holdsAsStored(target, row)) return undefined;
  if (meta !== undefined && !targetHas(target, "keyMeta")) return undefined;
  return encodeDumpPayload({ typeNumber, value, version: target.rdbVersion, meta });
}
