/** Listens, serves whoever connects, and knows when it is enough. */
import { exitCode, Problem, type ProgressChoice } from "@holdfast/command-line";
import { type Address, ConnectionError, type Listener } from "@holdfast/platform";
import { type ReplicaFacts, Replicas } from "@holdfast/resync";
import type { Host } from "../host.ts";
import { addressText, isLocal, type ListenerSettings } from "../listener-settings.ts";
import { sourceFailure } from "./data-problem.ts";
import { ReplicaWatch, replicaName, tlsRefusal } from "./replica-watch.ts";
import type { ServeOutcome } from "./serve-events.ts";
import type { ServeOutput } from "./serve-output.ts";
import type { ServedData } from "./served-data.ts";

export interface PrimaryServerOptions {
  readonly host: Host;
  readonly data: ServedData;
  readonly output: ServeOutput;
  readonly listener: ListenerSettings;
  readonly replicaTimeoutMs: number;
  readonly wanted: number | undefined;
  readonly waitMs: number;
  readonly progress: ProgressChoice;
}

/** How often it is said how far the replicas are. */
const LINES_EVERY_MS = 10_000;
const OBJECTS_EVERY_MS = 1000;

export class PrimaryServer {
  readonly #options: PrimaryServerOptions;
  readonly #replicas: Replicas;
  readonly #watch: ReplicaWatch;
  /** Aborted with a Problem when the files can no longer be served. */
  readonly #failed = new AbortController();
  readonly #served = new Set<Promise<void>>();
  #listener: Listener | undefined;
  #hasEnded = false;

  constructor(options: PrimaryServerOptions) {
    const { host, data, output, listener, replicaTimeoutMs } = options;
    const { source, facts } = data;
    this.#options = options;
    this.#watch = new ReplicaWatch({
      clock: host.clock,
      dataEndOffset: source.backlog.dataEndOffset,
      snapshotVersion: facts.snapshot?.version,
      emit: (event) => output.emit(event),
    });
    const { authenticate } = listener;
    this.#replicas = new Replicas({
      clock: host.clock,
      random: host.random,
      backlog: source.backlog,
      history: source.history,
      source: source.snapshots,
      timeoutMs: replicaTimeoutMs,
      ...(authenticate === undefined ? {} : { authenticate }),
      onMoved: (facts) => this.#watch.moved(facts),
      onEnded: (facts, error) => {
        if (this.#hasEnded) return;
        this.#watch.ended(facts, error);
        const failure = sourceFailure(error);
        if (failure !== undefined) this.#failed.abort(failure);
      },
    });
  }

  /** Resolves with the address, in words. Throws Problem when it cannot be had. */
  async listen(): Promise<string> {
    const { host, data, output, listener } = this.#options;
    const { address, tls } = listener;
    try {
      this.#listener = await host.network.listen(
        {
          address,
          ...(tls === undefined ? {} : { tls }),
          onRefused: (error) => output.emit(tlsRefusal(error)),
        },
        (connection) => {
          const served = this.#replicas.serve(connection).finally(() => this.#served.delete(served));
          this.#served.add(served);
        },
      );
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      throw new Problem(exitCode.connection, error.message, {
        nextStep: stepAfterNoListener(error),
        cause: error,
      });
    }
    const text = addressText(this.#listener.address);
    const { source } = data;
    const { dataEndOffset } = source.backlog;
    output.emit({ event: "listening", address: text, replid: source.history.replid, dataEndOffset });
    output.say(listeningText(this.#listener.address, listener));
    return text;
  }

  /** Serves until enough replicas have it all, time is up, or somebody stops it. Rejects when the files can no longer be served. */
  async run(): Promise<ServeOutcome> {
    const stop = AbortSignal.any([this.#options.host.signal, this.#failed.signal]);
    const over = new AbortController();
    const telling = this.#tellProgress(AbortSignal.any([stop, over.signal]));
    try {
      return await Promise.race([this.#wait(stop), this.#options.output.failure]);
    } finally {
      over.abort();
      await telling;
      await this.#end();
    }
  }

  async #wait(stop: AbortSignal): Promise<ServeOutcome> {
    const { wanted, waitMs: timeoutMs, data, host } = this.#options;
    const offset = data.source.backlog.dataEndOffset;
    // Without a number it is never enough.
    const count = wanted ?? Number.POSITIVE_INFINITY;
    const facts = (complete: number) => ({ complete, wanted: wanted ?? null, dataEndOffset: offset });
    try {
      stop.throwIfAborted();
      // Not asked: a GETACK would be part of the stream, and stay there.
      const complete = await this.#replicas.wait({ count, offset, timeoutMs, signal: stop, asks: false });
      return { outcome: complete >= count ? "acknowledged" : "timeout", ...facts(complete) };
    } catch (error) {
      if (!host.signal.aborted || error !== host.signal.reason) throw error;
      return { outcome: "interrupted", ...facts(this.#replicas.count(offset)) };
    }
  }

  async #end(): Promise<void> {
    this.#hasEnded = true;
    await this.#listener?.close();
    this.#replicas.stop();
    await Promise.allSettled(this.#served);
  }

  async #tellProgress(signal: AbortSignal): Promise<void> {
    const { host, progress } = this.#options;
    if (progress === "none") return;
    const everyMs = progress === "json" ? OBJECTS_EVERY_MS : LINES_EVERY_MS;
    while (!signal.aborted) {
      await host.clock.sleep(everyMs, signal).catch(() => {});
      if (!signal.aborted) for (const facts of this.#replicas.facts) this.#tell(facts);
    }
  }

  #tell(facts: ReplicaFacts): void {
    const { data, output, progress, host } = this.#options;
    const { backlog } = data.source;
    const { phase, resync, snapshotBytes, sentOffset } = facts;
    const isReceiving = phase === "sending" || (phase === "online" && sentOffset < backlog.dataEndOffset);
    if (resync === undefined || !isReceiving) return;
    const from = resync.kind === "partial" ? resync.fromOffset : backlog.firstOffset;
    const snapshotSize =
      resync.kind === "partial" ? 0 : Math.max(snapshotBytes, data.facts.snapshot?.sizeBytes ?? 0);
    const replica = replicaName(facts);
    const sentBytes = snapshotBytes + Math.max(0, sentOffset - from);
    const totalBytes = snapshotSize + backlog.dataEndOffset - from;
    if (progress === "json") host.writeErr(`${JSON.stringify({ replica, sentBytes, totalBytes })}\n`);
    else output.emit({ event: "progress", replica, sentBytes, totalBytes });
  }
}

function stepAfterNoListener({ code }: ConnectionError): string {
  if (code === "EADDRINUSE")
    return "something listens there already: take another port, or remove a socket that was left behind";
  if (code === "EACCES") return "ports below 1024 and folders of others need rights: take another address";
  if (code.startsWith("ERR_OSSL") || code.startsWith("ERR_SSL")) return "check --cert and --key";
  return "give an address of this machine to --listen";
}

function listeningText(
  address: Address,
  { isGuarded, isKeptLocal, authenticate, tls }: ListenerSettings,
): string {
  const needs = [
    ...(authenticate === undefined ? [] : ["masterauth set"]),
    ...(tls === undefined ? [] : ["tls-replication yes"]),
  ];
  const withNeeds = needs.length === 0 ? "" : `, with ${needs.join(" and ")}`;
  const isAnywhere = !("path" in address) && (address.host === "::" || address.host === "0.0.0.0");
  const how =
    "path" in address
      ? ""
      : `; on a server${withNeeds}: REPLICAOF ${isAnywhere ? "<this machine>" : address.host} ${address.port}`;
  const open =
    isGuarded || isLocal(address) ? "" : "; nobody has to give a password: whoever reaches it has the data";
  const local = isKeptLocal ? "; from this machine only, as no password is set" : "";
  return `listening on ${addressText(address)}${local}${open}${how}`;
}
