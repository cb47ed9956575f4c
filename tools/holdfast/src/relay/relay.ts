/**
 * `holdfast relay`: a replica of one server and a primary of others, with snapshot and stream on disk: replicas that were away for days go on, and
 * new ones cost the server nothing.
 */
import {
  exitCode,
  formatDuration,
  formatSize,
  Problem,
  type ProgressChoice,
  parseCount,
  parseDuration,
  parseSize,
  UsageError,
} from "@holdfast/command-line";
import { ConnectionError, type Listener } from "@holdfast/platform";
import type { ReplicaFacts, ReplicaState, ResyncError, SnapshotFacts } from "@holdfast/resync";
import type { CredentialOptions } from "../credentials.ts";
import type { Host } from "../host.ts";
import { followInto } from "../kept/follow-into.ts";
import { FollowProgress } from "../kept/follow-progress.ts";
import { KeptDirectory } from "../kept/kept-directory.ts";
import type { KeptSinkHears } from "../kept/kept-sink.ts";
import { lockDirectory } from "../kept/lock-directory.ts";
import { withKeptProblems } from "../kept/problems.ts";
import { addressText, isLocal, type ListenerSettings, readListenerSettings } from "../listener-settings.ts";
import type { PullSource } from "../pull/pull-snapshot.ts";
import { parseNewBaseAfter, sourceOf } from "../pull/pull-source.ts";
import { parseServerPlace } from "../servers/read-access.ts";
import { parseTimeout } from "../timeouts.ts";
import type { TlsFlags } from "../tls-settings.ts";
import { RelayNode } from "./relay-node.ts";

export interface RelayCommandOptions extends CredentialOptions, TlsFlags {
  readonly listen: string;
  readonly listenUser?: string;
  readonly listenPassFile?: string;
  readonly listenCert?: string;
  readonly listenKey?: string;
  readonly listenCacert?: string;
  readonly dir: string;
  readonly keepBytes: string;
  readonly keepFor?: string;
  readonly newBaseAfter: string;
  readonly timeout: string;
  readonly retries: string;
  readonly allowNoChecksum?: boolean;
  readonly progress: ProgressChoice;
}

/** Never resolves: rejects with the host's signal's reason, or a Problem. */
export async function runRelay(host: Host, text: string, options: RelayCommandOptions): Promise<never> {
  const limits = limitsOf(options);
  const source = await sourceOf(host, parseServerPlace(text), options, limits.timeoutMs);
  const listener = await listenerOf(host, options);
  const unlock = await lockDirectory(host.network, options.dir);
  try {
    return await withKeptProblems(async () => {
      const relay = await Relay.open(host, source, { ...options, ...limits, listener });
      return relay.run();
    });
  } finally {
    await unlock();
  }
}

function limitsOf(options: RelayCommandOptions) {
  const keepBytes = parseSize(options.keepBytes);
  if (keepBytes === undefined)
    throw new UsageError(`--keep-bytes wants a size such as 4GiB, not "${options.keepBytes}"`);
  const keepMs = options.keepFor === undefined ? undefined : parseDuration(options.keepFor);
  if (options.keepFor !== undefined && keepMs === undefined)
    throw new UsageError(`--keep-for wants a duration such as 3d, not "${options.keepFor}"`);
  return {
    keepLimits: { keepBytes, keepMs },
    newBaseAfterBytes: parseNewBaseAfter(options.newBaseAfter),
    timeoutMs: parseTimeout("--timeout", options.timeout),
    retriesMax: parseCount("--retries", options.retries),
  };
}

type RelaySettings = RelayCommandOptions &
  ReturnType<typeof limitsOf> & {
    readonly listener: ListenerSettings;
  };

/** The options without a prefix are those of the server above. */
function listenerOf(host: Host, options: RelayCommandOptions): Promise<ListenerSettings> {
  const { listen, listenUser: user, listenPassFile: passFile } = options;
  const { listenCert: cert, listenKey: key, listenCacert: cacert } = options;
  const tls = [cert, key, cacert].some((file) => file !== undefined);
  return readListenerSettings(host, { listen, user, passFile, tls, cert, key, cacert }, "--listen-");
}

class Relay implements KeptSinkHears {
  readonly #host: Host;
  readonly #source: PullSource;
  readonly #settings: RelaySettings;
  readonly #kept: KeptDirectory;
  readonly #node: RelayNode;
  readonly #progress: FollowProgress;
  readonly #end: AbortController;

  static async open(host: Host, source: PullSource, settings: RelaySettings): Promise<Relay> {
    const { files, clock, writeErr } = host;
    const end = new AbortController();
    const opened = await KeptDirectory.open({
      ...{ files, clock, directory: settings.dir, ...settings.keepLimits },
      onDamage: (error) => {
        writeErr(`holdfast: ${error.message}\n`);
        if (!opened.kept.isWhole) end.abort(lostBase(settings.dir, error));
      },
    });
    for (const { path, reason } of opened.unusable)
      writeErr(`holdfast: ${path} cannot be used (${reason}) and is left as it is\n`);
    if (opened.tornBytes > 0)
      writeErr(`holdfast: ${opened.tornBytes} unfinished bytes at the end were cut off\n`);
    return new Relay(host, source, settings, { kept: opened.kept, end });
  }

  private constructor(
    host: Host,
    source: PullSource,
    settings: RelaySettings,
    { kept, end }: { readonly kept: KeptDirectory; readonly end: AbortController },
  ) {
    this.#host = host;
    this.#source = source;
    this.#settings = settings;
    this.#kept = kept;
    this.#end = end;
    this.#progress = new FollowProgress(host, settings.progress, kept);
    const { files, clock, random } = host;
    const { timeoutMs } = settings;
    const { authenticate } = settings.listener;
    this.#node = new RelayNode({
      ...{ files, clock, random, kept, authenticate, timeoutMs },
      onSnapshot: (offset, sizeBytes) =>
        this.#tell(`a replica gets the base of offset ${offset}, ${formatSize(sizeBytes)}`),
      onEnded: (replica, error) => this.#tellEnded(replica, error),
    });
  }

  async run(): Promise<never> {
    const { network, clock, random, signal } = this.#host;
    const { timeoutMs, retriesMax, allowNoChecksum } = this.#settings;
    const over = AbortSignal.any([signal, this.#end.signal]);
    let listener: Listener | undefined;
    try {
      listener = await this.#listen();
      void this.#progress.run(over);
      return await followInto({
        ...{ network, clock, random, timeoutMs, retriesMax },
        source: this.#source,
        kept: this.#kept,
        hears: this,
        allowNoChecksum: allowNoChecksum === true,
        neverGivesUp: true,
        newBaseAfterBytes: this.#settings.newBaseAfterBytes,
        tell: (text) => this.#tell(text),
        onTrouble: (problem, { retryInMs }) =>
          this.#tell(`${problem.message}; again in ${formatDuration(retryInMs)}`),
        signal: over,
      });
    } finally {
      this.#end.abort();
      await listener?.close();
      this.#node.close();
      this.#progress.clear();
      const { base, syncedOffset } = this.#kept;
      if (base !== undefined)
        this.#tell(`${this.#settings.dir}: everything before offset ${syncedOffset} is kept`);
    }
  }

  snapshotStarted(totalBytes: number | undefined): void {
    this.#progress.snapshotStarted(totalBytes);
  }

  snapshotGrew(bytes: number): void {
    this.#progress.snapshotGrew(bytes);
  }

  replaced(state: ReplicaState, { sizeBytes }: SnapshotFacts): void {
    this.#node.replaced(state);
    this.#tell(`${this.#settings.dir}: a new base at offset ${state.offset}, ${formatSize(sizeBytes)}`);
  }

  continued(state: ReplicaState): void {
    this.#node.continued(state);
    this.#tell(`${this.#settings.dir}: goes on at offset ${state.offset} of ${state.history.replid}`);
  }

  streamed(sizeBytes: number): void {
    this.#node.streamed();
    this.#progress.streamed(sizeBytes);
  }

  synced(): void {
    this.#progress.synced();
  }

  async #listen(): Promise<Listener> {
    const { address, tls, isGuarded, isKeptLocal } = this.#settings.listener;
    try {
      const listener = await this.#host.network.listen(
        { address, ...(tls === undefined ? {} : { tls }) },
        (connection) => void this.#node.replicas.serve(connection),
      );
      const isOpen = !isGuarded && !isLocal(address);
      const local = isKeptLocal ? "; from this machine only, as no password is set" : "";
      const hint = isOpen ? ", to everybody: --listen-pass-file would ask for a password" : local;
      this.#tell(`listening on ${addressText(listener.address)}${hint}`);
      return listener;
    } catch (cause) {
      if (!(cause instanceof ConnectionError)) throw cause;
      throw new Problem(exitCode.connection, cause.message, {
        nextStep: "give another address with --listen, or stop who has this one",
        cause,
      });
    }
  }

  #tellEnded({ peer }: ReplicaFacts, error: ResyncError | undefined): void {
    if (error === undefined || error.code === "RESYNC_HISTORY_CHANGED") return;
    this.#tell(`replica ${peer}: ${error.message.replace(/^resync: /, "")}`);
  }

  #tell(text: string): void {
    this.#progress.clear();
    this.#host.writeErr(`holdfast: ${text}\n`);
  }
}

function lostBase(directory: string, cause: ResyncError): Problem {
  return new Problem(exitCode.gap, `${directory} cannot be read any more behind its base: ${cause.message}`, {
    nextStep: "check the disk, then run the same command again: it asks the server for everything",
    cause,
  });
}
