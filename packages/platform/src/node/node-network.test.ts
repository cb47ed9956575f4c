import { join } from "node:path";
import { certPem, keyPem } from "@holdfast/testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import { scratchDirectory } from "../../test/scratch-directory.ts";
import { ConnectionError } from "../errors.ts";
import type { Address, Connection, TlsOptions } from "../network.ts";
import { nodeNetwork } from "./node-network.ts";

const network = nodeNetwork();
const text = (value: string) => Buffer.from(value);
const anyPort: Address = { host: "127.0.0.1", port: 0 };

/** Both ends of one connection. */
async function connectedPair(address = anyPort, tls?: { server: TlsOptions; client: TlsOptions }) {
  let accept: (connection: Connection) => void = () => {};
  const accepted = new Promise<Connection>((resolve) => (accept = resolve));
  const listener = await network.listen(
    { address, ...(tls === undefined ? {} : { tls: tls.server }) },
    (connection) => accept(connection),
  );
  onTestFinished(() => listener.close());
  const client = await network.connect({
    address: listener.address,
    ...(tls === undefined ? {} : { tls: tls.client }),
  });
  const server = await accepted;
  onTestFinished(() => {
    client.destroy();
    server.destroy();
  });
  return { client, server };
}

async function readAll(connection: Connection): Promise<string> {
  const parts: Uint8Array[] = [];
  for (let part = await connection.read(); part !== undefined; part = await connection.read())
    parts.push(part);
  return Buffer.concat(parts).toString();
}

describe("a connection", () => {
  test("carries bytes both ways and ends with undefined", async () => {
    const { client, server } = await connectedPair();
    await client.write(text("ping"));
    expect(Buffer.from((await server.read())!).toString()).toBe("ping");
    await server.write(text("pong"));
    const closed = server.close();
    expect(await readAll(client)).toBe("pong");
    await client.close();
    await closed;
  });

  test("holds back a writer whose reader does not read", async () => {
    const { client, server } = await connectedPair();
    const piece = new Uint8Array(1 << 20);
    let written = 0;
    let finished = false;
    const writing = (async () => {
      for (; written < 64; written++) await client.write(piece);
      finished = true;
    })();
    await server.read();
    expect(finished).toBe(false);
    let received = 0;
    const reading = (async () => {
      for (let part = await server.read(); part !== undefined; part = await server.read())
        received += part.length;
    })();
    await writing;
    await Promise.all([client.close(), reading, server.close()]);
    expect(received).toBeGreaterThan(60 << 20);
  });

  test("that was destroyed refuses to write and rejects the waiting writer", async () => {
    const { client } = await connectedPair();
    const waiting = client.write(new Uint8Array(64 << 20));
    client.destroy();
    await expect(waiting).rejects.toThrow(ConnectionError);
    await expect(client.write(text("x"))).rejects.toThrow(ConnectionError);
  });

  test("works over a Unix socket", async () => {
    const path = join(await scratchDirectory(), "socket");
    const { client, server } = await connectedPair({ path });
    await client.write(text("local"));
    expect(Buffer.from((await server.read())!).toString()).toBe("local");
    expect(client.peer).toBe(path);
  });

  test("to a closed port says so", async () => {
    const listener = await network.listen({ address: anyPort }, () => {});
    const { address } = listener;
    await listener.close();
    const connected = network.connect({ address });
    await expect(connected).rejects.toThrow(ConnectionError);
    await expect(connected).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  test("that was aborted before it stood rejects with the reason", async () => {
    const signal = AbortSignal.abort(new Error("not needed"));
    await expect(network.connect({ address: { host: "127.0.0.1", port: 1 }, signal })).rejects.toThrow(
      "not needed",
    );
  });

  test("an address that is taken cannot be listened on twice", async () => {
    const listener = await network.listen({ address: anyPort }, () => {});
    onTestFinished(() => listener.close());
    await expect(network.listen({ address: listener.address }, () => {})).rejects.toMatchObject({
      code: "EADDRINUSE",
    });
  });
});

describe("TLS", () => {
  const server: TlsOptions = { certPem, keyPem };

  test("carries bytes when the certificate is trusted", async () => {
    const client: TlsOptions = { caPem: certPem, serverName: "holdfast.test" };
    const pair = await connectedPair(anyPort, { server, client });
    await pair.client.write(text("secret"));
    expect(Buffer.from((await pair.server.read())!).toString()).toBe("secret");
  });

  test("accepts any certificate only when told to", async () => {
    const pair = await connectedPair(anyPort, { server, client: { insecure: true } });
    await pair.client.write(text("x"));
    expect(await pair.server.read()).toHaveLength(1);
    const listener = await network.listen({ address: anyPort, tls: server }, () => {});
    onTestFinished(() => listener.close());
    await expect(network.connect({ address: listener.address, tls: {} })).rejects.toThrow(ConnectionError);
  });

  test("asks for a certificate when it is told whose count, and says who was refused", async () => {
    const refused: ConnectionError[] = [];
    const listener = await network.listen(
      {
        address: anyPort,
        tls: { ...server, caPem: certPem },
        onRefused: (error) => refused.push(error),
      },
      (connection) => void connection.write(text("in")),
    );
    onTestFinished(() => listener.close());
    const address = listener.address;
    const trusting: TlsOptions = { caPem: certPem, serverName: "holdfast.test" };
    const known = await network.connect({ address, tls: { ...trusting, certPem, keyPem } });
    expect(Buffer.from((await known.read())!).toString()).toBe("in");
    known.destroy();
    const anonymous = await network.connect({ address, tls: trusting });
    await expect(anonymous.read()).rejects.toThrow(ConnectionError);
    const plain = await network.connect({ address });
    await plain.write(text("*1\r\n$4\r\nPING\r\n"));
    while ((await plain.read().catch(() => undefined)) !== undefined);
    expect(refused).toHaveLength(2);
    for (const error of refused) expect(error.message).toMatch(/^no TLS with 127\.0\.0\.1:\d+: /);
  });
});
