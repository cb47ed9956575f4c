/** A proxy on a real port between two sides, which can be slow, late or cut, and spoil a byte. */
import net from "node:net";

export interface TcpProxy {
  readonly port: number;
  /** Connections so far. */
  readonly accepted: number;
  /** Bytes from the server that have passed. */
  readonly passed: number;
  /** Bytes a second towards the client; undefined: as fast as it goes. */
  bytesPerSecond: number | undefined;
  /** Every byte arrives so much later. */
  delayMs: number;
  /** Refuses who comes, until it is false again. */
  isDown: boolean;
  /** Changes what comes from the server, once. */
  spoil: ((bytes: Buffer) => boolean) | undefined;
  /** Breaks every connection there is. */
  cut(): void;
  close(): Promise<void>;
}

/** `to` is a port of this machine or the path of a socket. */
export async function startProxy(to: number | string): Promise<TcpProxy> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((client) => {
    proxy.accepted++;
    if (proxy.isDown) return void client.destroy();
    const target = typeof to === "number" ? net.connect(to, "127.0.0.1") : net.connect(to);
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        target.destroy();
      });
    }
    client.pipe(target);
    pass(target, client);
  });

  function pass(from: net.Socket, into: net.Socket): void {
    from.on("data", (bytes: Buffer) => {
      proxy.passed += bytes.length;
      if (proxy.spoil?.(bytes) === true) proxy.spoil = undefined;
      const { bytesPerSecond, delayMs } = proxy;
      if (bytesPerSecond !== undefined) {
        from.pause();
        setTimeout(() => from.resume(), (bytes.length * 1000) / bytesPerSecond);
      }
      if (delayMs > 0) setTimeout(() => into.destroyed || into.write(bytes), delayMs);
      else if (!into.write(bytes)) {
        from.pause();
        into.once("drain", () => from.resume());
      }
    });
  }

  const proxy = {
    port: 0,
    accepted: 0,
    passed: 0,
    bytesPerSecond: undefined as number | undefined,
    delayMs: 0,
    isDown: false,
    spoil: undefined as TcpProxy["spoil"],
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    close: async () => {
      proxy.cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  proxy.port = (server.address() as net.AddressInfo).port;
  return proxy;
}
