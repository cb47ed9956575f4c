/**
 * The network door on Node: node:net and node:tls. Each takes a command some ms to load, so it is loaded with the
 * first connection that wants it.
 */

import type net from "node:net";
import type tls from "node:tls";
import { ConnectionError } from "../errors.ts";
import type {
  Address,
  Connection,
  ConnectOptions,
  Listener,
  ListenOptions,
  Network,
  TlsOptions,
} from "../network.ts";
import { systemFailure } from "../system-failure.ts";
import { NodeConnection } from "./node-connection.ts";

/** The real network. */
export function nodeNetwork(): Network {
  return { connect, listen };
}

async function connect(options: ConnectOptions): Promise<Connection> {
  const { address, signal } = options;
  signal?.throwIfAborted();
  const peer = nameOf(address);
  const socket = await openSocket(options);
  const stop = () => socket.destroy();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    await readyOf(socket, options.tls === undefined ? "connect" : "secureConnect");
  } catch (error) {
    socket.destroy();
    signal?.throwIfAborted();
    const { code, detail } = systemFailure(error);
    throw new ConnectionError("cannot connect to", peer, code, detail, error);
  } finally {
    signal?.removeEventListener("abort", stop);
  }
  return new NodeConnection(socket, peer);
}

async function openSocket(options: ConnectOptions): Promise<net.Socket> {
  const net = await import("node:net");
  if (options.tls === undefined) return net.connect({ ...options.address, noDelay: true });
  const tls = await import("node:tls");
  const host = "host" in options.address ? options.address.host : undefined;
  const serverName =
    options.tls.serverName ?? (host !== undefined && net.isIP(host) === 0 ? host : undefined);
  return tls.connect({
    ...options.address,
    ...certificates(options.tls),
    ...(serverName === undefined ? {} : { servername: serverName }),
    rejectUnauthorized: options.tls.insecure !== true,
  });
}

function certificates(options: TlsOptions): tls.SecureContextOptions {
  return {
    ...(options.caPem === undefined ? {} : { ca: options.caPem }),
    ...(options.certPem === undefined ? {} : { cert: options.certPem }),
    ...(options.keyPem === undefined ? {} : { key: options.keyPem }),
  };
}

/** Asks for a certificate when it is said whose count. */
function forClients(options: TlsOptions): tls.TlsOptions {
  const asks = options.caPem !== undefined;
  return { ...certificates(options), ...(asks ? { requestCert: true, rejectUnauthorized: true } : {}) };
}

function readyOf(socket: net.Socket, event: "connect" | "secureConnect"): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => resolve());
    socket.once("error", reject);
    // After an abort there is no error, only the end.
    socket.once("close", () => reject(new Error("the connection was closed before it was ready")));
  });
}

async function listen(options: ListenOptions, accept: (connection: Connection) => void): Promise<Listener> {
  const name = nameOf(options.address);
  const take = (socket: net.Socket) => accept(new NodeConnection(socket, peerOf(socket, name)));
  const server =
    options.tls === undefined
      ? (await import("node:net")).createServer({ noDelay: true }, take)
      : (await import("node:tls")).createServer(forClients(options.tls), take);
  server.on("tlsClientError", (cause: Error, socket: net.Socket) => {
    const { code, detail } = systemFailure(cause);
    // The reason why a certificate does not count is not in the error.
    const reason = (socket as tls.TLSSocket).authorizationError;
    const what = reason == null ? detail : `${detail}, ${reason.message || String(reason)}`;
    options.onRefused?.(new ConnectionError("no TLS with", peerOf(socket, GONE), code, what, cause));
  });
  return await new Promise((resolve, reject) => {
    // Stays on: a failed accept later on costs one connection, not the process.
    server.on("error", (error) => {
      const { code, detail } = systemFailure(error);
      reject(new ConnectionError("cannot listen on", name, code, detail, error));
    });
    server.listen(options.address, () => resolve(listenerOf(server)));
  });
}

function listenerOf(server: net.Server): Listener {
  const bound = server.address();
  const address: Address =
    bound === null || typeof bound === "string"
      ? { path: bound ?? "" }
      : { host: bound.address, port: bound.port };
  return {
    address,
    // The server's own callback waits for every connection: nobody asked for that.
    close: async () => {
      server.close();
    },
  };
}

/** Its address is gone with it. */
const GONE = "somebody who has left";

function peerOf(socket: net.Socket, listeningOn: string): string {
  return socket.remoteAddress === undefined
    ? listeningOn
    : nameOf({ host: socket.remoteAddress, port: socket.remotePort ?? 0 });
}

function nameOf(address: Address): string {
  if ("path" in address) return address.path;
  return address.host.includes(":") ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}
