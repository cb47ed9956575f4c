/** The real network, whose connections can be cut, and remember what came in. */
import { type Connection, type Network, nodePlatform } from "@holdfast/platform";

export class WatchedNetwork implements Network {
  /** What each connection received, in order. */
  readonly received: Uint8Array[][] = [];
  /** Cuts each connection once it has received so many bytes, mid-chunk: those behind are lost. */
  cutAfterBytes: () => number = () => Number.POSITIVE_INFINITY;
  readonly #inner = nodePlatform().network;
  readonly #open = new Set<Connection>();

  async connect(options: Parameters<Network["connect"]>[0]): Promise<Connection> {
    const connection = await this.#inner.connect(options);
    this.#open.add(connection);
    const received: Uint8Array[] = [];
    this.received.push(received);
    return watched(connection, received, this.cutAfterBytes());
  }

  listen(...args: Parameters<Network["listen"]>): ReturnType<Network["listen"]> {
    return this.#inner.listen(...args);
  }

  /** Breaks every connection made so far. */
  cut(): void {
    for (const connection of this.#open) connection.destroy();
    this.#open.clear();
  }
}

function watched(connection: Connection, received: Uint8Array[], cutAfterBytes: number): Connection {
  let left = cutAfterBytes;
  return {
    peer: connection.peer,
    read: async () => {
      const bytes = left > 0 ? await connection.read() : undefined;
      if (bytes === undefined) {
        if (left <= 0) connection.destroy();
        return undefined;
      }
      const kept = bytes.subarray(0, left);
      left -= kept.length;
      received.push(kept.slice());
      return kept;
    },
    write: (bytes) => connection.write(bytes),
    close: () => connection.close(),
    destroy: () => connection.destroy(),
  };
}
