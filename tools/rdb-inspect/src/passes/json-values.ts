/**
 * Values as JSON, written while they are read: a value of any size is never held.
 *
 *   string   text                              stream   {"entries":[["1-0",[["f","v"]]]],"length":…,"groups":[…]}
 *   list     ["a","b"]                         module   {"module":"vectorset","version":0,"$base64":"…"}
 *   set      ["a","b"]  in file order          array    [[0,"a"],[7,"b"]]
 *   hash     [["f","v"],["f","v",expireAtMs]]  zset     [["m",1.5],["m","inf"]]
 *
 * Two things are held, with bounds: a string that arrives in pieces, up to `textBytesMax`, because only its
 * end tells whether it is text (a longer one is written in base64); the pending entries of one group of a
 * stream, because the file names their owners behind them.
 */
import {
  type ArraySlot,
  type ByteSlice,
  type HashField,
  type ItemBatch,
  type KeyEvent,
  ModuleHead,
  PendingList,
  type ScoredMember,
  type StreamGroup,
  type StreamId,
  type StreamPart,
} from "@holdfast/rdb";
import type { ByteSink } from "../output/byte-sink.ts";
import {
  Base64Pieces,
  isShortJson,
  jsonRoom,
  putJsonBytes,
  writeJsonBytes,
  writeJsonScore,
} from "../output/json-text.ts";

/** A string in pieces is held up to this size to see whether it is UTF-8. */
const textBytesMax = 16 << 20;

export class JsonValueWriter {
  readonly #sink: ByteSink;
  readonly #pending = new PendingList();
  readonly #base64 = new Base64Pieces();
  #type = "";
  #isFirst = true;
  /** Pieces of a string so far; undefined when it has been found too long to be held. */
  #pieces: Uint8Array[] | undefined;
  #pieceBytes = 0;
  #moduleHead: ModuleHead | undefined;
  #entriesOpen = false;
  #groupsOpen = false;
  #group: StreamGroup<Uint8Array> | undefined;
  #consumers: { name: Uint8Array; seenAtMs: number; activeAtMs: number | undefined }[] = [];
  #nacked: StreamId[] = [];
  #producersOpen = false;
  #producerOpen = false;

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  /** Opens a value and writes its first batch. */
  begin(event: KeyEvent): void {
    this.#type = event.type;
    this.#isFirst = true;
    switch (event.type) {
      case "string":
        this.#pieces = [];
        this.#pieceBytes = 0;
        if (event.last) this.#writeWholeString(event.items);
        else this.add(event.items);
        return;
      case "module":
        this.#moduleHead = new ModuleHead();
        break;
      case "stream":
        this.#entriesOpen = true;
        this.#groupsOpen = this.#producersOpen = this.#producerOpen = false;
        this.#group = undefined;
        this.#sink.ascii('{"entries":[');
        break;
      default:
        this.#sink.byte(openBracket);
    }
    this.add(event.items);
    if (event.last) this.end();
  }

  /** Writes one more batch of the value. */
  add(batch: ItemBatch): void {
    switch (batch.of) {
      case "chunks":
        for (const chunk of batch.chunks) this.#addStringPiece(chunk);
        break;
      case "elements":
        for (const element of batch.elements) {
          this.#comma();
          this.#writeText(element);
        }
        break;
      case "fields":
        for (const field of batch.fields) this.#writeField(field);
        break;
      case "scored":
        for (const member of batch.members) this.#writeScored(member);
        break;
      case "array":
        for (const slot of batch.slots) this.#writeSlot(slot);
        break;
      case "stream":
        for (const part of batch.parts) this.#writeStreamPart(part);
        break;
      case "opaque":
        this.#writeModulePiece(batch.bytes);
        break;
    }
  }

  /** Closes the value. */
  end(): void {
    const sink = this.#sink;
    if (this.#type === "string") this.#endString();
    else if (this.#type === "module") {
      this.#base64.end(sink);
      sink.ascii('"}');
    } else if (this.#type === "stream") this.#endStream();
    else sink.byte(closeBracket);
  }

  #comma(): void {
    if (this.#isFirst) this.#isFirst = false;
    else this.#sink.byte(comma);
  }

  #writeWholeString(batch: ItemBatch): void {
    if (batch.of === "chunks" && batch.chunks.length === 1) writeJsonBytes(this.#sink, batch.chunks[0]);
    else {
      this.add(batch);
      this.#endString();
    }
  }

  #addStringPiece(piece: Uint8Array): void {
    if (this.#pieces === undefined) {
      this.#base64.write(this.#sink, piece);
      return;
    }
    this.#pieces.push(piece.slice());
    this.#pieceBytes += piece.length;
    if (this.#pieceBytes <= textBytesMax) return;
    this.#sink.ascii('{"$base64":"');
    for (const held of this.#pieces) this.#base64.write(this.#sink, held);
    this.#pieces = undefined;
  }

  #endString(): void {
    if (this.#pieces === undefined) {
      this.#base64.end(this.#sink);
      this.#sink.ascii('"}');
    } else writeJsonBytes(this.#sink, Buffer.concat(this.#pieces));
    this.#pieces = undefined;
  }

  #writeField(field: HashField): void {
    const sink = this.#sink;
    this.#comma();
    this.#writeOpenPair(field.field, field.value);
    if (field.expireAtMs !== undefined) {
      sink.byte(comma);
      sink.integer(field.expireAtMs);
    }
    sink.byte(closeBracket);
  }

  #writeScored(member: ScoredMember): void {
    const sink = this.#sink;
    this.#comma();
    sink.byte(openBracket);
    this.#writeText(member.member);
    sink.byte(comma);
    writeJsonScore(sink, member.score);
    sink.byte(closeBracket);
  }

  #writeSlot(slot: ArraySlot): void {
    const sink = this.#sink;
    this.#comma();
    sink.byte(openBracket);
    sink.ascii(slot.index.toString());
    sink.byte(comma);
    this.#writeText(slot.value);
    sink.byte(closeBracket);
  }

  #writeModulePiece(bytes: Uint8Array): void {
    const head = this.#moduleHead;
    const rest = head === undefined ? bytes : head.take(bytes);
    if (rest === undefined) return;
    if (head !== undefined) {
      this.#sink.ascii(`{"module":"${head.name}","version":${head.version},"$base64":"`);
      this.#moduleHead = undefined;
    }
    this.#base64.write(this.#sink, rest);
  }

  #writeStreamPart(part: StreamPart): void {
    switch (part.kind) {
      case "entry":
        this.#writeEntry(part.id, part.fields);
        break;
      case "meta":
        this.#closeEntries();
        this.#writeNumber(',"length":', part.length);
        this.#writeId(',"lastId":', part.lastId);
        if (part.firstId !== undefined) this.#writeId(',"firstId":', part.firstId);
        if (part.maxDeletedId !== undefined) this.#writeId(',"maxDeletedId":', part.maxDeletedId);
        if (part.entriesAdded !== undefined) this.#sink.ascii(`,"entriesAdded":${part.entriesAdded}`);
        this.#sink.ascii(',"groups":[');
        this.#groupsOpen = true;
        this.#isFirst = true;
        break;
      case "group":
        this.#closeGroup();
        this.#group = { ...part, name: part.name.slice() };
        break;
      case "pending":
        this.#pending.add(part.id, part.deliveredAtMs, part.deliveryCount);
        break;
      case "consumer":
        this.#consumers.push({
          name: part.name.slice(),
          seenAtMs: part.seenAtMs,
          activeAtMs: part.activeAtMs,
        });
        break;
      case "owned":
        this.#pending.own(part.id, this.#consumers.length - 1);
        break;
      case "nacked":
        this.#nacked.push(part.id);
        break;
      default:
        this.#writeIdempotency(part);
    }
  }

  #writeEntry(id: StreamId, fields: readonly ByteSlice[]): void {
    const sink = this.#sink;
    this.#comma();
    sink.byte(openBracket);
    this.#writeId("", id);
    sink.ascii(",[");
    for (let index = 0; index < fields.length; index += 2) {
      if (index > 0) sink.byte(comma);
      this.#writeOpenPair(fields[index], fields[index + 1]);
      sink.byte(closeBracket);
    }
    sink.ascii("]]");
  }

  #closeEntries(): void {
    if (this.#entriesOpen) this.#sink.byte(closeBracket);
    this.#entriesOpen = false;
  }

  /** Writes the group that has been collected. */
  #closeGroup(): void {
    const group = this.#group;
    if (group === undefined) return;
    const sink = this.#sink;
    this.#comma();
    sink.ascii('{"name":');
    writeJsonBytes(sink, group.name);
    this.#writeId(',"lastDeliveredId":', group.lastDeliveredId);
    if (group.entriesRead !== undefined) sink.ascii(`,"entriesRead":${group.entriesRead}`);
    this.#writePending();
    this.#writeConsumers();
    if (this.#nacked.length > 0)
      sink.ascii(`,"nacked":[${this.#nacked.map((id) => `"${idText(id)}"`).join(",")}]`);
    sink.byte(closeBrace);
    this.#group = undefined;
    this.#pending.clear();
    this.#consumers = [];
    this.#nacked = [];
  }

  #writePending(): void {
    const sink = this.#sink;
    sink.ascii(',"pending":[');
    for (let index = 0; index < this.#pending.count; index++) {
      const owner = this.#pending.ownerAt(index);
      sink.ascii(index === 0 ? "[" : ",[");
      this.#writeId("", this.#pending.idAt(index));
      sink.byte(comma);
      if (owner < 0) sink.ascii("null");
      else writeJsonBytes(sink, this.#consumers[owner].name);
      this.#writeNumber(",", this.#pending.deliveredAtMsAt(index));
      this.#writeNumber(",", this.#pending.deliveryCountAt(index));
      sink.byte(closeBracket);
    }
    sink.byte(closeBracket);
  }

  #writeConsumers(): void {
    const sink = this.#sink;
    sink.ascii(',"consumers":[');
    for (const [index, consumer] of this.#consumers.entries()) {
      sink.ascii(index === 0 ? '{"name":' : ',{"name":');
      writeJsonBytes(sink, consumer.name);
      this.#writeNumber(',"seenAtMs":', consumer.seenAtMs);
      if (consumer.activeAtMs !== undefined) this.#writeNumber(',"activeAtMs":', consumer.activeAtMs);
      sink.byte(closeBrace);
    }
    sink.byte(closeBracket);
  }

  #closeGroups(): void {
    if (!this.#groupsOpen) return;
    this.#closeGroup();
    this.#sink.byte(closeBracket);
    this.#groupsOpen = false;
  }

  /** `"idmp":{"durationSec":…,"entriesMax":…,"producers":[{"id":…,"entries":[[iid,id],…]}],"added":…,"duplicates":…}` */
  #writeIdempotency(
    part: Extract<StreamPart, { kind: "idmp" | "producer" | "idempotency" | "idmp-totals" }>,
  ): void {
    const sink = this.#sink;
    this.#closeGroups();
    switch (part.kind) {
      case "idmp":
        sink.ascii(
          `,"idmp":{"durationSec":${part.durationSec},"entriesMax":${part.entriesMax},"producers":[`,
        );
        this.#producersOpen = true;
        break;
      case "producer":
        sink.ascii(this.#producerOpen ? ']},{"id":' : '{"id":');
        this.#writeText(part.id);
        sink.ascii(',"entries":[');
        this.#producerOpen = true;
        this.#isFirst = true;
        break;
      case "idempotency":
        this.#comma();
        sink.byte(openBracket);
        this.#writeText(part.iid);
        this.#writeId(",", part.id);
        sink.byte(closeBracket);
        break;
      case "idmp-totals":
        this.#closeProducers();
        sink.ascii(`,"added":${part.added},"duplicates":${part.duplicates}}`);
        break;
    }
  }

  #closeProducers(): void {
    if (this.#producerOpen) this.#sink.ascii("]}");
    if (this.#producersOpen) this.#sink.byte(closeBracket);
    this.#producerOpen = this.#producersOpen = false;
  }

  #endStream(): void {
    this.#closeEntries();
    this.#closeGroups();
    this.#sink.byte(closeBrace);
  }

  #writeText({ buffer, start, end }: ByteSlice): void {
    writeJsonBytes(this.#sink, buffer, start, end);
  }

  /** Writes `["first","second"` with one look at the room that is left. */
  #writeOpenPair(first: ByteSlice, second: ByteSlice): void {
    const sink = this.#sink;
    const sizeBytes = first.length + second.length;
    if (!isShortJson(sizeBytes)) {
      sink.byte(openBracket);
      this.#writeText(first);
      sink.byte(comma);
      this.#writeText(second);
      return;
    }
    const buffer = sink.room(jsonRoom(2, sizeBytes) + 2);
    let to = sink.size;
    buffer[to++] = openBracket;
    to = putJsonBytes(buffer, to, first.buffer, first.start, first.end);
    buffer[to++] = comma;
    sink.filledTo(putJsonBytes(buffer, to, second.buffer, second.start, second.end));
  }

  #writeNumber(label: string, value: number): void {
    this.#sink.ascii(label);
    this.#sink.integer(value);
  }

  #writeId(label: string, id: StreamId): void {
    const sink = this.#sink;
    sink.ascii(label);
    sink.byte(quote);
    writeHalf(sink, id.ms);
    sink.byte(dash);
    writeHalf(sink, id.seq);
    sink.byte(quote);
  }
}

/** A stream id as servers print it: `1700000000000-0`. */
function idText(id: StreamId): string {
  return `${id.ms}-${id.seq}`;
}

/** Half an id; as a number where that is exact, which is quicker than the text of a bigint. */
function writeHalf(sink: ByteSink, half: bigint): void {
  const number = Number(half);
  if (Number.isSafeInteger(number)) sink.integer(number);
  else sink.ascii(half.toString());
}

const quote = 0x22;
const dash = 0x2d;
const comma = 0x2c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const closeBrace = 0x7d;
