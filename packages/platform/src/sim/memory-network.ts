/**
 * The third door in a test: connections between parts of one process, with back-pressure, cuts, and delays by a clock.
 *
 * Bytes arrive in order, each `latencyMs` after it was written, in the chunks they were written in. A writer is held back while
 * more than `bufferBytes` are on the way or unread. TLS is not simulated: its options change nothing.
 */

import type { Clock } from "../clock.ts";
import { ConnectionError } from "../errors.ts";
import type { Address, Connection, ConnectOptions, Listener, ListenOptions, Network } from "../network.ts";

export interface MemoryNetworkOptions {
  readonly clock: Clock;
  /** Default 0: bytes arrive at once. */
  readonly latencyMs?: number;
  /** Default 64 KiB in each direction. */
  readonly bufferBytes?: number;
}

const FIRST_FREE_PORT = 49152;

export class MemoryNetwork implements Network {
  readonly #options: Required<MemoryNetworkOptions>;
  readonly #listeners = new Map<string, (connection: Connection) => void>();
  readonly #open = new Set<MemoryConnection>();
  #freePort = FIRST_FREE_PORT;

  constructor(options: MemoryNetworkOptions) {
    this.#options = { latencyMs: 0, bufferBytes: 64 * 1024, ...options };
  }

  async connect({ address, signal }: ConnectOptions): Promise<Connection> {
    signal?.throwIfAborted();
    const name = nameOf(address);
    const accept = this.#listeners.get(name);
    if (accept === undefined) {
      throw new ConnectionError("cannot connect to", name, "ECONNREFUSED", "connection refused");
    }
    const there = new Pipe(name, this.#options);
    const back = new Pipe("client", this.#options);
    const ours = new MemoryConnection(name, back, there);
    this.#open.add(ours);
    accept(new MemoryConnection("client", there, back));
    return ours;
  }

  async listen({ address }: ListenOptions, accept: (connection: Connection) => void): Promise<Listener> {
    const real = "port" in address && address.port === 0 ? { ...address, port: this.#freePort++ } : address;
    const name = nameOf(real);
    if (this.#listeners.has(name)) {
      throw new ConnectionError("cannot listen on", name, "EADDRINUSE", "address already in use");
    }
    this.#listeners.set(name, accept);
    return { address: real, close: async () => void this.#listeners.delete(name) };
  }

  /** Breaks all connections, for both sides; what is on the way is lost. New ones can be made. */
  cut(): void {
    for (const connection of this.#open) connection.destroy();
    this.#open.clear();
  }
}

class MemoryConnection implements Connection {
  readonly peer: string;
  readonly #incoming: Pipe;
  readonly #outgoing: Pipe;

  constructor(peer: string, incoming: Pipe, outgoing: Pipe) {
    this.peer = peer;
    this.#incoming = incoming;
    this.#outgoing = outgoing;
  }

  read(): Promise<Uint8Array | undefined> {
    return this.#incoming.read();
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#outgoing.write(bytes);
  }

  async close(): Promise<void> {
    this.#outgoing.end();
  }

  destroy(): void {
    this.#incoming.break();
    this.#outgoing.break();
  }
}

/** One direction of a connection. */
class Pipe {
  readonly #peer: string;
  readonly #options: Required<MemoryNetworkOptions>;
  /** What has arrived and is unread; undefined is the end. */
  readonly #arrived: (Uint8Array | undefined)[] = [];
  /** On the way or unread. */
  #queuedBytes = 0;
  #hasEnded = false;
  #isBroken = false;
  /** Those who wait for a change: the reader, and writers that are held back. */
  #waiting: (() => void)[] = [];

  constructor(peer: string, options: Required<MemoryNetworkOptions>) {
    this.#peer = peer;
    this.#options = options;
  }

  async read(): Promise<Uint8Array | undefined> {
    while (!this.#isBroken && this.#arrived.length === 0) await this.#change();
    this.#refuseIf(this.#isBroken, "ECONNRESET", "connection reset");
    // The end stays where it is, for those who read on.
    if (this.#arrived[0] === undefined) return undefined;
    const bytes = this.#arrived.shift()!;
    this.#queuedBytes -= bytes.length;
    this.#wake();
    return bytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#refuseIf(this.#isBroken, "ECONNRESET", "connection reset");
    this.#refuseIf(this.#hasEnded, "EPIPE", "the connection was closed");
    if (bytes.length === 0) return;
    this.#queuedBytes += bytes.length;
    this.#send(bytes.slice());
    while (!this.#isBroken && this.#queuedBytes > this.#options.bufferBytes) await this.#change();
    this.#refuseIf(this.#isBroken, "ECONNRESET", "connection reset");
  }

  end(): void {
    if (!this.#hasEnded) this.#send(undefined);
    this.#hasEnded = true;
  }

  break(): void {
    this.#isBroken = true;
    this.#arrived.length = 0;
    this.#wake();
  }

  #send(bytes: Uint8Array | undefined): void {
    const arrive = () => {
      if (!this.#isBroken) this.#arrived.push(bytes);
      this.#wake();
    };
    if (this.#options.latencyMs === 0) arrive();
    else void this.#options.clock.sleep(this.#options.latencyMs).then(arrive);
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  #refuseIf(isWrong: boolean, code: string, detail: string): void {
    if (isWrong) throw new ConnectionError("lost connection to", this.#peer, code, detail);
  }
}

function nameOf(address: Address): string {
  return "path" in address ? address.path : `${address.host}:${address.port}`;
}
