/** What `serve` refuses before anybody can connect, what it tells, and how it ends, without a server. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { openContainerWriter } from "@holdfast/bytes";
import { type Address, MemoryNetwork, nodePlatform, VirtualClock } from "@holdfast/platform";
import { followPrimary, type ReplicaSink, type ReplicaState } from "@holdfast/resync";
import { certPem, fixturePath, keyPem } from "@holdfast/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runCommand } from "./run-command.ts";
import { type Serving, startServing } from "./serving.ts";

const dump = fixturePath("rdb", "redis-7.0-types.rdb");
const log = fixturePath("aof", "redis-8.0-mixed");

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function fileOf(bytes: Uint8Array): Promise<string> {
  const path = join(folder, "file");
  await writeFile(path, bytes);
  return path;
}

/** A copy of a log with its last file changed. */
async function changedLog(change: (path: string) => Promise<void>): Promise<string> {
  const copy = join(folder, "log");
  await cp(log, copy, { recursive: true });
  const directory = join(copy, "appendonlydir");
  const [incr] = (await readdir(directory)).filter((name) => name.includes("incr"));
  await change(join(directory, incr));
  return copy;
}

/** Follows until it has everything up to this offset, and gives what it got; with the snapshot it waits for `before`. */
async function followed(address: Address, endOffset: number, before = async () => {}) {
  const enough = new AbortController();
  const got: { snapshot: Uint8Array[]; stream: Uint8Array[]; state: ReplicaState | undefined } = {
    snapshot: [],
    stream: [],
    state: undefined,
  };
  const reached = (state: ReplicaState) => {
    got.state = state;
    if (state.offset >= endOffset) enough.abort(new Error("enough"));
  };
  const sink: ReplicaSink = {
    fullResync: async () => {},
    snapshotStart: async () => {},
    snapshotBytes: async (bytes) => void got.snapshot.push(bytes.slice()),
    snapshotEnd: async (state) => {
      await before();
      reached(state);
    },
    continued: async () => {},
    stream: async (bytes, _, state) => {
      got.stream.push(...bytes.map((piece) => piece.slice()));
      reached(state);
    },
    settle: async () => {},
    settledOffset: () => got.state?.offset ?? 0,
  };
  const { network, clock, random } = nodePlatform();
  const options = { network, clock, random, sink, signal: enough.signal };
  await followPrimary({ ...options, address: () => address, onTrouble: () => {} }).catch(() => {});
  return { snapshot: Buffer.concat(got.snapshot), stream: Buffer.concat(got.stream) };
}

const here = ({ port }: Serving): Address => ({ host: "127.0.0.1", port: Number(port) });

async function dataEnd(serving: Serving): Promise<number> {
  const { stdout } = await serving.stop();
  return JSON.parse(stdout.toString()).dataEndOffset;
}

describe("serve refuses before it listens", () => {
  const changed = async (change: (bytes: Buffer) => Uint8Array) => fileOf(change(await readFile(dump)));
  test.each<[string, number, string, () => Promise<string>]>([
    ["an RDB that is cut", 11, "rdb-inspect check", () => changed((bytes) => bytes.subarray(0, 90_000))],
    ["a wrong checksum", 13, "rdb-inspect check", () => changed((bytes) => flipped(bytes, bytes.length - 2))],
    ["a damaged value", 10, "rdb-inspect check", () => changed((bytes) => flipped(bytes, 17_949))],
    [
      "a version of the future",
      12,
      "next",
      () => changed((bytes) => Buffer.concat([Buffer.from("REDIS9999"), bytes.subarray(9)])),
    ],
    [
      "a cut container",
      11,
      "fetch the file again",
      () => changed((bytes) => gzipSync(bytes).subarray(0, 5000)),
    ],
    ["a container with a dictionary", 12, "zstd -d", () => fileOf(Buffer.from("28b52ffd010005", "hex"))],
    ["an empty file", 11, "temp-*.rdb", () => fileOf(new Uint8Array(0))],
    ["a file of something else", 10, "dump.rdb", () => fileOf(Buffer.from("+OK\r\n"))],
    ["cut commands inside a container", 11, "--load-truncated", () => fileOf(gzipSync("*1\r\n$4\r\nPIN"))],
    ["a path with nothing", 23, "name an RDB file", async () => join(folder, "nothing")],
    ["nothing on standard input", 11, "nothing to serve", async () => "-"],
    ["a log that is cut", 11, "--load-truncated", () => changedLog((path) => cutBy(path, 3))],
    ["a log with wrong bytes", 10, "next", () => changedLog(spoil)],
    ["a log without a file", 14, "next", () => changedLog((path) => rm(path))],
  ])("%s, with %i", async (_, wanted, step, makePath) => {
    const { code, stdout, stderr } = await runCommand(["serve", await makePath(), "--listen", ":0"]);
    expect({ code, stdout: stdout.length }, stderr).toEqual({ code: wanted, stdout: 0 });
    expect(stderr).toContain(step);
    expect(stderr).not.toContain("listening");
  });

  test.each<[string, readonly string[]]>([
    ["no address", ["--listen", "nowhere"]],
    ["a port that is none", ["--listen", ":70000"]],
    ["a user without a password", ["--listen", ":0", "--user", "ada"]],
    ["a certificate without --tls", ["--listen", ":0", "--cert", "cert.pem"]],
    ["--tls without a key", ["--listen", ":0", "--tls", "--cert", dump]],
    ["a target that is none", ["--listen", ":0", "--target", "redis-99"]],
    ["--timeout without --until-acked", ["--listen", ":0", "--timeout", "5s"]],
    ["no replica to wait for", ["--listen", ":0", "--until-acked", "0"]],
    ["two forms for one output", ["--listen", ":0", "--json", "--format", "ndjson"]],
  ])("%s, with 2", async (_, args) => {
    const { code, stderr } = await runCommand(["serve", dump, ...args]);
    expect(code, stderr).toBe(2);
  });

  test("an address that is taken, with 20", async () => {
    const first = await startServing(["serve", dump, "--listen", ":0"]);
    const { code, stderr } = await runCommand(["serve", dump, "--listen", `:${first.port}`]);
    expect({ code, stderr }).toEqual({ code: 20, stderr: expect.stringContaining("take another port") });
    await first.stop();
  });

  test("a conversion that loses something, with 12, unless it may", async () => {
    const streams = fixturePath("rdb", "redis-7.0-streams.rdb");
    const to = ["--listen", ":0", "--target", "redis-4.0"];
    const refused = await runCommand(["serve", streams, ...to]);
    expect({ code: refused.code, stderr: refused.stderr }).toEqual({
      code: 12,
      stderr: expect.stringMatching(/redis-4\.0 cannot hold all of it: \d+ stream .*\n.*--allow-loss/),
    });
    const serving = await startServing(["serve", streams, ...to, "--allow-loss"]);
    expect(serving.stderr()).toContain("cannot hold all of it");
    expect((await followed(here(serving), 1)).snapshot.toString("latin1", 0, 9)).toBe("REDIS0008");
    await serving.stop();
  });
});

describe("serve", () => {
  test("sends an RDB as it is stored, out of every container", async () => {
    const bytes = await readFile(dump);
    for (const container of ["none", "gzip", "zstd"] as const) {
      const writer = await openContainerWriter(container);
      const packed = [...(await writer.write(bytes)), ...(await writer.end())];
      writer.close();
      const serving = await startServing(["serve", await fileOf(Buffer.concat(packed)), "--listen", ":0"]);
      expect((await followed(here(serving), 1)).snapshot.equals(bytes)).toBe(true);
      expect(serving.stderr()).toContain("1,074 keys");
      expect((await serving.stop()).code).toBe(130);
    }
  });

  test("sends packed commands and standard input from a copy, which is gone at the end", async () => {
    const temporaryDirectory = join(folder, "temporary");
    await mkdir(temporaryDirectory);
    const plain = fixturePath("aof", "redis-6.0-mixed/appendonly.aof");
    const wanted = await startServing(["serve", plain, "--listen", ":0", "--json"]);
    const document = JSON.parse((await wanted.stop()).stdout.toString());
    expect(document.stream.commandCount).toBeGreaterThan(0);
    const bytes = await readFile(plain);
    const packed = await fileOf(gzipSync(bytes));
    const ids: string[] = [];
    let got: { readonly snapshot: Buffer; readonly stream: Buffer } | undefined;
    for (const [path, stdin] of [[packed], [packed], ["-", bytes], ["-", gzipSync(bytes)]] as const) {
      const options = { temporaryDirectory, ...(stdin === undefined ? {} : { stdin }) };
      const serving = await startServing(["serve", path, "--listen", ":0", "--json"], options);
      expect(await readdir(temporaryDirectory)).toEqual(["holdfast-1.tmp"]);
      const next = await followed(here(serving), document.dataEndOffset);
      got ??= next;
      expect(next.snapshot.equals(got.snapshot) && next.stream.equals(got.stream)).toBe(true);
      const { stdout } = await serving.stop();
      const { replid, stream } = JSON.parse(stdout.toString());
      expect(stream).toEqual(document.stream);
      ids.push(replid);
      expect(await readdir(temporaryDirectory)).toEqual([]);
    }
    expect(got!.stream).toHaveLength(document.stream.sizeBytes);
    expect(ids[1]).toBe(ids[0]);
  });

  test("sends a log without its annotations, over a Unix socket", async () => {
    const directory = join(log, "appendonlydir");
    const base = await readFile(join(directory, "appendonly.aof.2.base.rdb"));
    const incr = await readFile(join(directory, "appendonly.aof.2.incr.aof"), "latin1");
    const commands = incr.replace(/^#TS:\d+\r\n/gm, "");
    expect(commands.length).toBeLessThan(incr.length);
    const path = join(folder, "s.sock");
    for (const input of [log, directory, join(directory, "appendonly.aof.manifest")]) {
      const serving = await startServing(["serve", input, "--listen", path, "--json"]);
      const got = await followed({ path }, 1 + commands.length);
      expect(got.snapshot.equals(base)).toBe(true);
      expect(got.stream.toString("latin1")).toBe(commands);
      expect(await dataEnd(serving)).toBe(1 + commands.length);
    }
  });

  test("sends one file with an RDB in front and commands behind it, selecting db 0 in between", async () => {
    const commands = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n";
    const path = await fileOf(Buffer.concat([await readFile(dump), Buffer.from(commands)]));
    const serving = await startServing(["serve", path, "--listen", ":0"]);
    const select = "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n";
    const got = await followed(here(serving), 1 + select.length + commands.length);
    expect(got.snapshot.equals(await readFile(dump))).toBe(true);
    expect(got.stream.toString("latin1")).toBe(select + commands);
    await serving.stop();
  });

  test("leaves a cut end out with --load-truncated, says so, and changes nothing", async () => {
    const path = await changedLog((incr) => cutBy(incr, 3));
    const serving = await startServing(["serve", path, "--listen", ":0", "--load-truncated", "--json"]);
    expect(serving.stderr()).toMatch(/the last \d+ B, which end too early, are not served/);
    const { stdout } = await serving.stop();
    const document = JSON.parse(stdout.toString());
    const { stream, dataEndOffset, snapshot } = document;
    expect(document).toMatchObject({
      format: "holdfast-serve",
      version: 1,
      outcome: "interrupted",
      kind: "aof",
    });
    expect(stream.cutBytes).toBeGreaterThan(0);
    expect(dataEndOffset).toBe(1 + stream.sizeBytes);
    expect(snapshot).toMatchObject({
      dialect: "redis",
      version: 12,
      writtenBy: "redis 8.0.6",
      keyCount: 48,
    });
  });

  test("gives the same files the same id, and others another", async () => {
    const ids: string[] = [];
    for (const path of [dump, dump, fixturePath("rdb", "redis-7.0-dbs.rdb"), log, log]) {
      const serving = await startServing(["serve", path, "--listen", ":0", "--json"]);
      ids.push(JSON.parse((await serving.stop()).stdout.toString()).replid);
    }
    expect(ids[0]).toMatch(/^[0-9a-f]{40}$/);
    expect(ids.map((id) => ids.indexOf(id))).toEqual([0, 0, 2, 3, 3]);
  });

  test("ends with 20 when --timeout passes before enough replicas have it", async () => {
    const args = ["--until-acked", "2", "--timeout", "50ms", "--json"];
    const serving = await startServing(["serve", dump, "--listen", ":0", ...args]);
    const { code, stdout, stderr } = await serving.ended;
    expect({ code, stderr }).toEqual({
      code: 20,
      stderr: expect.stringContaining("0 of 2 replicas had all of it"),
    });
    expect(JSON.parse(stdout.toString())).toMatchObject({ outcome: "timeout", complete: 0, wanted: 2 });
  });

  test("tells everything that happens as NDJSON", async () => {
    const args = ["--format", "ndjson", "--until-acked"];
    const serving = await startServing(["serve", dump, "--listen", ":0", ...args]);
    // A replica can have its last byte before the primary hears that it was taken.
    await followed(here(serving), 1, () => serving.untilOut("snapshot-sent"));
    const { code, stdout } = await serving.stop();
    expect(code).toBe(130);
    const events = stdout
      .toString()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    for (const event of events) expect(event).toMatchObject({ format: "holdfast-serve", version: 1 });
    // The replica's end and the command's come at the same time.
    const kinds = events.map(({ event }) => event).filter((event) => event !== "left");
    expect(kinds).toEqual(["checked", "listening", "resync", "snapshot-sent", "done"]);
    expect(events[2]).toMatchObject({ kind: "full", why: "asked" });
    expect(events[3]).toMatchObject({ sizeBytes: (await readFile(dump)).length });
    expect(events.at(-1)).toMatchObject({ outcome: "interrupted", complete: 0, wanted: 1 });
  });

  test.each([
    ["json", 1000, /^\{"replica":"client #1","sentBytes":\d+,"totalBytes":165312\}$/m],
    ["bar", 10_000, /^holdfast: client #1: \d+ % of 161\.4 KiB sent$/m],
  ])("tells how far a slow replica is, as --progress %s, every %i ms", async (how, everyMs, line) => {
    const clock = new VirtualClock();
    const network = new MemoryNetwork({ clock, bufferBytes: 10_000 });
    const args = ["serve", dump, "--listen", "127.0.0.1:6400", "--progress", how];
    const serving = await startServing(args, { clock, network });
    const slow = await network.connect({ address: { host: "127.0.0.1", port: 6400 } });
    await slow.write(Buffer.from("PSYNC ? -1\r\n"));
    // Time passes for the network too.
    const told = serving.until(line);
    let isTold = false;
    void told.then(() => (isTold = true));
    while (!isTold) {
      await clock.advance(everyMs);
      await new Promise((resolve) => setImmediate(resolve));
    }
    slow.destroy();
    await serving.stop();
  });

  test("listens on this machine only while nobody has to give a password, and asks for one from the environment", async () => {
    const open = await startServing(["serve", dump, "--listen", ":0"]);
    expect(open.stderr()).toContain("listening on 127.0.0.1:");
    expect(open.stderr()).toContain("as no password is set");
    await open.stop();
    const everywhere = await startServing(["serve", dump, "--listen", "0.0.0.0:0"]);
    expect(everywhere.stderr()).toContain("whoever reaches it has the data");
    await everywhere.stop();
    const passwords = { listen: "secret", redis: "other" };
    const guarded = await startServing(["serve", dump, "--listen", ":0"], { passwords });
    expect(guarded.stderr()).toMatch(
      /listening on (\[::\]|0\.0\.0\.0):\d+; on a server, with masterauth set/,
    );
    const connection = await nodePlatform().network.connect({ address: here(guarded) });
    const answers: string[] = [];
    for (const command of ["PSYNC ? -1", "AUTH other", "AUTH ada secret", "AUTH secret", "PING"]) {
      await connection.write(Buffer.from(`${command}\r\n`));
      answers.push(
        Buffer.from((await connection.read())!)
          .toString()
          .split(" ")[0]
          .trim(),
      );
    }
    expect(answers).toEqual(["-NOAUTH", "-WRONGPASS", "-WRONGPASS", "+OK", "+PONG"]);
    connection.destroy();
    expect((await guarded.stop()).stderr).not.toContain("secret");
  });

  test("says what is wrong with a replica that it cannot speak TLS with", async () => {
    const paths: string[] = [];
    for (const [name, text] of Object.entries({ cert: certPem, key: keyPem, cacert: certPem })) {
      const path = join(folder, name);
      await writeFile(path, text);
      paths.push(`--${name}`, path);
    }
    const serving = await startServing(["serve", dump, "--listen", ":0", "--tls", ...paths]);
    const { network } = nodePlatform();
    const address = here(serving);
    const anonymous = await network.connect({ address, tls: { insecure: true } });
    await anonymous.read().catch(() => {});
    await serving.until("refused: it has no certificate that --cacert has signed");
    await network.connect({ address, tls: { certPem, keyPem } }).catch(() => {});
    await serving.until("refused: it broke off the TLS handshake");
    const plain = await network.connect({ address });
    await plain.write(Buffer.from("PING\r\n"));
    await serving.until("refused: it speaks no TLS");
    plain.destroy();
    await serving.stop();
  });

  test("ends with 23 when the file is not as it was when a replica asks", async () => {
    const path = await fileOf(await readFile(dump));
    const serving = await startServing(["serve", path, "--listen", ":0"]);
    await truncate(path, 100_000);
    const asking = followed(here(serving), 1);
    const { code, stderr } = await serving.ended;
    expect({ code, stderr }).toEqual({ code: 23, stderr: expect.stringContaining("no longer as it was") });
    void asking;
  });
});

function flipped(bytes: Buffer, at: number): Buffer {
  bytes[at] ^= 0x10;
  return bytes;
}

async function cutBy(path: string, bytes: number): Promise<void> {
  await truncate(path, (await readFile(path)).length - bytes);
}

async function spoil(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes[bytes.indexOf("*", 200)] = 0x58;
  await writeFile(path, bytes);
}
