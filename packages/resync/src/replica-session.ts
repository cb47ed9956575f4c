/**
 * A replica's side of one connection, without the connection: bytes in, actions out, the time handed in.
 *
 *   handshake ──▶ psync ──▶ transfer ──▶ snapshot ──▶ streaming        +FULLRESYNC
 *                   └──────────────────────────────────▶┘              +CONTINUE
 *   and from everywhere to over: close, with the reason
 *
 *   psync      PSYNC was sent; keep-alives (\n) may come before the answer
 *   transfer   the primary prepares a snapshot; keep-alives may come before the line that announces it
 *   streaming  units of the stream, each byte counted; until the owner has stored the snapshot we send keep-alives, then ACKs
 *
 * What is acknowledged is what the owner called durable, never what was merely received: WAIT on the primary counts us, and its
 * promise has to be true. The same number goes out as FACK, which is what WAITAOF counts (Redis 7.2; older servers ignore it).
 *
 * Source: replication.c of Redis 7.0 (slaveTryPartialResynchronization, replicationSendAck, replicationCron), and conversations
 * recorded between servers of Redis 6.0 to 8.6 and Valkey 8.1 and 9.1.
 */
import { strict as assert } from "node:assert";
import { encodeCommand } from "@holdfast/resp";
import { ResyncError } from "./errors.ts";
import { LineReader } from "./line-reader.ts";
import type { ReplicaAction } from "./replica-actions.ts";
import {
  badReply,
  type HandshakeOptions,
  type HandshakeStep,
  handshakeSteps,
  refusalOf,
} from "./replica-handshake.ts";
import type { ReplicaState } from "./replica-state.ts";
import { newHistory, parseReplicationId, type ReplicationId, shiftHistory } from "./replication-id.ts";
import { parseSnapshotFrame, type SnapshotFacts, SnapshotReader } from "./snapshot-reader.ts";
import { StreamUnits } from "./stream-units.ts";
import { nextByteText, offsetOfCount } from "./wire-offset.ts";

export interface ReplicaSessionOptions extends HandshakeOptions {
  /** What we have already. Default: nothing, so that everything is asked for. */
  readonly resumeFrom?: ReplicaState | undefined;
  /** A primary that says nothing for so long is gone. Default 60 s, as in servers; keep it above their ping period, 10 s. */
  readonly timeoutMs?: number;
  /** How often we say where we are. Default 1 s, as servers do. */
  readonly ackEveryMs?: number;
  /** Largest unit of the stream: see StreamUnits. */
  readonly unitBytesMax?: number;
}

type Phase = "idle" | "handshake" | "psync" | "transfer" | "snapshot" | "streaming" | "over";

const nothing = new Uint8Array(0);
const keepAlive = Uint8Array.of(0x0a);

export class ReplicaSession {
  readonly #options: ReplicaSessionOptions;
  readonly #timeoutMs: number;
  readonly #ackEveryMs: number;
  readonly #steps: HandshakeStep[];
  readonly #lines = new LineReader();
  #actions: ReplicaAction[] = [];
  #phase: Phase = "idle";
  #step = 0;
  #state: ReplicaState | undefined;
  /** What +FULLRESYNC announced. */
  #announced: { readonly replid: ReplicationId; readonly offset: number } | undefined;
  #snapshot: SnapshotReader | undefined;
  #units: StreamUnits | undefined;
  #isStoring = false;
  #settledOffset: number | undefined;
  /** A GETACK stood before this offset and is not answered yet. */
  #wantedOffset: number | undefined;
  #nextAckMs = Number.POSITIVE_INFINITY;
  /** Since when the primary is being listened to in vain; undefined while we are busy ourselves. */
  #silentSinceMs: number | undefined;

  constructor(options: ReplicaSessionOptions = {}) {
    this.#options = options;
    this.#timeoutMs = options.timeoutMs ?? 60_000;
    this.#ackEveryMs = options.ackEveryMs ?? 1_000;
    this.#steps = handshakeSteps(options);
    this.#state = options.resumeFrom;
    this.#settledOffset = options.resumeFrom?.offset;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** The stream flowed, or flows. */
  get hasStreamed(): boolean {
    return this.#units !== undefined;
  }

  /**
   * Where another session can go on: behind everything that was handed over. What we had before a full resync stays valid until its
   * snapshot is whole; undefined when there is nothing.
   */
  get state(): ReplicaState | undefined {
    return this.#state;
  }

  /** When to call tick(); Infinity when there is nothing to wait for. */
  get wakeAtMs(): number {
    if (this.#phase === "over" || this.#phase === "idle") return Number.POSITIVE_INFINITY;
    const deadlineMs = (this.#silentSinceMs ?? Number.POSITIVE_INFINITY) + this.#timeoutMs;
    return Math.min(deadlineMs, this.#nextAckMs);
  }

  /** The connection is there. Call it once. */
  start(monotonicMs: number): readonly ReplicaAction[] {
    assert(this.#phase === "idle", "start() of a session that was started");
    this.#phase = "handshake";
    this.#silentSinceMs = monotonicMs;
    this.#send(this.#steps[0].command);
    return this.#take();
  }

  /** Takes bytes from the primary, which must not be changed afterwards. */
  receive(bytes: Uint8Array, monotonicMs: number): readonly ReplicaAction[] {
    assert(this.#phase !== "idle", "receive() before start()");
    if (this.#silentSinceMs !== undefined) this.#silentSinceMs = monotonicMs;
    try {
      for (let rest = bytes; rest.length > 0; ) rest = this.#consume(rest, monotonicMs);
    } catch (error) {
      if (!(error instanceof ResyncError)) throw error;
      this.#close(error);
    }
    return this.#take();
  }

  /** The primary has closed the connection, or it broke. */
  ended(cause?: unknown): readonly ReplicaAction[] {
    const detail = `the connection to the primary ended during ${this.#phase}`;
    this.#close(new ResyncError("RESYNC_CLOSED", detail, cause === undefined ? {} : { cause }));
    return this.#take();
  }

  /** We wait for the primary from now on; its silence counts. */
  listening(monotonicMs: number): void {
    this.#silentSinceMs = monotonicMs;
  }

  /** We are busy with what the primary sent: that nothing more is read is not its fault. */
  busy(): void {
    this.#silentSinceMs = undefined;
  }

  /** The snapshot of "snapshot-end" is durable. */
  snapshotStored(monotonicMs: number): readonly ReplicaAction[] {
    if (this.#phase === "over") return [];
    assert(this.#isStoring && this.#announced !== undefined, "snapshotStored() without a snapshot");
    this.#isStoring = false;
    this.#settledOffset = this.#announced.offset;
    this.#acknowledge(monotonicMs);
    return this.#take();
  }

  /** Everything before `offset` is durable. Answers a GETACK that waits for it. */
  settled(offset: number, monotonicMs: number): readonly ReplicaAction[] {
    if (this.#phase !== "streaming" || this.#isStoring) return [];
    assert(offset <= this.#state!.offset, "settled() beyond what was handed over");
    if (offset > this.#settledOffset!) this.#settledOffset = offset;
    if (this.#wantedOffset !== undefined && this.#settledOffset! >= this.#wantedOffset)
      this.#acknowledge(monotonicMs);
    return this.#take();
  }

  /** Time has passed. */
  tick(monotonicMs: number): readonly ReplicaAction[] {
    if (this.#phase === "idle" || this.#phase === "over") return [];
    if (monotonicMs - (this.#silentSinceMs ?? monotonicMs) >= this.#timeoutMs) {
      const detail = `the primary said nothing for ${this.#timeoutMs} ms during ${this.#phase}`;
      this.#close(new ResyncError("RESYNC_TIMEOUT", detail));
    } else if (monotonicMs >= this.#nextAckMs) {
      if (this.#isStoring) this.#keepAlive(monotonicMs);
      else this.#acknowledge(monotonicMs);
    }
    return this.#take();
  }

  /** Takes what the phase understands of the bytes; gives back what is left for the next one. */
  #consume(bytes: Uint8Array, monotonicMs: number): Uint8Array {
    switch (this.#phase) {
      case "snapshot":
        return this.#consumeSnapshot(bytes, monotonicMs);
      case "streaming":
        this.#consumeStream(bytes);
        return nothing;
      case "over":
        return nothing;
      default:
        return this.#consumeLine(bytes, monotonicMs);
    }
  }

  #consumeLine(bytes: Uint8Array, monotonicMs: number): Uint8Array {
    this.#lines.push(bytes);
    const found = this.#lines.next();
    if (found === "too-long") throw badReply(this.#phase, "a line without an end");
    if (found === undefined) return nothing;
    const rest = this.#lines.takeRest();
    if (this.#phase === "handshake") this.#answered(found.line);
    else if (this.#phase === "psync") this.#answeredPsync(found.line, monotonicMs);
    else this.#announcedSnapshot(found.line);
    return rest;
  }

  #answered(line: string): void {
    const error = this.#steps[this.#step].judge(line);
    if (error !== undefined) throw error;
    this.#step++;
    if (this.#step < this.#steps.length) {
      this.#send(this.#steps[this.#step].command);
      return;
    }
    this.#phase = "psync";
    const { history, offset } = this.#state ?? {};
    const asked = history === undefined ? ["?", "-1"] : [history.replid, nextByteText(offset!)];
    this.#send(encodeCommand(["PSYNC", ...asked]));
  }

  #answeredPsync(line: string, monotonicMs: number): void {
    const [word, id, number] = line.split(" ");
    if (line.startsWith("-")) throw refusalOf(line);
    if (word === "+FULLRESYNC") {
      const replid = parseReplicationId(id ?? "");
      const offset = offsetOfCount(number ?? "");
      if (replid === undefined || offset === undefined) throw badReply("PSYNC", line);
      this.#announced = { replid, offset };
      this.#phase = "transfer";
      this.#actions.push({ kind: "full-resync", replid, offset });
      return;
    }
    if (word !== "+CONTINUE" || this.#state === undefined) throw badReply("PSYNC", line);
    // Without an id the primary is older than psync2, and goes on under the one that was asked for.
    const replid = id === undefined ? this.#state.history.replid : parseReplicationId(id);
    if (replid === undefined) throw badReply("PSYNC", line);
    const history = shiftHistory(this.#state.history, replid, this.#state.offset);
    this.#state = { ...this.#state, history };
    this.#actions.push({ kind: "continued", state: this.#state });
    this.#beginStream();
    this.#acknowledge(monotonicMs);
  }

  #announcedSnapshot(line: string): void {
    if (line.startsWith("-")) throw refusalOf(line);
    const frame = parseSnapshotFrame(line);
    if (frame === undefined) throw badReply("PSYNC", line);
    const sizeBytes = frame.by === "length" ? frame.sizeBytes : undefined;
    if (sizeBytes === 0) throw new ResyncError("RESYNC_BAD_SNAPSHOT", "the snapshot is empty", { offset: 0 });
    this.#snapshot = new SnapshotReader(frame);
    this.#phase = "snapshot";
    this.#actions.push({ kind: "snapshot-start", sizeBytes });
  }

  #consumeSnapshot(bytes: Uint8Array, monotonicMs: number): Uint8Array {
    const { rdb, rest } = this.#snapshot!.push(bytes);
    if (rdb.length > 0) this.#actions.push({ kind: "snapshot-bytes", bytes: rdb });
    const { facts } = this.#snapshot!;
    if (facts !== undefined) this.#endSnapshot(facts, monotonicMs);
    return rest;
  }

  #endSnapshot(facts: SnapshotFacts, monotonicMs: number): void {
    const { replid, offset } = this.#announced!;
    this.#state = { history: newHistory(replid), offset, db: facts.streamDb };
    this.#snapshot = undefined;
    this.#actions.push({ kind: "snapshot-end", state: this.#state, facts });
    this.#isStoring = true;
    this.#nextAckMs = monotonicMs + this.#ackEveryMs;
    this.#beginStream();
  }

  #beginStream(): void {
    const { offset, db } = this.#state!;
    const { unitBytesMax } = this.#options;
    this.#units = new StreamUnits({ offset, db, ...(unitBytesMax === undefined ? {} : { unitBytesMax }) });
    this.#phase = "streaming";
  }

  #consumeStream(bytes: Uint8Array): void {
    const piece = this.#units!.push(bytes);
    if (piece === undefined) return;
    this.#state = { ...this.#state!, offset: piece.endOffset, db: piece.db };
    this.#actions.push({ kind: "stream", bytes: piece.bytes, offset: piece.offset, state: this.#state });
    if (piece.getackOffset === undefined) return;
    this.#wantedOffset = piece.getackOffset;
    this.#actions.push({ kind: "settle-wanted", offset: piece.getackOffset });
  }

  #acknowledge(monotonicMs: number): void {
    const offset = String(this.#settledOffset);
    if (this.#wantedOffset !== undefined && this.#settledOffset! >= this.#wantedOffset)
      this.#wantedOffset = undefined;
    this.#send(encodeCommand(["REPLCONF", "ACK", offset, "FACK", offset]));
    this.#nextAckMs = monotonicMs + this.#ackEveryMs;
  }

  #keepAlive(monotonicMs: number): void {
    this.#send(keepAlive);
    this.#nextAckMs = monotonicMs + this.#ackEveryMs;
  }

  #send(bytes: Uint8Array): void {
    this.#actions.push({ kind: "send", bytes });
  }

  #close(error: ResyncError): void {
    if (this.#phase === "over") return;
    this.#phase = "over";
    this.#actions.push({ kind: "close", error });
  }

  #take(): readonly ReplicaAction[] {
    const actions = this.#actions;
    this.#actions = [];
    return actions;
  }
}
