/**
 * What a relay adds: to the time until a replica hears of a write, and to the time until it has heard of very many.
 *
 *   server ──────────────────▶ listener            one byte stream straight from the server, one through the relay
 *      └────▶ relay (disk) ──▶ listener
 *
 * The writes come from redis-benchmark, 50 clients with 16 commands under way each. The relay's memory is the high-water mark of its process.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { type RunningServer, startServer } from "@holdfast/servers";
import fs from "fs-extra";
import { highWaterMark, runProcess } from "../measure/run-process.ts";
import { median } from "../measure/statistics.ts";
import { defaultCorpusFolder, holdfastProgram } from "../paths.ts";
import type { Bench, Profile, Question } from "./question.ts";

const singleWrites = 500;
const benchmarkWrites = 1_000_000;

export const relayQuestion: Question = {
  name: "relay",
  title: "What does a relay add to a chain?",
  isDefault: false,
  answer,
};

async function answer({ official, onStep }: Bench): Promise<Profile> {
  await fs.ensureDir(defaultCorpusFolder);
  const folder = await fs.mkdtemp(join(defaultCorpusFolder, "relaying-"));
  const directory = join(folder, "server");
  await fs.ensureDir(directory);
  const args = ["--repl-diskless-sync-delay", "0", "--save", "", "--repl-ping-replica-period", "3600"];
  const server = await startServer(official, { directory, args });
  const relay = startRelay(server, folder);
  try {
    const ends = { server: await listenTo(server.socketPath), relay: await listenTo(await relay.path) };
    onStep("relay, single writes");
    const delays = await measureDelays(server, ends);
    onStep("relay, redis-benchmark");
    const rates = await measureRates(server, ends);
    const peakMb = Math.round((highWaterMark(relay.child.pid) ?? 0) / 1e6);
    const { name, title } = relayQuestion;
    const line = (what: string, medianMs: number, itemCount: number, sizeBytes: number) => ({
      ...{ what, medianMs, itemCount, sizeBytes },
    });
    return {
      kind: "profile",
      name,
      title,
      lines: [
        // A thousand times the median: times are shown in seconds.
        line("1,000 single writes, heard from the server", delays.server * 1000, 1000, 100_000),
        line("the same, through the relay", delays.relay * 1000, 1000, 100_000),
        line("redis-benchmark -P 16, by itself", rates.benchmark, benchmarkWrites, rates.sizeBytes),
        line(`all of it through the relay, peak ${peakMb} MB`, rates.relay, benchmarkWrites, rates.sizeBytes),
      ],
    };
  } finally {
    relay.child.kill();
    await once(relay.child, "close");
    await server.stop();
    await fs.remove(folder);
  }
}

function startRelay(
  { socketPath }: RunningServer,
  folder: string,
): { readonly child: ChildProcess; readonly path: Promise<string> } {
  const path = join(folder, "relay.sock");
  const args = ["relay", `unix://${socketPath}`, "--listen", path, "--dir", join(folder, "kept")];
  const child = spawn(process.execPath, [holdfastProgram, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  const isReady = new Promise<string>((resolve, reject) => {
    child.stderr.on("data", (text: Buffer) => {
      said += text.toString();
      if (said.includes("a new base")) resolve(path);
    });
    child.once("exit", (code) => reject(new Error(`the relay ended with ${code}: ${said}`)));
  });
  return { child, path: isReady };
}

/** A replica that understands nothing and counts the bytes behind the snapshot. */
interface Listening {
  readonly socket: Socket;
  /** Stream offset behind the last byte heard. */
  offset: number;
  heard: () => void;
}

async function listenTo(path: string): Promise<Listening> {
  const socket = connect(path);
  const listening: Listening = { socket, offset: 0, heard: () => {} };
  let head = Buffer.alloc(0);
  let isLoaded = false;
  await new Promise<void>((resolve) => {
    socket.on("data", (bytes: Buffer) => {
      if (isLoaded) {
        listening.offset += bytes.length;
        listening.heard();
        return;
      }
      head = Buffer.concat([head, bytes]);
      const found = /\+FULLRESYNC \S+ (\d+)\r\n\n*\$(\d+)\r\n/.exec(head.toString("latin1"));
      if (found === null) return;
      const behind = head.length - found.index - found[0].length - Number(found[2]);
      if (behind < 0) return;
      isLoaded = true;
      listening.offset = Number(found[1]) + behind;
      resolve();
    });
    socket.write("PSYNC ? -1\r\n");
  });
  return listening;
}

/** Median of the time from a write to its last byte, at both ends. */
async function measureDelays(
  { socketPath }: RunningServer,
  ends: Readonly<Record<"server" | "relay", Listening>>,
) {
  const client = connect(socketPath);
  const delays = { server: [] as number[], relay: [] as number[] };
  const value = "v".repeat(60);
  for (let index = 0; index < singleWrites; index++) {
    const goal = Math.max(ends.server.offset, ends.relay.offset) + 60;
    const startMs = performance.now();
    const both = (["server", "relay"] as const).map((end) =>
      reached(ends[end], goal).then(() => delays[end].push(performance.now() - startMs)),
    );
    client.write(`SET key:${index} ${value}\r\n`);
    await Promise.all(both);
    await reached(ends.relay, ends.server.offset);
  }
  client.destroy();
  return { server: median(delays.server), relay: median(delays.relay) };
}

async function measureRates(
  { installation, socketPath }: RunningServer,
  ends: Readonly<Record<"server" | "relay", Listening>>,
) {
  const before = ends.server.offset;
  const argv = [
    ...installation.command("benchmark"),
    ...["-s", socketPath, "-P", "16", "-n", `${benchmarkWrites}`, "-r", "100000", "-t", "set", "-q"],
  ];
  const startMs = performance.now();
  const { wallMs } = await runProcess(argv, "discard");
  // The server's own end may still be on its way.
  await new Promise((resolve) => setTimeout(resolve, 0));
  let end = ends.server.offset;
  for (let last = -1; last !== end; end = ends.server.offset) {
    last = end;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await reached(ends.relay, end);
  return { benchmark: wallMs, relay: performance.now() - startMs, sizeBytes: end - before };
}

function reached(end: Listening, offset: number): Promise<void> {
  if (end.offset >= offset) return Promise.resolve();
  return new Promise((resolve) => {
    end.heard = () => {
      if (end.offset >= offset) resolve();
    };
  });
}
