/**
 * A primary's side of one replica's connection, without the connection: bytes in, actions out, the time handed in.
 *
 *   greeting ──▶ preparing ──▶ sending ──▶ loading ──▶ online        full resync
 *       └──────────────────────────────────────────────▶┘            partial resync
 *   and from everywhere to over: close, with the reason
 *
 *   preparing   a snapshot is being taken; we send keep-alives (\n)
 *   sending     the snapshot is on its way
 *   loading     after a snapshot with a mark: the stream waits for the first ACK, because a replica finds the end of such a
 *               snapshot by looking for the mark and must not have read on. A snapshot of known length needs no such wait
 *   online      the stream is sent as fast as the replica reads it; what is not sent yet lies in the backlog, not here
 *
 * Source: replication.c of Redis 7.0 to 8.6 (syncCommand, replconfCommand, replicationCron).
 */
import { strict as assert } from "node:assert";
import { RequestDecoder, RespFormatError } from "@holdfast/resp";
import { ResyncError } from "./errors.ts";
import { type FullResyncReason, judgePsync } from "./judge-psync.ts";
import type { PrimaryAction } from "./primary-actions.ts";
import {
  type Authenticate,
  answerAuth,
  configureReplica,
  NO_AUTH,
  NOT_AN_INTEGER,
  newReplicaProfile,
  type ReplicaProfile,
} from "./replica-requests.ts";
import type { ReplicationHistory } from "./replication-id.ts";
import { type SnapshotFrame, snapshotLine } from "./snapshot-reader.ts";
import { offsetOfCount, offsetOfNextByte } from "./wire-offset.ts";

/** What the sessions of one primary look at when a replica asks; it may change meanwhile. */
export interface PrimaryFacts {
  readonly history: ReplicationHistory;
  /** What can be sent of the stream; undefined: nothing yet. */
  readonly backlog: OfferedBacklog | undefined;
  /** An error line for replicas that we cannot serve now, such as `-NOMASTERLINK …`. */
  readonly refusal: string | undefined;
  /**
   * An error line for a replica that has more of our history than we do: it is we who are behind, and a primary above us will send it.
   * Default: it gets a full resync, as one that has what nobody else has.
   */
  readonly aheadRefusal?: string | undefined;
}

/** As much of a backlog as a verdict needs. */
export interface OfferedBacklog {
  readonly firstOffset: number;
  readonly endOffset: number;
  /**
   * A replica of our very history has more than there is. Whoever can make up for it moves `endOffset` to its offset; without this, it gets a
   * full resync.
   */
  reach?(offset: number): void;
}

/** Why a replica got what it got: everything, or the stream from where it was. */
export type GivenResync =
  | { readonly kind: "full"; readonly why: FullResyncReason }
  | { readonly kind: "partial"; readonly fromOffset: number };

export interface PrimarySessionOptions {
  readonly facts: PrimaryFacts;
  /** Default: nobody needs a password. */
  readonly authenticate?: Authenticate | undefined;
  /** A replica that says nothing for so long, or takes nothing of its snapshot, is gone. Default 60 s, as in servers. */
  readonly timeoutMs?: number;
  /** While a snapshot is being prepared. Default 1 s, as in servers. */
  readonly keepAliveEveryMs?: number;
}

type Phase = "greeting" | "preparing" | "sending" | "loading" | "online" | "over";

/** Requests are short: more is none, and memory is not given away before we know who asks. */
const REQUEST_LIMITS = { argumentsMax: 64, argumentBytesMax: 64 * 1024, lineBytesMax: 8 * 1024 };

const keepAlive = Uint8Array.of(0x0a);

export class PrimarySession {
  readonly #facts: PrimaryFacts;
  readonly #authenticate: Authenticate | undefined;
  readonly #timeoutMs: number;
  readonly #keepAliveEveryMs: number;
  readonly #requests = new RequestDecoder(REQUEST_LIMITS);
  #actions: PrimaryAction[] = [];
  #phase: Phase = "greeting";
  #isIn: boolean;
  #profile: ReplicaProfile = newReplicaProfile;
  /** Came with SYNC: knows no offsets, acknowledges nothing, and is never given up. */
  #isBeforePsync = false;
  #frame: SnapshotFrame | undefined;
  #sentOffset = 0;
  #acknowledgedOffset: number | undefined;
  #fsyncedOffset: number | undefined;
  #resync: GivenResync | undefined;
  #snapshotBytes = 0;
  #refusal: string | undefined;
  #heardAtMs: number;
  #nextKeepAliveMs = Number.POSITIVE_INFINITY;

  constructor(options: PrimarySessionOptions, monotonicMs: number) {
    this.#facts = options.facts;
    this.#authenticate = options.authenticate;
    this.#isIn = options.authenticate === undefined;
    this.#timeoutMs = options.timeoutMs ?? 60_000;
    this.#keepAliveEveryMs = options.keepAliveEveryMs ?? 1_000;
    this.#heardAtMs = monotonicMs;
  }

  get phase(): Phase {
    return this.#phase;
  }

  get profile(): ReplicaProfile {
    return this.#profile;
  }

  /** Offset behind what was sent of the stream. */
  get sentOffset(): number {
    return this.#sentOffset;
  }

  /** What the replica says it has; undefined as long as it has not said anything. Never beyond what it was sent. */
  get acknowledgedOffset(): number | undefined {
    return this.#acknowledgedOffset;
  }

  /** What the replica says is on its disk; undefined when it keeps no log. */
  get fsyncedOffset(): number | undefined {
    return this.#fsyncedOffset;
  }

  /** What its PSYNC was answered; undefined before that. */
  get resync(): GivenResync | undefined {
    return this.#resync;
  }

  /** How much of its snapshot was handed to the connection. */
  get snapshotBytes(): number {
    return this.#snapshotBytes;
  }

  /** The last error line that it was answered, without the `-`: why it was not let in, or not understood. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  /** When the replica was heard last. */
  get heardAtMs(): number {
    return this.#heardAtMs;
  }

  /** When to call tick(); Infinity when there is nothing to wait for. */
  get wakeAtMs(): number {
    if (this.#phase === "over") return Number.POSITIVE_INFINITY;
    const deadlineMs = this.#mayBeGivenUp ? this.#heardAtMs + this.#timeoutMs : Number.POSITIVE_INFINITY;
    return Math.min(deadlineMs, this.#nextKeepAliveMs);
  }

  /** Takes bytes from the replica. */
  receive(bytes: Uint8Array, monotonicMs: number): readonly PrimaryAction[] {
    if (this.#phase === "over") return [];
    this.#requests.push(bytes);
    // Taking the snapshot is progress of its own: see snapshotChunk().
    if (this.#phase !== "sending") this.#heardAtMs = monotonicMs;
    try {
      this.#answerAll(monotonicMs);
    } catch (cause) {
      if (!(cause instanceof RespFormatError)) throw cause;
      const where = { offset: cause.offset, cause };
      this.#close(new ResyncError("RESYNC_BAD_REQUEST", "the replica sends what is no command", where));
    }
    return this.#take();
  }

  /** One request, for owners that decode them themselves. The words must be latin-1. */
  request(words: readonly string[], monotonicMs: number): readonly PrimaryAction[] {
    this.#answer(words, monotonicMs);
    return this.#take();
  }

  /** The replica has closed the connection, or it broke. */
  ended(cause?: unknown): readonly PrimaryAction[] {
    const detail = `the connection to the replica ended during ${this.#phase}`;
    this.#close(new ResyncError("RESYNC_CLOSED", detail, cause === undefined ? {} : { cause }));
    return this.#take();
  }

  /** A snapshot is being taken; `offset` is of the stream at its moment. */
  snapshotStarted(offset: number): readonly PrimaryAction[] {
    if (this.#phase === "over") return [];
    assert(this.#phase === "preparing", "snapshotStarted() of a snapshot that was not asked for");
    this.#sentOffset = offset;
    // Who came with SYNC knows neither ids nor offsets.
    if (!this.#isBeforePsync) this.#sendLine(`+FULLRESYNC ${this.#facts.history.replid} ${offset}`);
    return this.#take();
  }

  /** Its bytes can be sent. The mark is 40 bytes, drawn for this snapshot alone. */
  snapshotReady(frame: SnapshotFrame, monotonicMs: number): readonly PrimaryAction[] {
    if (this.#phase === "over") return [];
    assert(this.#phase === "preparing", "snapshotReady() of a snapshot that was not asked for");
    assert(frame.by === "length" || this.#profile.acceptsMark, "a mark for a replica that does not know it");
    this.#frame = frame;
    this.#phase = "sending";
    this.#nextKeepAliveMs = Number.POSITIVE_INFINITY;
    this.#heardAtMs = monotonicMs;
    this.#send(snapshotLine(frame));
    return this.#take();
  }

  /** More of it. Call it again when this is written: the time between is what a slow replica takes. */
  snapshotChunk(bytes: Uint8Array, monotonicMs: number): readonly PrimaryAction[] {
    if (this.#phase === "over") return [];
    assert(this.#phase === "sending", "snapshotChunk() before snapshotReady()");
    this.#heardAtMs = monotonicMs;
    this.#snapshotBytes += bytes.length;
    this.#send(bytes);
    return this.#take();
  }

  snapshotDone(monotonicMs: number): readonly PrimaryAction[] {
    if (this.#phase === "over") return [];
    assert(this.#phase === "sending" && this.#frame !== undefined, "snapshotDone() before snapshotReady()");
    this.#heardAtMs = monotonicMs;
    if (this.#frame.by === "mark") this.#send(this.#frame.mark);
    if (this.#profile.wantsSnapshotOnly) this.#close(undefined);
    else if (this.#frame.by === "mark" && !this.#isBeforePsync) this.#phase = "loading";
    else this.#goOnline(this.#sentOffset);
    return this.#take();
  }

  /** No snapshot can be had. */
  snapshotFailed(cause: unknown): readonly PrimaryAction[] {
    if (this.#phase === "preparing") this.#sendLine("-ERR the snapshot failed, replication cannot continue");
    this.#close(new ResyncError("RESYNC_SNAPSHOT_FAILED", "there is no snapshot for the replica", { cause }));
    return this.#take();
  }

  /** So many more bytes of the stream were written to the replica. */
  sent(sizeBytes: number): void {
    this.#sentOffset += sizeBytes;
  }

  /** What the replica needs next is not in the backlog any more: it was too slow. */
  fellBehind(): readonly PrimaryAction[] {
    const detail = `the replica needs the stream from ${this.#sentOffset}, which is not kept any more`;
    this.#close(new ResyncError("RESYNC_REPLICA_BEHIND", detail, { offset: this.#sentOffset }));
    return this.#take();
  }

  /** Our history has changed: the replica has to ask again. */
  historyChanged(): readonly PrimaryAction[] {
    this.#close(
      new ResyncError("RESYNC_HISTORY_CHANGED", "the history has changed; the replica must ask again"),
    );
    return this.#take();
  }

  /** We serve nobody any more. */
  stopped(): readonly PrimaryAction[] {
    this.#close(new ResyncError("RESYNC_CLOSED", "the primary has stopped"));
    return this.#take();
  }

  /** Time has passed. */
  tick(monotonicMs: number): readonly PrimaryAction[] {
    if (this.#phase === "over") return [];
    if (this.#mayBeGivenUp && monotonicMs - this.#heardAtMs >= this.#timeoutMs) {
      const what = this.#phase === "sending" ? "took nothing of its snapshot" : "said nothing";
      const detail = `the replica ${what} for ${this.#timeoutMs} ms during ${this.#phase}`;
      this.#close(new ResyncError("RESYNC_TIMEOUT", detail));
    } else if (monotonicMs >= this.#nextKeepAliveMs) {
      this.#send(keepAlive);
      this.#nextKeepAliveMs = monotonicMs + this.#keepAliveEveryMs;
    }
    return this.#take();
  }

  /** While we prepare, the wait is ours; and a replica that came with SYNC never says anything. */
  get #mayBeGivenUp(): boolean {
    return this.#phase !== "preparing" && !(this.#phase === "online" && this.#isBeforePsync);
  }

  #answerAll(monotonicMs: number): void {
    for (let found = this.#requests.next(); found !== undefined; found = this.#requests.next()) {
      if (found.kind === "blank") continue;
      if (found.kind === "inline-command") this.#answer(found.args.map(latin1), monotonicMs);
      else
        for (let command = 0; command < found.count; command++)
          this.#answer(found.args(command).map(latin1), monotonicMs);
    }
  }

  #answer(words: readonly string[], monotonicMs: number): void {
    if (this.#phase === "over") return;
    const name = words[0].toLowerCase();
    if (name === "replconf" && /^ack$/i.test(words[1] ?? "")) this.#acknowledged(words);
    else if (this.#phase !== "greeting") this.#answerLater(name);
    else if (name === "auth") this.#answerAuth(words);
    else if (!this.#isIn) this.#sendLine(NO_AUTH);
    else this.#greet(name, words, monotonicMs);
  }

  #greet(name: string, words: readonly string[], monotonicMs: number): void {
    if (name === "ping") this.#sendLine("+PONG");
    else if (name === "replconf") this.#configure(words);
    else if (name === "psync") this.#answerPsync(words, monotonicMs);
    else if (name === "sync") this.#answerSync(monotonicMs);
    else if (name === "quit") {
      this.#sendLine("+OK");
      this.#close(undefined);
    } else this.#sendLine(`-ERR unknown command '${words[0].slice(0, 64).replace(/[\r\n]/g, " ")}'`);
  }

  /** What servers ignore of a replica that is being served; an answer would end up in the middle of its stream. */
  #answerLater(name: string): void {
    if (["psync", "sync", "replconf", "ping"].includes(name)) return;
    const detail = `a replica that is being served sends ${JSON.stringify(name.slice(0, 64))}`;
    this.#close(new ResyncError("RESYNC_BAD_REQUEST", detail));
  }

  #answerAuth(words: readonly string[]): void {
    const { answer, isIn } = answerAuth(words, this.#authenticate);
    this.#isIn ||= isIn;
    this.#sendLine(answer);
  }

  #configure(words: readonly string[]): void {
    const { profile, answer } = configureReplica(this.#profile, words);
    this.#profile = profile;
    this.#sendLine(answer);
  }

  #answerPsync(words: readonly string[], monotonicMs: number): void {
    const [, replid, number, extra] = words;
    const offset = offsetOfNextByte(number ?? "");
    const { history, backlog, refusal } = this.#facts;
    if (refusal !== undefined) return void this.#sendLine(refusal);
    if (words.length === 4 && extra.toLowerCase() === "failover")
      return void this.#sendLine("-ERR PSYNC FAILOVER can't be sent to a master.");
    if (words.length !== 3) return void this.#sendLine("-ERR wrong number of arguments for 'psync' command");
    if (offset === undefined) return void this.#sendLine(NOT_AN_INTEGER);
    const isOurs = replid.toLowerCase() === history.replid;
    if (backlog !== undefined && isOurs && offset > backlog.endOffset) backlog.reach?.(offset);
    const verdict = judgePsync({ replid, offset }, history, backlog);
    const isAhead = replid.toLowerCase() === history.replid && offset > (backlog?.endOffset ?? 0);
    const { aheadRefusal } = this.#facts;
    if (isAhead && aheadRefusal !== undefined) return void this.#sendLine(aheadRefusal);
    if (verdict.kind === "full-resync") return void this.#prepare(verdict.why, monotonicMs);
    this.#sendLine(this.#profile.acceptsNewReplid ? `+CONTINUE ${history.replid}` : "+CONTINUE");
    this.#resync = { kind: "partial", fromOffset: verdict.fromOffset };
    this.#sentOffset = verdict.fromOffset;
    this.#goOnline(verdict.fromOffset);
  }

  #answerSync(monotonicMs: number): void {
    if (this.#facts.refusal !== undefined) return void this.#sendLine(this.#facts.refusal);
    this.#isBeforePsync = true;
    this.#prepare("asked", monotonicMs);
  }

  #prepare(why: FullResyncReason, monotonicMs: number): void {
    const { acceptsMark, withKeys, withFunctions, version, saysPort } = this.#profile;
    if (!withKeys && !acceptsMark)
      return void this.#sendLine("-ERR Filtered replica requires EOF capability");
    this.#phase = "preparing";
    this.#resync = { kind: "full", why };
    this.#nextKeepAliveMs = monotonicMs + this.#keepAliveEveryMs;
    const transfer = acceptsMark ? "mark" : "length";
    const wanted = {
      transfer,
      withKeys,
      withFunctions,
      replicaVersion: saysPort ? version : undefined,
      why,
    } as const;
    this.#actions.push({ kind: "start-snapshot", wanted });
  }

  /** REPLCONF ACK offset [FACK offset]: never answered. */
  #acknowledged(words: readonly string[]): void {
    const offset = offsetOfCount(words[2] ?? "");
    if (offset === undefined) return;
    if (this.#phase === "loading") this.#goOnline(this.#sentOffset);
    if (this.#phase !== "online") return;
    this.#acknowledgedOffset = Math.min(offset, this.#sentOffset);
    const fsynced = /^fack$/i.test(words[3] ?? "") ? offsetOfCount(words[4] ?? "") : undefined;
    if (fsynced !== undefined) this.#fsyncedOffset = Math.min(fsynced, this.#sentOffset);
  }

  #goOnline(fromOffset: number): void {
    this.#phase = "online";
    this.#nextKeepAliveMs = Number.POSITIVE_INFINITY;
    this.#actions.push({ kind: "online", fromOffset });
  }

  #sendLine(line: string): void {
    // Replicas send all their questions at once: what follows a wrong password says only that there was none.
    const isNews = line !== NO_AUTH || this.#refusal === undefined;
    if (line.startsWith("-") && isNews) this.#refusal = line.slice(1);
    this.#send(Buffer.from(`${line}\r\n`, "latin1"));
  }

  #send(bytes: Uint8Array): void {
    this.#actions.push({ kind: "send", bytes });
  }

  #close(error: ResyncError | undefined): void {
    if (this.#phase === "over") return;
    this.#phase = "over";
    this.#actions.push({ kind: "close", error });
  }

  #take(): readonly PrimaryAction[] {
    const actions = this.#actions;
    this.#actions = [];
    return actions;
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}
