/**
 * Streams: types 15, 19, 21, 26 and 27, which differ in what stands behind the entries (values/streams.ts draws it).
 *
 * The parts come in the order of the file, and every count before them is a gap. What the target's type has no place for is told as
 * a loss, unless a server that loads the file would come to the same by itself.
 *
 * Source: rdb.c of Redis and Valkey, rdbSaveObject and rdbLoadObject.
 */
import type { ItemBatch, KeyEvent, StreamGroup, StreamId, StreamMeta, StreamPart } from "../events.ts";
import { wrongBatch } from "./collection-writer.ts";
import { RdbEncodeError } from "./losses.ts";
import { NackZones } from "./nack-zones.ts";
import { StreamNodes } from "./stream-nodes.ts";
import { targetHas } from "./targets.ts";
import type { ValueContext, ValueWriter } from "./value-context.ts";

const type = { first: 15, counters: 19, activeTime: 21, idmp: 26, nackZone: 27 } as const;

const zeroId: StreamId = { ms: 0n, seq: 0n };
const unknownCount = -1n;
/** What a Redis 8.6 that was not told otherwise has: a stream with these settings and no ids loses nothing without them. */
const idmpDefaults = { durationSec: 100, entriesMax: 100 } as const;

/** What the gap opened last counts. */
type Level = "nodes" | "groups" | "pending" | "consumers" | "owned" | "nacked" | "producers" | "ids" | "over";

export class StreamWriter implements ValueWriter {
  readonly #context: ValueContext;
  readonly #nodes: StreamNodes;
  readonly #nackZones: NackZones;
  #type: number = type.first;
  #level: Level = "nodes";
  /** Things counted at each open level. */
  #counts = { groups: 0, pending: 0, consumers: 0, owned: 0, nacked: 0, producers: 0, ids: 0 };
  #live = 0;
  #firstId: StreamId | undefined;
  #hasFilter = false;
  #wroteTotals = false;

  constructor(context: ValueContext) {
    this.#context = context;
    this.#nodes = new StreamNodes(context);
    this.#nackZones = new NackZones(
      (part) => this.#write(part),
      (count) => context.lose("nacked-entries", count),
    );
  }

  begin(event: KeyEvent): void {
    this.#type = this.#chooseType(event.row.number);
    this.#hasFilter = event.row.number >= type.nackZone && this.#type < type.nackZone;
    this.#level = "nodes";
    this.#live = 0;
    this.#firstId = undefined;
    this.#wroteTotals = false;
    this.#nodes.begin();
    this.#context.head(this.#type);
    this.#context.output.openGap();
  }

  /** Idempotency settings are not made up: a stream that had none stays of an older type. */
  #chooseType(source: number): number {
    const { target } = this.#context;
    if (source >= type.idmp && targetHas(target, "nackZone")) return type.nackZone;
    if (source >= type.idmp && targetHas(target, "idempotency")) return type.idmp;
    if (targetHas(target, "consumerActiveTime")) return type.activeTime;
    return targetHas(target, "streamCounters") ? type.counters : type.first;
  }

  add(batch: ItemBatch): void {
    if (batch.of !== "stream") throw wrongBatch(batch, "stream parts");
    for (const part of batch.parts) {
      if (part.kind === "entry") {
        this.#firstId ??= part.id;
        this.#live += 1;
        this.#nodes.add(part);
      } else if (this.#hasFilter) this.#nackZones.add(part);
      else this.#write(part);
    }
  }

  end(): void {
    if (this.#hasFilter) this.#nackZones.end();
    if (this.#level === "nodes") throw outOfOrder("the end");
    if (this.#type >= type.idmp && !this.#wroteTotals) this.#writeMissingIdmp();
    this.#closeTo("over");
  }

  #writeMissingIdmp(): void {
    this.#write({ kind: "idmp", ...idmpDefaults });
    this.#write({ kind: "idmp-totals", added: 0n, duplicates: 0n });
  }

  #write(part: Exclude<StreamPart, { kind: "entry" }>): void {
    switch (part.kind) {
      case "meta":
        this.#writeMeta(part);
        break;
      case "group":
        this.#writeGroup(part);
        break;
      case "pending":
        this.#writePending(part);
        break;
      case "consumer":
        this.#writeConsumer(part);
        break;
      case "owned":
        this.#expect("owned", part.kind);
        this.#counts.owned += 1;
        this.#context.output.rawId(part.id.ms, part.id.seq);
        break;
      case "nacked":
        this.#writeNacked(part.id);
        break;
      default:
        this.#writeIdmpPart(part);
    }
  }

  #writeMeta(meta: StreamMeta): void {
    const { output } = this.#context;
    this.#expect("nodes", "meta");
    this.#nodes.finish();
    output.closeGap(this.#nodes.count);
    output.length(this.#live);
    this.#writeId(meta.lastId);
    if (this.#type >= type.counters) {
      this.#writeId(this.#firstId ?? zeroId);
      this.#writeId(meta.maxDeletedId ?? zeroId);
      output.length64(meta.entriesAdded ?? BigInt(this.#live));
    } else if (isNewsBeside(meta, this.#live)) {
      this.#context.lose("stream-counters");
    }
    this.#level = "groups";
    this.#counts.groups = 0;
    output.openGap();
  }

  #writeGroup({ name, lastDeliveredId, entriesRead }: StreamGroup): void {
    const { output } = this.#context;
    this.#closeTo("groups");
    this.#counts.groups += 1;
    output.string(name.buffer, name.start, name.end);
    this.#writeId(lastDeliveredId);
    if (this.#type >= type.counters) output.length64(entriesRead ?? unknownCount);
    else if (entriesRead !== undefined) this.#context.lose("stream-counters");
    this.#open("pending");
  }

  #writePending({ id, deliveredAtMs, deliveryCount }: Extract<StreamPart, { kind: "pending" }>): void {
    const { output } = this.#context;
    this.#expect("pending", "pending");
    this.#counts.pending += 1;
    output.rawId(id.ms, id.seq);
    output.int64(deliveredAtMs);
    output.length(deliveryCount);
  }

  #writeConsumer({ name, seenAtMs, activeAtMs }: Extract<StreamPart, { kind: "consumer" }>): void {
    const { output } = this.#context;
    this.#toConsumers();
    this.#counts.consumers += 1;
    output.string(name.buffer, name.start, name.end);
    output.int64(seenAtMs);
    if (this.#type >= type.activeTime) output.int64(activeAtMs ?? seenAtMs);
    else if (activeAtMs !== undefined && activeAtMs !== seenAtMs) this.#context.lose("consumer-active-time");
    this.#open("owned");
  }

  #writeNacked({ ms, seq }: StreamId): void {
    if (this.#type < type.nackZone) throw outOfOrder("nacked");
    if (this.#level !== "nacked") {
      this.#toConsumers();
      this.#context.output.closeGap(this.#counts.consumers);
      this.#open("nacked");
    }
    this.#counts.nacked += 1;
    this.#context.output.rawId(ms, seq);
  }

  #writeIdmpPart(
    part: Extract<StreamPart, { kind: "idmp" | "producer" | "idempotency" | "idmp-totals" }>,
  ): void {
    if (this.#type < type.idmp) {
      if (saysSomething(part)) this.#context.lose("idempotency");
      return;
    }
    const { output } = this.#context;
    switch (part.kind) {
      case "idmp":
        this.#closeTo("over");
        output.length(part.durationSec);
        output.length(part.entriesMax);
        this.#open("producers");
        break;
      case "producer":
        this.#closeTo("producers");
        this.#counts.producers += 1;
        output.string(part.id.buffer, part.id.start, part.id.end);
        this.#open("ids");
        break;
      case "idempotency":
        this.#expect("ids", part.kind);
        this.#counts.ids += 1;
        output.string(part.iid.buffer, part.iid.start, part.iid.end);
        this.#writeId(part.id);
        break;
      case "idmp-totals":
        this.#closeTo("over");
        output.length64(part.added);
        output.length64(part.duplicates);
        this.#wroteTotals = true;
    }
  }

  #writeId({ ms, seq }: StreamId): void {
    this.#context.output.length64(ms);
    this.#context.output.length64(seq);
  }

  #open(level: Exclude<Level, "nodes" | "over">): void {
    this.#level = level;
    this.#counts[level] = 0;
    this.#context.output.openGap();
  }

  #expect(level: Level, what: string): void {
    if (this.#level !== level) throw outOfOrder(what);
  }

  /** Behind the pending entries, or behind a consumer's: at the consumers of the group. */
  #toConsumers(): void {
    if (this.#level === "owned") {
      this.#context.output.closeGap(this.#counts.owned);
      this.#level = "consumers";
      return;
    }
    if (this.#level === "consumers") return;
    this.#expect("pending", "consumer");
    this.#context.output.closeGap(this.#counts.pending);
    this.#open("consumers");
  }

  /** Closes everything that is open inside the level; "over" closes all. */
  #closeTo(wanted: "groups" | "producers" | "over"): void {
    const { output } = this.#context;
    while (this.#level !== wanted) {
      switch (this.#level) {
        case "pending":
        case "owned":
          this.#toConsumers();
          break;
        case "consumers":
          output.closeGap(this.#counts.consumers);
          if (this.#type >= type.nackZone) this.#open("nacked");
          else this.#level = "groups";
          break;
        case "nacked":
          output.closeGap(this.#counts.nacked);
          this.#level = "groups";
          break;
        case "groups":
          output.closeGap(this.#counts.groups);
          this.#level = "over";
          break;
        case "ids":
          output.closeGap(this.#counts.ids);
          this.#level = "producers";
          break;
        case "producers":
          output.closeGap(this.#counts.producers);
          this.#level = "over";
          break;
        default:
          throw outOfOrder(wanted);
      }
    }
  }
}

/** Whether the counters say what a server would not assume by itself when they are missing. */
function isNewsBeside({ maxDeletedId, entriesAdded }: StreamMeta, live: number): boolean {
  const wasDeleted = maxDeletedId !== undefined && (maxDeletedId.ms !== 0n || maxDeletedId.seq !== 0n);
  return wasDeleted || (entriesAdded !== undefined && entriesAdded !== BigInt(live));
}

function saysSomething(
  part: Extract<StreamPart, { kind: "idmp" | "producer" | "idempotency" | "idmp-totals" }>,
): boolean {
  switch (part.kind) {
    case "idmp":
      return part.durationSec !== idmpDefaults.durationSec || part.entriesMax !== idmpDefaults.entriesMax;
    case "idmp-totals":
      return part.added !== 0n || part.duplicates !== 0n;
    default:
      return true;
  }
}

function outOfOrder(what: string): RdbEncodeError {
  return new RdbEncodeError("RDB_ENCODE_EVENTS", `stream part out of order: ${what}`);
}
