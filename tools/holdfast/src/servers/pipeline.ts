/**
 * Commands to a server by the thousand: bytes that were encoded elsewhere go out, and answers are counted back to those who wait.
 *
 *   send(bytes of n commands) ──▶ … ──▶ connection          up to the caller how much is under way
 *   n answers                 ◀── … ◀── connection          in the order in which the commands went out
 *
 * Of most commands only the errors matter, so `+OK` and `+QUEUED` in a row are counted without being made into values.
 *
 * Hot loop: #countPlain. `npm run bench -- sync` watches it.
 */
import type { Clock, Connection, Network } from "@holdfast/platform";
import { encodeCommand, type Reply, ReplyDecoder } from "@holdfast/resp";
import { unreachable } from "./connect-client.ts";
import type { ServerAccess } from "./server-access.ts";
import { problemOfAnswer, type ServerProblem } from "./server-problem.ts";

/** One of the commands of a request was refused. */
export interface RefusedCommand {
  /** Which of the request, from 0. */
  readonly index: number;
  readonly answer: string;
}

export interface PipelineOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly access: ServerAccess;
  /** Silence that is borne while answers are waited for. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

interface Waiter {
  left: number;
  readonly count: number;
  readonly refused: RefusedCommand[];
  /** Undefined: only the errors are wanted. */
  readonly replies: Reply[] | undefined;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class Pipeline {
  readonly #connection: Connection;
  readonly #access: ServerAccess;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #decoder = new ReplyDecoder();
  /** In the order of the answers; those before #first have theirs. */
  #waiters: Waiter[] = [];
  #first = 0;
  #failure: ServerProblem | undefined;
  #lastHeardMs: number;
  readonly #ended = new AbortController();

  /** Connects and says who we are. Throws ServerProblem, and the signal's reason. */
  static async open(options: PipelineOptions): Promise<Pipeline> {
    const { network, access, signal } = options;
    const { address, tls, credentials } = access;
    let connection: Connection;
    try {
      connection = await network.connect({ address, signal, ...(tls === undefined ? {} : { tls }) });
    } catch (error) {
      signal.throwIfAborted();
      throw unreachable(access, error);
    }
    const pipeline = new Pipeline(connection, options);
    if (credentials === undefined) return pipeline;
    const who = credentials.user === undefined ? [] : [credentials.user];
    const [refused] = await pipeline.send(encodeCommand(["AUTH", ...who, credentials.password]), 1);
    if (refused === undefined) return pipeline;
    pipeline.close();
    throw problemOfAnswer(refused.answer, access, "the password");
  }

  private constructor(connection: Connection, { access, clock, timeoutMs }: PipelineOptions) {
    this.#connection = connection;
    this.#access = access;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#lastHeardMs = clock.monotonicMs();
    // Both end by #fail, which tells everybody who waits.
    void this.#listen();
    void this.#watch();
  }

  get access(): ServerAccess {
    return this.#access;
  }

  /** Sends `count` commands; resolves with those that were refused when all have been answered. Throws ServerProblem. */
  async send(bytes: Uint8Array, count: number): Promise<readonly RefusedCommand[]> {
    return (await this.#request(bytes, count, undefined)).refused;
  }

  /** The same, with all answers as values. */
  async ask(bytes: Uint8Array, count: number): Promise<readonly Reply[]> {
    const replies: Reply[] = [];
    await this.#request(bytes, count, replies);
    return replies;
  }

  close(): void {
    this.#fail(unreachable(this.#access, new Error("the connection was closed by us")));
  }

  async #request(bytes: Uint8Array, count: number, replies: Reply[] | undefined): Promise<Waiter> {
    if (this.#failure !== undefined) throw this.#failure;
    let waiter!: Waiter;
    const answered = new Promise<void>((resolve, reject) => {
      waiter = { left: count, count, refused: [], replies, resolve, reject };
    });
    if (this.#first === this.#waiters.length) this.#lastHeardMs = this.#clock.monotonicMs();
    this.#waiters.push(waiter);
    // A connection that broke says so to #listen.
    this.#connection.write(bytes).catch(() => {});
    await answered;
    return waiter;
  }

  async #listen(): Promise<void> {
    try {
      for (;;) {
        const bytes = await this.#connection.read();
        if (bytes === undefined) throw new Error("the server has closed the connection");
        this.#lastHeardMs = this.#clock.monotonicMs();
        this.#take(bytes);
      }
    } catch (error) {
      this.#fail(unreachable(this.#access, error));
    }
  }

  #take(bytes: Uint8Array): void {
    let rest = bytes;
    // Only where a reply begins: what is in the decoder is a part of one.
    if (this.#isBetweenReplies) rest = bytes.subarray(this.#countPlain(bytes));
    this.#decoder.push(rest);
    for (let reply = this.#decoder.next(); reply !== undefined; reply = this.#decoder.next())
      if (reply.kind !== "keep-alive") this.#answer(reply);
    this.#receivedBytes += rest.length;
  }

  #receivedBytes = 0;

  get #isBetweenReplies(): boolean {
    return this.#decoder.offset === this.#receivedBytes;
  }

  /** Counts `+OK` and `+QUEUED` from the front on; returns how many bytes they took. */
  #countPlain(bytes: Uint8Array): number {
    let at = 0;
    while (bytes[at] === PLUS) {
      const size = bytes[at + 1] === LETTER_O ? OK_BYTES : bytes[at + 1] === LETTER_Q ? QUEUED_BYTES : 0;
      if (size === 0 || at + size > bytes.length || bytes[at + size - 1] !== LINE_FEED) break;
      const waiter = this.#waiters[this.#first];
      if (waiter === undefined || waiter.replies !== undefined) break;
      at += size;
      if (--waiter.left === 0) this.#settle(waiter);
    }
    return at;
  }

  #answer(reply: Reply): void {
    const waiter = this.#waiters[this.#first];
    if (waiter === undefined) throw new Error("the server answers what was not asked");
    if (reply.kind === "error")
      waiter.refused.push({ index: waiter.count - waiter.left, answer: errorText(reply) });
    waiter.replies?.push(reply);
    if (--waiter.left === 0) this.#settle(waiter);
  }

  #settle(waiter: Waiter): void {
    this.#first++;
    if (this.#first > SETTLED_MAX) {
      this.#waiters = this.#waiters.slice(this.#first);
      this.#first = 0;
    }
    waiter.resolve();
  }

  /** A server that owes us answers and says nothing for too long is gone. */
  async #watch(): Promise<void> {
    const { signal } = this.#ended;
    try {
      for (;;) {
        await this.#clock.sleep(this.#timeoutMs / 4, signal);
        const isOwed = this.#first < this.#waiters.length;
        if (isOwed && this.#clock.monotonicMs() - this.#lastHeardMs >= this.#timeoutMs)
          this.#fail(unreachable(this.#access, new Error(`it says nothing for ${this.#timeoutMs} ms`)));
      }
    } catch {
      // Ended by #fail.
    }
  }

  #fail(problem: ServerProblem): void {
    if (this.#failure !== undefined) return;
    this.#failure = problem;
    this.#ended.abort();
    this.#connection.destroy();
    for (const waiter of this.#waiters.slice(this.#first)) waiter.reject(problem);
    this.#waiters = [];
    this.#first = 0;
  }
}

const PLUS = 0x2b;
const LETTER_O = 0x4f;
const LETTER_Q = 0x51;
const LINE_FEED = 0x0a;
/** "+OK\r\n" and "+QUEUED\r\n". */
const OK_BYTES = 5;
const QUEUED_BYTES = 9;
/** Waiters that have their answers are dropped in such portions. */
const SETTLED_MAX = 1024;

/** The text of an error reply. */
export function errorText(reply: Reply & { readonly kind: "error" }): string {
  return Buffer.from(reply.bytes).toString("latin1");
}
