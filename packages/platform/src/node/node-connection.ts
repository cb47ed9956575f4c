/**
 * One socket of Node as a Connection: pulled with read(), pushed with write(), back-pressure in both directions.
 */

import type { Socket } from "node:net";
import { ConnectionError } from "../errors.ts";
import type { Connection } from "../network.ts";
import { systemFailure } from "../system-failure.ts";

/** Owns the socket. */
export class NodeConnection implements Connection {
  readonly peer: string;
  readonly #socket: Socket;
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #closed: Promise<void>;
  #failure: ConnectionError | undefined;
  /** Shared by all writers that wait for the same drain. */
  #draining: Promise<void> | undefined;

  constructor(socket: Socket, peer: string) {
    this.#socket = socket;
    this.peer = peer;
    // Kept for the next call of read() or write(): an error without a listener would end the process.
    socket.on("error", (error) => (this.#failure ??= this.#broken(error)));
    this.#closed = new Promise((resolve) => socket.once("close", () => resolve()));
    this.#chunks = socket.iterator({ destroyOnReturn: false })[Symbol.asyncIterator]();
  }

  async read(): Promise<Uint8Array | undefined> {
    try {
      const { done, value } = await this.#chunks.next();
      return done === true ? undefined : value;
    } catch (error) {
      throw this.#failure ?? this.#broken(error);
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (!this.#socket.writable)
      throw new ConnectionError("cannot write to", this.peer, "EPIPE", "it is closed");
    if (this.#socket.write(bytes)) return;
    this.#draining ??= this.#drained();
    await this.#draining;
  }

  async close(): Promise<void> {
    this.#socket.end();
    // Bytes that nobody reads any more would keep the other side's end from arriving.
    this.#socket.resume();
    await this.#closed;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #drained(): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        this.#socket.off("drain", settle);
        this.#socket.off("close", settle);
        this.#draining = undefined;
        if (this.#failure !== undefined) reject(this.#failure);
        else if (this.#socket.destroyed) reject(this.#broken(new Error("it was closed")));
        else resolve();
      };
      this.#socket.once("drain", settle);
      this.#socket.once("close", settle);
    });
  }

  #broken(error: unknown): ConnectionError {
    const { code, detail } = systemFailure(error);
    return new ConnectionError("lost the connection to", this.peer, code, detail, error);
  }
}
