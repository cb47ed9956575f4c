/**
 * The third door: connections, TCP or Unix sockets, with or without TLS.
 *
 * Both directions have back-pressure: without read() no more than a small buffer is received, and write() resolves only
 * when the connection wants more.
 */

import type { ConnectionError } from "./errors.ts";

/** Where to connect or listen: a host and port, or the path of a Unix socket. */
export type Address = { readonly host: string; readonly port: number } | { readonly path: string };

/** Certificates and keys are texts in PEM form. */
export interface TlsOptions {
  /** Name the certificate must be for, and that is sent as SNI. Default: the host. */
  readonly serverName?: string;
  /** Authorities to trust instead of the system's. To listen with them asks clients for a certificate that one of them has signed. */
  readonly caPem?: string;
  /** Our own certificate: needed to listen, and to connect where the server asks for one. */
  readonly certPem?: string;
  readonly keyPem?: string;
  /** Accept any certificate. Default false. */
  readonly insecure?: boolean;
}

export interface ConnectOptions {
  readonly address: Address;
  /** Speak TLS when given. */
  readonly tls?: TlsOptions;
  /** Gives up when aborted, with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface ListenOptions {
  /** Port 0 takes any free port. */
  readonly address: Address;
  readonly tls?: TlsOptions;
  /** Told about a client that spoke no TLS, or had no certificate that counts: `accept` never sees it. */
  readonly onRefused?: (error: ConnectionError) => void;
}

export interface Network {
  /** Rejects with ConnectionError. With TLS, resolves after the handshake. */
  connect(options: ConnectOptions): Promise<Connection>;
  /** Calls `accept` for every connection that comes in. Rejects with ConnectionError when the address is taken. */
  listen(options: ListenOptions, accept: (connection: Connection) => void): Promise<Listener>;
}

export interface Listener {
  /** Where it listens, with the port it really has. */
  readonly address: Address;
  /** Accepts no more. Connections that were accepted stay open. */
  close(): Promise<void>;
}

export interface Connection {
  /** The other side, for messages: `host:port` or a path. */
  readonly peer: string;
  /**
   * The next bytes, owned by the caller; undefined when the other side has ended. Rejects with ConnectionError when the
   * connection broke. One read at a time.
   */
  read(): Promise<Uint8Array | undefined>;
  /**
   * Queues the bytes, which must not change afterwards, and resolves when more may be written: await it and memory stays
   * bounded. Rejects with ConnectionError when the connection broke or was closed.
   */
  write(bytes: Uint8Array): Promise<void>;
  /** Sends what is queued, then closes. */
  close(): Promise<void>;
  /** Closes at once and drops what is queued. */
  destroy(): void;
}
