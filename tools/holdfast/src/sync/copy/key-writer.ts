/**
 * Events of a snapshot as commands for the nodes of a target, in batches: the synchronous half of a copy.
 *
 *   events ──▶ rules (filter, name, db) ──▶ EventCommands of the node ──▶ CopyBatch ──▶ key-copier.ts sends it
 *   runs of a CommandLane ─────────────────────────────────────────────────▲   where names do not matter, and there is one node
 *
 * Values that the target takes as they are stored go as RESTORE, others as ordinary commands (EventCommands, form "either"). What the
 * target cannot hold is counted by kind, and named.
 *
 * `npm run bench -- sync` watches it.
 */
import {
  type CommandsEvent,
  type CommandTarget,
  EventCommands,
  type FileOrigin,
  type ItemsEvent,
  isLoss,
  type KeyEvent,
  type KeyHead,
  type LeftOutPart,
  type ReadLevel,
} from "@holdfast/rdb";
import type { KeyRules } from "../key-rules.ts";
import type { LeftOutList } from "../left-out-list.ts";
import { namedKey } from "../named-key.ts";
import { CopyBatch } from "./copy-batch.ts";

/** A batch is sent at this size, or with so many keys. */
const BATCH_BYTES = 256 << 10;
const BATCH_KEYS = 1024;
/** And so is a part of a key that is larger than that. */
const OPEN_KEY_BYTES = 4 << 20;

export interface KeyWriterOptions {
  readonly nodeCount: number;
  readonly nodeOfKey: (key: Uint8Array) => number;
  readonly commandTarget: CommandTarget;
  readonly origin: () => FileOrigin;
  readonly isReplacing: boolean;
  readonly rules: KeyRules;
  readonly leftOut: LeftOutList;
}

/** To be sent to this node (index), and given back when it was answered. */
export interface ReadyBatch {
  readonly node: number;
  readonly batch: CopyBatch;
}

/** What is being written for one node. */
interface Lane {
  readonly commands: EventCommands;
  batch: CopyBatch;
  /** Of `commands`, before the key under way. */
  commandsBefore: number;
}

export class KeyWriter {
  readonly #options: KeyWriterOptions;
  readonly #lanes: readonly Lane[];
  #lane: Lane;
  /** The key under way, in its database here and under its name there. */
  #key: { readonly db: number; readonly name: Uint8Array } | undefined;

  constructor(options: KeyWriterOptions) {
    this.#options = options;
    this.#lanes = Array.from({ length: options.nodeCount }, () => this.#makeLane());
    this.#lane = this.#lanes[0];
  }

  /** At which level a decoder has to read a key. */
  levelOf(head: KeyHead): ReadLevel | "omit" {
    const { rules } = this.#options;
    if (!rules.fits(head.db, head.keyBuffer, head.keyStart, head.keyEnd)) return "omit";
    return this.#lanes[0].commands.levelOf(head);
  }

  /** A key comes. Returns a batch that has to be sent first, because it is for another database. */
  startKey(event: KeyEvent): ReadyBatch | undefined {
    const { rules } = this.#options;
    const name = rules.nameOf(event.key);
    const db = rules.dbOf(event.db);
    const node = this.#options.nodeOfKey(name);
    this.#lane = this.#lanes[node];
    return this.#otherDb(node, db);
  }

  /** What has to be sent before keys of this database can be written for a node. */
  #otherDb(node: number, db: number): ReadyBatch | undefined {
    const { batch } = this.#lanes[node];
    return batch.keyCount > 0 && batch.db !== db ? { node, batch: this.#takeBatch(node) } : undefined;
  }

  /** Takes a run of keys, for the one node that there is. Returns batches that have to be sent, in order. */
  writeRun(event: CommandsEvent): ReadyBatch[] {
    const node = 0;
    const { rules } = this.#options;
    const db = rules.dbOf(event.db);
    const other = this.#otherDb(node, db);
    const { batch } = this.#lanes[node];
    if (batch.keyCount === 0) batch.begin(db, event.recordOffset);
    batch.addRun(event);
    const full = isFull(batch) ? { node, batch: this.#takeBatch(node) } : undefined;
    return [other, full].filter((ready) => ready !== undefined);
  }

  /** Takes the key that startKey() was told of, or more of it. Returns a batch that is full. */
  write(event: KeyEvent | ItemsEvent): ReadyBatch | undefined {
    const lane = this.#lane;
    if (event.kind === "key") this.#begin(lane, event);
    const isWhole = lane.commands.take(event.kind === "key" ? this.#renamed(event) : event);
    const node = this.#lanes.indexOf(lane);
    if (!isWhole) {
      if (lane.batch.buffer.size < OPEN_KEY_BYTES) return undefined;
      this.#endSpan(lane);
      lane.batch.isOpen = true;
      const batch = this.#takeBatch(node);
      lane.batch.begin(batch.db, batch.firstOffset);
      lane.batch.continues = true;
      return { node, batch };
    }
    this.#endSpan(lane);
    return isFull(lane.batch) ? { node, batch: this.#takeBatch(node) } : undefined;
  }

  /** What waits, of all nodes. */
  rest(): ReadyBatch[] {
    return this.#lanes.flatMap((lane, node) =>
      lane.batch.keyCount > 0 ? [{ node, batch: this.#takeBatch(node) }] : [],
    );
  }

  #begin({ batch }: Lane, event: KeyEvent): void {
    const { rules } = this.#options;
    if (batch.keyCount === 0) batch.begin(rules.dbOf(event.db), event.recordOffset);
    this.#key = { db: event.db, name: event.key };
  }

  /** A key that wrote nothing was left out, and is counted already. */
  #endSpan(lane: Lane): void {
    const commandCount = lane.commands.commandCount - lane.commandsBefore;
    lane.commandsBefore = lane.commands.commandCount;
    if (commandCount > 0) lane.batch.endKey(commandCount);
  }

  #takeBatch(node: number): CopyBatch {
    const lane = this.#lanes[node];
    const { batch } = lane;
    lane.batch = this.#spare.pop() ?? new CopyBatch();
    return batch;
  }

  readonly #spare: CopyBatch[] = [];

  /** A batch that was answered is used again. */
  giveBack(batch: CopyBatch): void {
    batch.clear();
    this.#spare.push(batch);
  }

  #renamed(event: KeyEvent): KeyEvent {
    const { rules } = this.#options;
    const name = rules.nameOf(event.key);
    if (name.length === event.keyEnd - event.keyStart && Buffer.compare(name, event.key) === 0) return event;
    return namedKey(event, name, event.expireAtMs);
  }

  #makeLane(): Lane {
    const lane: Lane = {
      batch: new CopyBatch(),
      commandsBefore: 0,
      commands: new EventCommands({
        sink: {
          byte: (value) => lane.batch.buffer.byte(value),
          bytes: (source, start, end) => lane.batch.buffer.bytes(source, start, end),
          ascii: (text) => lane.batch.buffer.ascii(text),
          integer: (value) => lane.batch.buffer.integer(value),
        },
        form: "either",
        target: () => this.#options.commandTarget,
        origin: this.#options.origin,
        isReplacing: this.#options.isReplacing,
        selects: false,
        leaveOut: (part) => this.#leaveOut(part),
      }),
    };
    return lane;
  }

  #leaveOut({ kind, count = 1, type }: LeftOutPart): void {
    const name = kind === "form" ? `${type} in a form that the target does not restore` : kind;
    this.#options.leftOut.add(name, {
      isLoss: isLoss(kind),
      count,
      key: this.#key?.name.slice(),
      db: this.#key?.db ?? 0,
    });
  }
}

function isFull({ buffer, keyCount }: CopyBatch): boolean {
  return buffer.size >= BATCH_BYTES || keyCount >= BATCH_KEYS;
}
