/**
 * Reads chosen records of a file again: each from its place in a plain file, all in one walk where the input cannot be
 * entered in the middle.
 */
import { RdbDecoder, type RdbEvent } from "@holdfast/rdb";
import type { Session } from "../commands/session.ts";
import type { FileFacts } from "../file-facts.ts";
import type { Pass } from "../pass.ts";
import type { NamedKey } from "./key-passes.ts";

/** Takes an event of a record at level "items"; `index` is that of the record. */
export type TakeRecordEvent = (index: number, event: RdbEvent & { kind: "key" | "items" }) => void;

/**
 * Hands over the events of the records. They must be of this file; their order is that in which they are read from a plain file.
 * Throws FormatError when the file is no longer what it was.
 */
export async function readRecords(
  session: Session,
  file: FileFacts,
  records: readonly NamedKey[],
  take: TakeRecordEvent,
): Promise<void> {
  // Templates stand in front of the keys that use them, so only who reads from the start knows them.
  const canEnter = session.input.isSeekable && file.hashTemplateCount === 0;
  if (!canEnter) return walkForRecords(session, records, take);
  for (const [index, record] of records.entries()) await readRecord(session, file, record, index, take);
}

async function readRecord(
  { input, host }: Session,
  { dialect = "redis", version = 1 }: FileFacts,
  { db, recordOffset, endOffset }: NamedKey,
  index: number,
  take: TakeRecordEvent,
): Promise<void> {
  const decoder = new RdbDecoder({
    level: "items",
    path: input.name,
    reuseKeys: true,
    resume: { dialect, version, db, offset: recordOffset },
    ...(input.contentBytes === undefined ? {} : { totalBytes: input.contentBytes }),
  });
  const drain = () => {
    for (let event = decoder.next(); event !== undefined; event = decoder.next())
      if (event.kind === "key" || event.kind === "items") take(index, event);
  };
  for await (const chunk of input.chunks(recordOffset, { end: endOffset, signal: host.signal })) {
    decoder.push(chunk);
    drain();
  }
}

async function walkForRecords(
  session: Session,
  records: readonly NamedKey[],
  take: TakeRecordEvent,
): Promise<void> {
  const indexes = new Map(records.map(({ recordOffset }, index) => [recordOffset, index]));
  const run = await session.walk(
    { name: "diff-records", create: () => new RecordsPass(indexes, take) },
    undefined,
  );
  if (run.failure !== undefined) throw run.failure;
}

class RecordsPass implements Pass<void> {
  readonly decoder: Pass<void>["decoder"];
  readonly pendingBytes = 0;
  readonly #indexes: ReadonlyMap<number, number>;
  readonly #take: TakeRecordEvent;
  #index = 0;

  constructor(indexes: ReadonlyMap<number, number>, take: TakeRecordEvent) {
    this.#indexes = indexes;
    this.#take = take;
    this.decoder = {
      level: "skip",
      select: ({ recordOffset }) => (indexes.has(recordOffset) ? "items" : "omit"),
    };
  }

  consume(event: RdbEvent): void {
    if (event.kind === "key") this.#index = this.#indexes.get(event.recordOffset) as number;
    if (event.kind === "key" || event.kind === "items") this.#take(this.#index, event);
  }

  takeOutput(): undefined {}

  finish(): void {}
}
