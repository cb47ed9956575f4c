/** What events say of keys, as sorted lines of text: the same for the same data, whatever the encoding and the order. */
import { collectEntries, type EntryValue, type RdbEntry, type RdbEvent } from "@holdfast/rdb";

export interface LineOptions {
  /** Files of Redis 6 do not have the counters of streams. Default false. */
  readonly omitsStreamCounters?: boolean;
}

/** One line a key: db, name, type, expiry, value. Functions are lines as well. */
export function entryLines(events: Iterable<RdbEvent>, options: LineOptions = {}): string[] {
  const functions: string[] = [];
  const keys: string[] = [];
  const passing = (function* () {
    for (const event of events) {
      if (event.kind === "function") functions.push(`function ${latin1(event.code)}`);
      yield event;
    }
  })();
  for (const entry of collectEntries(passing, { limitBytes: 2 ** 30 })) keys.push(entryLine(entry, options));
  return [...functions.sort(), ...keys.sort()];
}

function entryLine({ db, key, type, expireAtMs, value }: RdbEntry, options: LineOptions): string {
  return `${db} ${latin1(key)} ${type} ${expireAtMs} ${valueText(type, value, options)}`;
}

function valueText(type: string, value: EntryValue, options: LineOptions): string {
  switch (value.of) {
    case "string":
    case "opaque":
      return latin1(value.bytes);
    case "elements": {
      const texts = value.elements.map(latin1);
      return (type === "set" ? texts.sort() : texts).join("|");
    }
    case "fields":
      return value.fields
        .map(({ field, value: text, expireAtMs }) => `${latin1(field)}=${latin1(text)}@${expireAtMs}`)
        .sort()
        .join("|");
    case "scored":
      return value.members
        .map(({ member, score }) => `${latin1(member)}=${Object.is(score, -0) ? "-0" : score}`)
        .sort()
        .join("|");
    case "stream":
      return streamText(value.parts, options);
    default:
      return JSON.stringify(value.slots, plain);
  }
}

/** Without idempotency settings that are the defaults, which Redis 8.6 saves with every stream. */
function streamText(
  parts: Extract<EntryValue, { of: "stream" }>["parts"],
  { omitsStreamCounters }: LineOptions,
): string {
  const omitted = ["seenAtMs", "activeAtMs", "firstId"];
  if (omitsStreamCounters === true) omitted.push("maxDeletedId", "entriesAdded", "entriesRead");
  // A server knows by its own clock when it saw a consumer, and a log does not say it.
  const said = (name: string, value: unknown) => (omitted.includes(name) ? undefined : plain(name, value));
  const defaults = [
    '{"kind":"idmp","durationSec":100,"entriesMax":100}',
    '{"kind":"idmp-totals","added":"0","duplicates":"0"}',
  ];
  return parts
    .map((part) => JSON.stringify(part, said))
    .filter((text) => !defaults.includes(text))
    .join("\n");
}

function plain(_: string, value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  return value instanceof Uint8Array ? latin1(value) : value;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}
