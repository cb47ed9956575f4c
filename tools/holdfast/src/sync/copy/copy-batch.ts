/**
 * Keys on their way to one node, as commands in one buffer, with what is needed to match answers to keys.
 *
 *   SELECT │ RESTORE a │ DEL b  HSET b  PEXPIREAT b │ RESTORE c  RESTORE d  MSET e f g │
 *     0        1           2      3      4              5          6          7           commands, as they are answered
 *            └ a key ──┘ └ a key ────────────────────┘ └ a run: a key or many a command ┘
 *
 * Which command is for which key is looked up only when somebody has to know: most batches are answered with OK alone.
 */
import type { CommandsEvent } from "@holdfast/rdb";
import { CommandBuffer } from "../target/command-buffer.ts";

/** One key in a batch. Ranges are half-open. */
export interface BatchKey {
  /** Borrowed. */
  readonly name: Uint8Array;
  /** Its commands, in bytes: of a key in an MSET, all of that. */
  readonly start: number;
  readonly end: number;
  /** The same by number; SELECT is 0. */
  readonly firstCommand: number;
  readonly endCommand: number;
  /** In an MSET. Borrowed. */
  readonly value?: Uint8Array;
}

/** What was put in at once: one key, or a run. */
interface Portion {
  readonly isRun: boolean;
  readonly start: number;
  readonly firstCommand: number;
}

export class CopyBatch {
  readonly buffer = new CommandBuffer();
  #db = 0;
  #firstOffset = 0;
  #keyCount = 0;
  #commandCount = 0;
  #portions: Portion[] = [];
  #end = 0;
  #keys: readonly BatchKey[] | undefined;
  /** The last key is not over: more of it stands in the next batch of the node. */
  isOpen = false;
  /** The first key goes on from the batch before. */
  continues = false;

  /** Begins a batch without keys, again if it was; `firstOffset` is that of the first record in the snapshot. */
  begin(db: number, firstOffset: number): void {
    this.clear();
    this.#db = db;
    this.#firstOffset = firstOffset;
    this.buffer.command(["SELECT", String(db)]);
    this.#commandCount = 1;
    this.#end = this.buffer.size;
  }

  get db(): number {
    return this.#db;
  }

  get firstOffset(): number {
    return this.#firstOffset;
  }

  get keyCount(): number {
    return this.#keyCount;
  }

  /** Of all commands, SELECT among them. */
  get commandCount(): number {
    return this.#commandCount;
  }

  /** The key is over whose commands were written to the buffer. */
  endKey(commandCount: number): void {
    this.#put(false, commandCount, 1);
  }

  /** A run of keys, copied. */
  addRun({ bytes, commandCount, keyCount }: CommandsEvent): void {
    this.buffer.bytes(bytes);
    this.#put(true, commandCount, keyCount);
  }

  #put(isRun: boolean, commandCount: number, keyCount: number): void {
    this.#portions.push({ isRun, start: this.#end, firstCommand: this.#commandCount });
    this.#end = this.buffer.size;
    this.#commandCount += commandCount;
    this.#keyCount += keyCount;
    this.#keys = undefined;
  }

  /** Every key, in order: a look at all of the batch. */
  get keys(): readonly BatchKey[] {
    this.#keys ??= this.#portions.flatMap((portion, index) => {
      const next = this.#portions[index + 1];
      const { view } = this.buffer;
      const end = next?.start ?? this.#end;
      if (portion.isRun) return keysOfRun(view, { ...portion, end });
      const { start, firstCommand } = portion;
      const endCommand = next?.firstCommand ?? this.#commandCount;
      return [{ name: wordsOf(view, start, 2).words[1], start, end, firstCommand, endCommand }];
    });
    return this.#keys;
  }

  keysOfCommand(command: number): readonly BatchKey[] {
    return this.keys.filter(
      ({ firstCommand, endCommand }) => firstCommand <= command && command < endCommand,
    );
  }

  /** The payload of a key that goes as RESTORE; undefined for other commands. Borrowed. */
  payloadOf({ start }: BatchKey): Uint8Array | undefined {
    const { words } = wordsOf(this.buffer.view, start, 4);
    return words[0].toString("latin1") === "RESTORE" ? words[3] : undefined;
  }

  /** Another batch with some of the keys of this one, none of which is in an MSET. */
  withKeys(keys: readonly BatchKey[]): CopyBatch {
    const batch = new CopyBatch();
    batch.begin(this.#db, this.#firstOffset);
    for (const { start, end, firstCommand, endCommand } of keys) {
      batch.buffer.bytes(this.buffer.view, start, end);
      batch.endKey(endCommand - firstCommand);
    }
    return batch;
  }

  /** Keys of an MSET as one SET each. */
  oneByOne(keys: readonly BatchKey[]): CopyBatch {
    const batch = new CopyBatch();
    batch.begin(this.#db, this.#firstOffset);
    for (const { name, value = new Uint8Array(0) } of keys) {
      batch.buffer.command(["SET", name, value]);
      batch.endKey(1);
    }
    return batch;
  }

  clear(): void {
    this.buffer.clear();
    this.#keyCount = 0;
    this.#commandCount = 0;
    this.#portions = [];
    this.#keys = undefined;
    this.isOpen = false;
    this.continues = false;
  }
}

function keysOfRun(bytes: Buffer, { start, end, firstCommand }: Portion & { readonly end: number }) {
  const keys: BatchKey[] = [];
  for (let at = start, command = firstCommand; at < end; command++) {
    const { words, behind } = wordsOf(bytes, at, Number.MAX_SAFE_INTEGER);
    const place = { start: at, end: behind, firstCommand: command, endCommand: command + 1 };
    if (words[0].toString("latin1") !== "MSET") keys.push({ name: words[1], ...place });
    else
      for (let word = 1; word + 1 < words.length; word += 2)
        keys.push({ name: words[word], value: words[word + 1], ...place });
    at = behind;
  }
  return keys;
}

/** The first words of a command that stands at `start` in the form `*n $size bytes …`: the command is ours, so it is whole. */
function wordsOf(bytes: Buffer, start: number, countMax: number) {
  let lineEnd = bytes.indexOf(LINE_FEED, start);
  const count = Math.min(countMax, numberAt(bytes, start + 1, lineEnd));
  const words: Buffer[] = [];
  for (let word = 0; word < count; word++) {
    const at = lineEnd + 1;
    lineEnd = bytes.indexOf(LINE_FEED, at);
    const behind = lineEnd + 1 + numberAt(bytes, at + 1, lineEnd);
    words.push(bytes.subarray(lineEnd + 1, behind));
    lineEnd = behind + 1;
  }
  return { words, behind: lineEnd + 1 };
}

/** What stands between the mark of a line and its end. */
function numberAt(bytes: Buffer, start: number, lineEnd: number): number {
  let value = 0;
  for (let at = start; at < lineEnd - 1; at++) value = value * 10 + bytes[at] - DIGIT_0;
  return value;
}

const LINE_FEED = 0x0a;
const DIGIT_0 = 0x30;
