/**
 * A stream as the commands that make it again: entries, counters, groups, pending entries, consumers.
 *
 *   XADD …                                   each entry with its id
 *   XSETID … ENTRIESADDED … MAXDELETEDID …   last id and counters
 *   XGROUP CREATE … ENTRIESREAD …            each group
 *   XGROUP CREATECONSUMER …                  each consumer
 *   XCFGSET … IDMP-DURATION …                settings for idempotent XADD (Redis 8.6)
 *   XCLAIM … TIME … RETRYCOUNT … FORCE JUSTID   each pending entry, with its delivery time and count
 *
 * What commands cannot say is counted as left out: pending entries whose stream entry was deleted (servers
 * since 7.0 drop them in XCLAIM), nacked entries, idempotency records, and the times of consumers.
 *
 * Held in memory: the pending entries of one group, and the ids of up to `idsMax` entries, to know which
 * pending entries the server will take.
 */
import type { KeyEvent, StreamEntry, StreamGroup, StreamId, StreamMeta, StreamPart } from "@holdfast/rdb";
import type { CommandWriter } from "../output/command-writer.ts";
import { hasConsumerCreation, hasIdempotency, hasStreamCounters, type Target } from "../targets.ts";
import type { LeftOutList } from "./export-settings.ts";
import { idText } from "./json-values.ts";
import { PendingList } from "./pending-list.ts";

/** Sixteen bytes each. */
const idsMax = 2_000_000;
const placeholderGroup = "holdfast";
/** What Redis 8.6 gives every stream. */
const idmpDefaults = { durationSec: 100, entriesMax: 100 };

export class StreamCommands {
  readonly #commands: CommandWriter;
  readonly #leftOut: LeftOutList;
  readonly #pending = new PendingList();
  readonly #target: Target;
  /** Entries of the stream; undefined when there are too many to be held. */
  #ids: PendingList | undefined;
  #key: Uint8Array = new Uint8Array(0);
  #entryCount = 0;
  #group: StreamGroup<Uint8Array> | undefined;
  #consumers: Uint8Array[] = [];

  constructor(commands: CommandWriter, target: Target, leftOut: LeftOutList) {
    this.#commands = commands;
    this.#target = target;
    this.#leftOut = leftOut;
  }

  begin(event: KeyEvent): void {
    this.#key = event.key.slice();
    this.#ids = new PendingList();
    this.#entryCount = 0;
    this.#group = undefined;
    this.#consumers = [];
    this.#pending.clear();
  }

  add(part: StreamPart): void {
    switch (part.kind) {
      case "entry":
        this.#writeEntry(part);
        break;
      case "meta":
        this.#writeMeta(part);
        break;
      case "group":
        this.end();
        this.#beginGroup(part);
        break;
      case "pending":
        this.#pending.add(part.id, part.deliveredAtMs, part.deliveryCount);
        break;
      case "consumer":
        this.#writeConsumer(part.name.slice());
        break;
      case "owned":
        this.#pending.own(part.id, this.#consumers.length - 1);
        break;
      case "idmp":
        this.end();
        this.#writeIdempotencySettings(part.durationSec, part.entriesMax);
        break;
      case "idempotency":
        this.#leftOut.add("idempotency records of streams", { isLoss: true });
        break;
    }
  }

  /** Writes what is still to be said about the last group. */
  end(): void {
    if (this.#group === undefined) return;
    for (let index = 0; index < this.#pending.count; index++) this.#writePending(index, this.#group);
    this.#group = undefined;
    this.#consumers = [];
    this.#pending.clear();
  }

  #writeEntry(entry: StreamEntry): void {
    this.#entryCount++;
    if (this.#entryCount > idsMax) this.#ids = undefined;
    this.#ids?.add(entry.id, 0, 0);
    this.#commands.begin("XADD", entry.fields.length + 2);
    this.#commands.bytes(this.#key);
    this.#commands.text(idText(entry.id));
    for (const field of entry.fields) this.#commands.slice(field);
  }

  #writeMeta(meta: StreamMeta): void {
    if (this.#entryCount === 0) this.#makeEmptyStream();
    const hasCounters =
      hasStreamCounters(this.#target) && meta.entriesAdded !== undefined && meta.maxDeletedId !== undefined;
    this.#commands.begin("XSETID", hasCounters ? 6 : 2);
    this.#commands.bytes(this.#key);
    this.#commands.text(idText(meta.lastId));
    if (!hasCounters) return;
    this.#commands.text("ENTRIESADDED");
    this.#commands.number(meta.entriesAdded);
    this.#commands.text("MAXDELETEDID");
    this.#commands.text(idText(meta.maxDeletedId));
  }

  /** Only a group can be made on a stream that does not exist: one is made and removed again. */
  #makeEmptyStream(): void {
    this.#commands.begin("XGROUP CREATE", 4);
    this.#commands.bytes(this.#key);
    this.#commands.text(placeholderGroup);
    this.#commands.text("0");
    this.#commands.text("MKSTREAM");
    this.#commands.begin("XGROUP DESTROY", 2);
    this.#commands.bytes(this.#key);
    this.#commands.text(placeholderGroup);
  }

  #beginGroup(group: StreamGroup): void {
    this.#group = { ...group, name: group.name.slice() };
    const hasRead = hasStreamCounters(this.#target) && group.entriesRead !== undefined;
    this.#commands.begin("XGROUP CREATE", hasRead ? 5 : 3);
    this.#commands.bytes(this.#key);
    this.#commands.slice(group.name);
    this.#commands.text(idText(group.lastDeliveredId));
    if (!hasRead) return;
    this.#commands.text("ENTRIESREAD");
    this.#commands.number(group.entriesRead);
  }

  #writeConsumer(name: Uint8Array): void {
    this.#consumers.push(name);
    this.#leftOut.add("times at which stream consumers were last seen", { isLoss: false });
    if (this.#group === undefined || !hasConsumerCreation(this.#target)) return;
    this.#commands.begin("XGROUP CREATECONSUMER", 3);
    this.#commands.bytes(this.#key);
    this.#commands.bytes(this.#group.name);
    this.#commands.bytes(name);
  }

  /** A stream with the server's default settings has none of its own. */
  #writeIdempotencySettings(durationSec: number, entriesMax: number): void {
    if (durationSec === idmpDefaults.durationSec && entriesMax === idmpDefaults.entriesMax) return;
    if (!hasIdempotency(this.#target)) {
      this.#leftOut.add("idempotency settings of streams", { isLoss: true });
      return;
    }
    this.#commands.begin("XCFGSET", 5);
    this.#commands.bytes(this.#key);
    this.#commands.text("IDMP-DURATION");
    this.#commands.number(durationSec);
    this.#commands.text("IDMP-MAXSIZE");
    this.#commands.number(entriesMax);
  }

  #writePending(index: number, group: StreamGroup<Uint8Array>): void {
    const owner = this.#pending.ownerAt(index);
    const id = this.#pending.idAt(index);
    if (owner < 0) {
      this.#leftOut.add("pending stream entries that no consumer owns", { isLoss: true });
      return;
    }
    if (!this.#willBeClaimed(id)) {
      this.#leftOut.add("pending entries of deleted stream entries (use --format restore)", { isLoss: true });
      return;
    }
    this.#commands.begin("XCLAIM", 11);
    this.#commands.bytes(this.#key);
    this.#commands.bytes(group.name);
    this.#commands.bytes(this.#consumers[owner]);
    this.#commands.text("0");
    this.#commands.text(idText(id));
    this.#commands.text("TIME");
    this.#commands.number(this.#pending.deliveredAtMsAt(index));
    this.#commands.text("RETRYCOUNT");
    this.#commands.number(this.#pending.deliveryCountAt(index));
    this.#commands.text("FORCE");
    this.#commands.text("JUSTID");
  }

  /** Servers before 7.0 take a pending entry whether its stream entry exists or not. */
  #willBeClaimed(id: StreamId): boolean {
    if (!hasStreamCounters(this.#target)) return true;
    if (this.#ids !== undefined) return this.#ids.has(id);
    this.#leftOut.add(
      "pending entries in streams too long to be searched: the server drops those of deleted entries",
      { isLoss: false },
    );
    return true;
  }
}
