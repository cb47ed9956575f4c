/**
 * Streams: types 15, 19, 21, 26 and 27, which differ in what stands behind the entries.
 *
 *   nodes      count × (16-byte id, listpack: stream-node.ts)
 *   counters   length, last id; from 19 first id, greatest deleted id, entries added
 *   groups     count × (name, last delivered id; from 19 entries read;
 *              pending:   count × (raw id, int64 delivery ms, delivery count)
 *              consumers: count × (name, int64 seen ms; from 21 int64 active ms; count × raw id)
 *              from 27 nacked: count × raw id)
 *   idmp       from 26: duration s, entries max, producers × (id, count × (iid, id)), ids added, duplicates
 *
 * A raw id is 16 bytes, both halves big-endian; an id elsewhere is two lengths.
 *
 * Source: rdb.c and t_stream.c of Redis and Valkey.
 */
import type { ByteSlice } from "../byte-slice.ts";
import type { StreamId } from "../events.ts";
import { idmpLimits } from "../format.ts";
import { ByteSet } from "./byte-set.ts";
import { StreamNode } from "./stream-node.ts";
import type { ValueReader, ValueScan } from "./value-scan.ts";

const rawIdBytes = 16;
/** What the slice of a text costs, about: entries of many empty texts must fill a batch too. */
const sliceBytes = 64;

const typeWithCounters = 19;
const typeWithActiveTime = 21;
const typeWithIdmp = 26;
const typeWithNackZone = 27;

/** What a stream's reader remembers between phases. */
class StreamMemory {
  node: StreamNode | undefined;
  liveEntries = 0;
  groupsLeft = 0;
  consumersLeft = 0;
  producersLeft = 0;
  /** Level "check": ids pending in the group, and those that a consumer or the nack zone has. */
  readonly pending: ByteSet;
  /** Stream offsets of the ids in `pending`, in the same order. */
  pendingOffsets: number[] = [];
  readonly owned: ByteSet;
  readonly groupNames: ByteSet;
  readonly consumerNames: ByteSet;

  constructor(limitBytes: number) {
    this.pending = new ByteSet(limitBytes);
    this.owned = new ByteSet(limitBytes);
    this.groupNames = new ByteSet(limitBytes);
    this.consumerNames = new ByteSet(limitBytes);
  }
}

/** A step of the value: reads one round and says which phase comes next, or nothing to stay. */
type Step = (scan: ValueScan, memory: StreamMemory) => void;

const phase = {
  nodeCount: 0,
  nodes: 1,
  entries: 2,
  meta: 3,
  groupCount: 4,
  group: 5,
  pending: 6,
  consumerCount: 7,
  consumer: 8,
  owned: 9,
  nackedCount: 10,
  nacked: 11,
  idmp: 12,
  producer: 13,
  idempotency: 14,
  totals: 15,
  over: 16,
} as const;

export const readStream: ValueReader = (scan) => {
  const memory = scan.remember(() => new StreamMemory(scan.limits.duplicatesLimitBytes));
  while (scan.phase !== phase.over) {
    if (scan.isBatchFull) return false;
    steps[scan.phase](scan, memory);
    scan.cursor.commit();
  }
  return true;
};

const steps: readonly Step[] = [
  (scan) => scan.enter(phase.nodes, scan.cursor.length()),
  readNode,
  readEntry,
  readMeta,
  (scan, memory) => {
    memory.groupsLeft = scan.cursor.length();
    scan.phase = phase.group;
  },
  readGroup,
  readPending,
  (scan, memory) => {
    memory.consumersLeft = scan.cursor.length();
    memory.consumerNames.clear();
    scan.phase = phase.consumer;
  },
  readConsumer,
  readOwned,
  (scan) => scan.enter(phase.nacked, scan.cursor.length()),
  readNacked,
  readIdmp,
  readProducer,
  readIdempotency,
  readTotals,
];

function readNode(scan: ValueScan, memory: StreamMemory): void {
  if (scan.left === 0) {
    scan.phase = phase.meta;
    return;
  }
  const { cursor, strings } = scan;
  scan.readElement();
  const at = strings.at;
  if (strings.end - strings.start !== rawIdBytes) {
    cursor.fail("RDB_BAD_STREAM", `the id of a node has ${strings.end - strings.start} bytes, not 16`, at);
  }
  const { buffer, start } = strings;
  const id = rawIdAt(viewOf(scan, buffer), start);
  const isSound = scan.openPacked("listpack");
  if (!scan.building && !scan.seen.add(buffer, start, start + rawIdBytes)) {
    scan.report("RDB_BAD_STREAM", "a node stands twice in the stream", at);
  }
  if (isSound) openNode(scan, memory, id);
  scan.left -= 1;
}

function openNode(scan: ValueScan, memory: StreamMemory, id: StreamId): void {
  try {
    memory.node = new StreamNode(
      scan.packed,
      id,
      scan.strings.at,
      scan.building ? scan.strings.arena : undefined,
    );
    memory.liveEntries += memory.node.live;
    scan.phase = phase.entries;
    if (!scan.building) checkEntries(memory.node);
  } catch (error) {
    scan.packed.left = 0;
    scan.phase = phase.nodes;
    scan.reportDamage(error);
  }
}

function checkEntries(node: StreamNode): void {
  while (!node.isOver) node.next();
  node.finish();
}

/** Hands over entries of the open node, as many as the batch takes. */
function readEntry(scan: ValueScan, memory: StreamMemory): void {
  const { node } = memory;
  while (scan.building && node !== undefined && !node.isOver) {
    if (scan.isBatchFull) return;
    const entry = node.next();
    if (entry !== undefined)
      scan.addPart(
        entry,
        entry.fields.reduce((sum, bytes) => sum + bytes.length + sliceBytes, 0),
      );
  }
  if (scan.building) node?.finish();
  memory.node = undefined;
  scan.phase = phase.nodes;
}

function readMeta(scan: ValueScan, memory: StreamMemory): void {
  const { cursor } = scan;
  const at = cursor.window.position;
  const length = cursor.length();
  const lastId = readId(scan);
  const hasCounters = scan.row.number >= typeWithCounters;
  const firstId = hasCounters ? readId(scan) : undefined;
  const maxDeletedId = hasCounters ? readId(scan) : undefined;
  const entriesAdded = hasCounters ? cursor.length64() : undefined;
  if (scan.building) scan.addPart({ kind: "meta", length, lastId, firstId, maxDeletedId, entriesAdded });
  scan.itemCount = length;
  if (length !== memory.liveEntries) {
    const cause = "early Redis 5.0 miscounted after XDEL; Redis 8.8 and Valkey 9.1 refuse such a file";
    scan.warn(
      "RDB_STREAM_LENGTH",
      `the stream says ${length} entries, ${memory.liveEntries} are there: ${cause}`,
      at,
    );
  }
  scan.phase = phase.groupCount;
}

function readGroup(scan: ValueScan, memory: StreamMemory): void {
  if (memory.groupsLeft === 0) {
    scan.phase = scan.row.number >= typeWithIdmp ? phase.idmp : phase.over;
    return;
  }
  const { cursor } = scan;
  const name = readName(scan);
  const at = scan.strings.at;
  const lastDeliveredId = readId(scan);
  const entriesRead = scan.row.number >= typeWithCounters ? cursor.optionalLength64() : undefined;
  const pendingCount = cursor.length();
  if (scan.building) scan.addPart({ kind: "group", name, lastDeliveredId, entriesRead });
  else if (!memory.groupNames.add(name.buffer, name.start, name.end))
    scan.report("RDB_BAD_STREAM", "a group stands twice in the stream", at);
  memory.pending.clear();
  memory.pendingOffsets = [];
  memory.owned.clear();
  memory.groupsLeft -= 1;
  scan.enter(phase.pending, pendingCount);
}

function readPending(scan: ValueScan, memory: StreamMemory): void {
  if (scan.left === 0) {
    scan.phase = phase.consumerCount;
    return;
  }
  const { cursor } = scan;
  const at = cursor.window.position;
  const { buffer, view } = cursor.window;
  passRawId(scan);
  const deliveredAtMs = cursor.int64();
  const deliveryCount = cursor.length();
  if (scan.building) scan.addPart({ kind: "pending", id: rawIdAt(view, at), deliveredAtMs, deliveryCount });
  else if (!memory.pending.add(buffer, at, at + rawIdBytes))
    scan.report("RDB_BAD_STREAM", "an id stands twice in the pending entries of a group", at);
  else if (memory.pending.isComplete) memory.pendingOffsets.push(cursor.window.start + at);
  scan.left -= 1;
}

function readConsumer(scan: ValueScan, memory: StreamMemory): void {
  if (memory.consumersLeft === 0) {
    scan.phase = scan.row.number >= typeWithNackZone ? phase.nackedCount : endOfGroup(scan, memory);
    return;
  }
  const { cursor } = scan;
  const name = readName(scan);
  const at = scan.strings.at;
  const seenAtMs = cursor.int64();
  const activeAtMs = scan.row.number >= typeWithActiveTime ? cursor.int64() : undefined;
  const ownedCount = cursor.length();
  if (scan.building) scan.addPart({ kind: "consumer", name, seenAtMs, activeAtMs });
  else if (!memory.consumerNames.add(name.buffer, name.start, name.end))
    scan.report("RDB_BAD_STREAM", "a consumer stands twice in its group", at);
  memory.consumersLeft -= 1;
  scan.enter(phase.owned, ownedCount);
}

function readOwned(scan: ValueScan, memory: StreamMemory): void {
  if (scan.left === 0) {
    scan.phase = phase.consumer;
    return;
  }
  const at = scan.cursor.window.position;
  passRawId(scan);
  if (scan.building) scan.addPart({ kind: "owned", id: rawIdAt(scan.cursor.window.view, at) });
  else checkOwner(scan, memory, at, "a consumer");
  scan.left -= 1;
}

function readNacked(scan: ValueScan, memory: StreamMemory): void {
  if (scan.left === 0) {
    scan.phase = endOfGroup(scan, memory);
    return;
  }
  const at = scan.cursor.window.position;
  passRawId(scan);
  if (scan.building) scan.addPart({ kind: "nacked", id: rawIdAt(scan.cursor.window.view, at) });
  else checkOwner(scan, memory, at, "the nack zone");
  scan.left -= 1;
}

function checkOwner(scan: ValueScan, memory: StreamMemory, at: number, who: string): void {
  const { buffer } = scan.cursor.window;
  if (memory.pending.isComplete && !memory.pending.has(buffer, at, at + rawIdBytes)) {
    scan.report("RDB_BAD_STREAM", `${who} has an id that is not pending in the group`, at);
  } else if (!memory.owned.add(buffer, at, at + rawIdBytes)) {
    scan.report("RDB_BAD_STREAM", `${who} has an id that has an owner already`, at);
  }
}

/** Level "check": every pending entry must have an owner. Returns the phase that comes next. */
function endOfGroup(scan: ValueScan, memory: StreamMemory): number {
  const { pending, owned, pendingOffsets } = memory;
  if (scan.building || !pending.isComplete || !owned.isComplete || owned.size >= pending.size)
    return phase.group;
  const unowned = pending.findIndex((raw) => !owned.has(raw, 0, rawIdBytes));
  const at = pendingOffsets[unowned] - scan.cursor.window.start;
  scan.report("RDB_BAD_STREAM", `${pending.size - owned.size} pending entries have no owner`, at);
  return phase.group;
}

function readIdmp(scan: ValueScan, memory: StreamMemory): void {
  const { cursor } = scan;
  const at = cursor.window.position;
  const durationSec = cursor.length();
  if (durationSec < 1 || durationSec > idmpLimits.durationSecMax) {
    cursor.fail(
      "RDB_BAD_STREAM",
      `idempotency for ${durationSec} s, 1 to ${idmpLimits.durationSecMax} are possible`,
      at,
    );
  }
  const entriesAt = cursor.window.position;
  const entriesMax = cursor.length();
  if (entriesMax < 1 || entriesMax > idmpLimits.entriesMax) {
    cursor.fail(
      "RDB_BAD_STREAM",
      `${entriesMax} idempotency ids, 1 to ${idmpLimits.entriesMax} are possible`,
      entriesAt,
    );
  }
  memory.producersLeft = cursor.length();
  if (scan.building) scan.addPart({ kind: "idmp", durationSec, entriesMax });
  scan.phase = phase.producer;
}

function readProducer(scan: ValueScan, memory: StreamMemory): void {
  if (memory.producersLeft === 0) {
    scan.phase = phase.totals;
    return;
  }
  const id = readName(scan);
  const count = scan.cursor.length();
  if (scan.building) scan.addPart({ kind: "producer", id });
  memory.producersLeft -= 1;
  scan.enter(phase.idempotency, count);
}

function readIdempotency(scan: ValueScan): void {
  if (scan.left === 0) {
    scan.phase = phase.producer;
    return;
  }
  const iid = readName(scan);
  const id = readId(scan);
  if (scan.building) scan.addPart({ kind: "idempotency", iid, id });
  scan.left -= 1;
}

function readTotals(scan: ValueScan): void {
  const added = scan.cursor.length64();
  const duplicates = scan.cursor.length64();
  if (scan.building) scan.addPart({ kind: "idmp-totals", added, duplicates });
  scan.phase = phase.over;
}

function readName(scan: ValueScan): ByteSlice {
  scan.readElement();
  return scan.strings.text();
}

function readId(scan: ValueScan): StreamId {
  const ms = scan.cursor.length64();
  return { ms, seq: scan.cursor.length64() };
}

function passRawId(scan: ValueScan): void {
  scan.cursor.skip(rawIdBytes);
}

/** A view of a buffer that strings are read from, which is the window's mostly. */
function viewOf({ cursor }: ValueScan, buffer: Uint8Array): DataView {
  const { window } = cursor;
  return buffer === window.buffer
    ? window.view
    : new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/** The raw id that begins at view[at]. */
function rawIdAt(view: DataView, at: number): StreamId {
  return { ms: view.getBigUint64(at, false), seq: view.getBigUint64(at + 8, false) };
}
