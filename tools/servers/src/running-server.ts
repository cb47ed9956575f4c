/**
 * Starts a real server for a test, waits until it answers, and stops it for certain.
 *
 * It listens on a Unix socket (and on a loopback port only when asked), reads no configuration file,
 * and saves nothing by itself. The socket lives in its own short folder, because the path of a Unix
 * socket is limited to 107 bytes.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve as resolvePath } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import fs from "fs-extra";
import { ServerError } from "./errors.ts";
import { freePort } from "./free-port.ts";
import type { ServerInstallation } from "./installation.ts";

export interface StartOptions {
  /** Where the server keeps its files; it must exist. */
  readonly directory: string;
  /** Further options, for example `["--maxmemory-policy", "allkeys-lfu"]`; they win over the defaults. */
  readonly args?: readonly string[];
  /** How long the server may take until it answers, loading its data included. Default 20 s. */
  readonly timeoutMs?: number;
  /** "free" also listens on a free loopback port; default: no port at all. */
  readonly port?: "free";
}

export interface RunningServer {
  readonly installation: ServerInstallation;
  readonly pid: number;
  readonly socketPath: string;
  readonly port?: number;
  readonly directory: string;
  /** Everything the server has printed so far. */
  log(): string;
  /** Ends the process, by force after five seconds, and waits until it is gone. Harmless when repeated. */
  stop(): Promise<void>;
}

const startTimeoutMs = 20_000;
const stopTimeoutMs = 5_000;
const pollIntervalMs = 10;
/** A server whose crash report has come to a standstill takes connections and never answers. */
const pingTimeoutMs = 1_000;

/** Starts the server and returns when it answers PING; throws SERVERS_DID_NOT_START with its log. */
export async function startServer(
  installation: ServerInstallation,
  options: StartOptions,
): Promise<RunningServer> {
  const directory = resolvePath(options.directory);
  const socketFolder = await fs.mkdtemp(join(tmpdir(), "hf-"));
  const socketPath = join(socketFolder, "s.sock");
  const port = options.port === "free" ? await freePort() : undefined;
  const child = launch(installation, {
    args: [...defaultArgs(directory, socketPath, port), ...(options.args ?? [])],
    directory,
  });
  const server = {
    installation,
    pid: child.process.pid ?? 0,
    socketPath,
    ...(port === undefined ? {} : { port }),
    directory,
    log: child.log,
    stop: async () => {
      await child.stop();
      await fs.remove(socketFolder);
    },
  };
  try {
    await untilReady(server, child, options.timeoutMs ?? startTimeoutMs);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

function defaultArgs(directory: string, socketPath: string, port: number | undefined): string[] {
  return [
    ...["--port", String(port ?? 0)],
    ...["--bind", "127.0.0.1"],
    ...["--unixsocket", socketPath],
    ...["--dir", directory],
    ...["--save", ""],
    ...["--daemonize", "no"],
  ];
}

interface LaunchedProcess {
  readonly process: ChildProcess;
  log(): string;
  hasEnded(): boolean;
  stop(): Promise<void>;
}

function launch(
  installation: ServerInstallation,
  options: { args: readonly string[]; directory: string },
): LaunchedProcess {
  const [program, ...args] = [...installation.command("server"), ...options.args];
  const child = spawn(program, args, { cwd: options.directory, stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  let hasEnded = false;
  child.stdout.setEncoding("utf8").on("data", (text: string) => (log += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (log += text));
  child.on("error", (error) => (log += `${error.message}\n`));

  const killNow = () => child.kill("SIGKILL");
  process.once("exit", killNow);
  const ended = new Promise<void>((resolve) => {
    const settle = () => {
      hasEnded = true;
      process.removeListener("exit", killNow);
      resolve();
    };
    child.once("close", settle);
    child.once("error", settle);
  });
  return {
    process: child,
    log: () => log,
    hasEnded: () => hasEnded,
    stop: async () => {
      if (hasEnded) return;
      child.kill("SIGTERM");
      const force = setTimeout(killNow, stopTimeoutMs);
      await ended;
      clearTimeout(force);
    },
  };
}

async function untilReady(
  server: { readonly socketPath: string; readonly installation: ServerInstallation },
  child: LaunchedProcess,
  timeoutMs: number,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    if (await answersPing(server.socketPath)) return;
    if (child.hasEnded()) break;
    await delay(pollIntervalMs);
  }
  const what = child.hasEnded() ? "ended at once" : `did not answer PING within ${timeoutMs} ms`;
  const { id, version } = server.installation;
  throw new ServerError("SERVERS_DID_NOT_START", `${id} (${version}) ${what}; its log:\n${child.log()}`);
}

/** A server that is still loading its data answers with an error, so it does not count yet. */
function answersPing(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(socketPath);
    socket.once("error", () => resolve(false));
    socket.once("close", () => resolve(false));
    socket.setTimeout(pingTimeoutMs, () => socket.destroy());
    socket.once("connect", () => socket.write("PING\r\n"));
    socket.once("data", (data) => {
      resolve(/^(\+PONG|-NOAUTH)/.test(data.toString("latin1")));
      socket.destroy();
    });
  });
}
