import { describe, expect, test } from "vitest";
import { ConnectionError } from "../errors.ts";
import type { Connection, Network } from "../network.ts";
import { nodePlatform } from "../node/node-platform.ts";
import { MemoryNetwork } from "./memory-network.ts";
import { VirtualClock } from "./virtual-clock.ts";

const text = (value: string) => Buffer.from(value);

/** Both ends of a new connection, and the way to close what listens. */
async function pair(
  network: Network,
): Promise<{ ours: Connection; theirs: Connection; close: () => Promise<void> }> {
  let accepted: (connection: Connection) => void = () => {};
  const theirs = new Promise<Connection>((resolve) => {
    accepted = resolve;
  });
  const listener = await network.listen({ address: { host: "127.0.0.1", port: 0 } }, accepted);
  const ours = await network.connect({ address: listener.address });
  return { ours, theirs: await theirs, close: () => listener.close() };
}

async function readAll(connection: Connection): Promise<string> {
  const parts: Uint8Array[] = [];
  for (let part = await connection.read(); part !== undefined; part = await connection.read())
    parts.push(part);
  return Buffer.concat(parts).toString();
}

describe.each([
  ["the real network", () => nodePlatform().network],
  ["the network in memory", () => new MemoryNetwork({ clock: new VirtualClock() })],
])("%s", (_name, make) => {
  test("carries bytes both ways, in order, up to the end", async () => {
    const { ours, theirs, close } = await pair(make());
    await ours.write(text("hello "));
    await ours.write(text("there"));
    await theirs.write(text("and back"));
    expect(String(Buffer.from((await ours.read()) ?? []))).toBe("and back");
    const closing = ours.close();
    expect(await readAll(theirs)).toBe("hello there");
    await theirs.close();
    await closing;
    await expect(ours.write(text("late"))).rejects.toThrow(ConnectionError);
    await close();
  });

  test("refuses an address that is taken, and a connection where nobody listens", async () => {
    const network = make();
    const listener = await network.listen({ address: { host: "127.0.0.1", port: 0 } }, () => {});
    const { address } = listener;
    await expect(network.listen({ address }, () => {})).rejects.toMatchObject({ code: "EADDRINUSE" });
    await listener.close();
    await expect(network.connect({ address })).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });
});

describe("the network in memory", () => {
  test("delivers after its latency, by the clock it was given", async () => {
    const clock = new VirtualClock();
    const { ours, theirs } = await pair(new MemoryNetwork({ clock, latencyMs: 30 }));
    await ours.write(text("a"));
    const reading = theirs.read().then(() => clock.monotonicMs());
    await clock.advance(100);
    expect(await reading).toBe(30);
  });

  test("holds back a writer whose reader does not read", async () => {
    const clock = new VirtualClock();
    const { ours, theirs } = await pair(new MemoryNetwork({ clock, bufferBytes: 10 }));
    await ours.write(new Uint8Array(10));
    let isWritten = false;
    const writing = ours.write(new Uint8Array(1)).then(() => {
      isWritten = true;
    });
    await clock.advance(1000);
    expect(isWritten).toBe(false);
    await theirs.read();
    await writing;
  });

  test("breaks for both sides when it is cut, drops what is on the way, and connects again", async () => {
    const clock = new VirtualClock();
    const network = new MemoryNetwork({ clock, latencyMs: 5 });
    const { ours, theirs } = await pair(network);
    await ours.write(text("lost"));
    const reading = theirs.read();
    network.cut();
    await expect(reading).rejects.toMatchObject({ code: "ECONNRESET" });
    await expect(ours.write(text("x"))).rejects.toMatchObject({ code: "ECONNRESET" });
    await clock.advance(10);
    await expect(theirs.read()).rejects.toThrow(ConnectionError);
    const again = await pair(network);
    await again.ours.write(text("x"));
  });
});
