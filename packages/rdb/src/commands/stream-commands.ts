/**
 * A stream as the commands that make it again: entries, counters, groups, pending entries, consumers.
 *
 *   XADD …                                   each entry with its id
 *   XSETID … ENTRIESADDED … MAXDELETEDID …   last id and counters
 *   XGROUP CREATE … ENTRIESREAD …            each group
 *   XGROUP CREATECONSUMER …                  each consumer
 *   XCFGSET … IDMP-DURATION …                settings for idempotent XADD (Redis 8.6)
 *   XIDMPRECORD …                            what made which entry (Redis 8.6.2)
 *   XCLAIM … TIME … RETRYCOUNT … FORCE JUSTID   each pending entry, with its delivery time and count
 *
 * What commands cannot say is counted as left out: pending entries whose stream entry was deleted (servers
 * since 7.0 drop them in XCLAIM), nacked entries, and the times of consumers.
 *
 * Held in memory: the pending entries of one group, and the ids of up to `idsMax` entries, to know which
 * pending entries the server will take.
 */
import type { ByteSlice } from "../byte-slice.ts";
import type { KeyEvent, StreamEntry, StreamGroup, StreamId, StreamMeta, StreamPart } from "../events.ts";
import { type CommandTarget, commandTargetHas } from "./command-target.ts";
import type { CommandWriter } from "./command-writer.ts";
import type { LeaveOut } from "./left-out.ts";
import { PendingList } from "./pending-list.ts";

/** Sixteen bytes each. */
const idsMax = 2_000_000;
const placeholderGroup = "holdfast";
/** What Redis 8.6 gives every stream. */
const idmpDefaults = { durationSec: 100, entriesMax: 100 };

export class StreamCommands {
  readonly #commands: CommandWriter;
  readonly #leaveOut: LeaveOut;
  readonly #pending = new PendingList();
  readonly #target: CommandTarget;
  /** Entries of the stream; undefined when there are too many to be held. */
  #ids: PendingList | undefined;
  #key: Uint8Array = new Uint8Array(0);
  #entryCount = 0;
  #group: StreamGroup<Uint8Array> | undefined;
  #consumers: Uint8Array[] = [];
  #producer: Uint8Array = new Uint8Array(0);

  constructor(commands: CommandWriter, target: CommandTarget, leaveOut: LeaveOut) {
    this.#commands = commands;
    this.#target = target;
    this.#leaveOut = leaveOut;
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
      case "producer":
        this.#producer = part.id.slice();
        break;
      case "idempotency":
        this.#writeIdempotencyRecord(part.iid, part.id);
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
      commandTargetHas(this.#target, "streamCounters") &&
      meta.entriesAdded !== undefined &&
      meta.maxDeletedId !== undefined;
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
    const hasRead = commandTargetHas(this.#target, "streamCounters") && group.entriesRead !== undefined;
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
    this.#leaveOut({ kind: "consumer-time" });
    if (this.#group === undefined || !commandTargetHas(this.#target, "consumerCreation")) return;
    this.#commands.begin("XGROUP CREATECONSUMER", 3);
    this.#commands.bytes(this.#key);
    this.#commands.bytes(this.#group.name);
    this.#commands.bytes(name);
  }

  /** A stream with the server's default settings has none of its own. */
  #writeIdempotencySettings(durationSec: number, entriesMax: number): void {
    if (durationSec === idmpDefaults.durationSec && entriesMax === idmpDefaults.entriesMax) return;
    if (!commandTargetHas(this.#target, "idempotency")) {
      this.#leaveOut({ kind: "idempotency-settings" });
      return;
    }
    this.#commands.begin("XCFGSET", 5);
    this.#commands.bytes(this.#key);
    this.#commands.text("IDMP-DURATION");
    this.#commands.number(durationSec);
    this.#commands.text("IDMP-MAXSIZE");
    this.#commands.number(entriesMax);
  }

  /** Behind the settings: those forget all records. */
  #writeIdempotencyRecord(iid: ByteSlice, id: StreamId): void {
    if (!commandTargetHas(this.#target, "idempotency")) {
      this.#leaveOut({ kind: "idempotency-record" });
      return;
    }
    this.#commands.begin("XIDMPRECORD", 4);
    this.#commands.bytes(this.#key);
    this.#commands.bytes(this.#producer);
    this.#commands.slice(iid);
    this.#commands.text(idText(id));
  }

  #writePending(index: number, group: StreamGroup<Uint8Array>): void {
    const owner = this.#pending.ownerAt(index);
    const id = this.#pending.idAt(index);
    if (owner < 0) {
      this.#leaveOut({ kind: "unowned-pending-entry" });
      return;
    }
    if (!this.#willBeClaimed(id)) {
      this.#leaveOut({ kind: "deleted-pending-entry" });
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
    if (!commandTargetHas(this.#target, "streamCounters")) return true;
    if (this.#ids !== undefined) return this.#ids.has(id);
    this.#leaveOut({ kind: "unsearched-pending-entry" });
    return true;
  }
}

function idText(id: StreamId): string {
  return `${id.ms}-${id.seq}`;
}
