/**
 * Looks at replicas as they get further, and says what is worth saying, each thing once.
 *
 *   connected ──▶ resync ──▶ snapshot-sent ──▶ complete ──▶ left
 *        └──▶ refused
 */
import type { Clock, ConnectionError } from "@holdfast/platform";
import type { ReplicaFacts, ResyncError } from "@holdfast/resync";
import { withoutSecrets } from "../credentials.ts";
import type { Emit, ServeEvent } from "./serve-events.ts";

export interface ReplicaWatchOptions {
  readonly clock: Clock;
  readonly dataEndOffset: number;
  /** Of the RDB that goes out, for replicas that cannot load it; undefined for an empty one, which all can. */
  readonly snapshotVersion: number | undefined;
  readonly emit: Emit;
}

interface Seen {
  askedAtMs: number;
  hasResync: boolean;
  hasSnapshot: boolean;
  hasAll: boolean;
  lastPhase: string;
}

export class ReplicaWatch {
  readonly #options: ReplicaWatchOptions;
  readonly #seen = new Map<number, Seen>();

  constructor(options: ReplicaWatchOptions) {
    this.#options = options;
  }

  /** Replicas that are connected and have all of it. */
  get completeCount(): number {
    return [...this.#seen.values()].filter(({ hasAll }) => hasAll).length;
  }

  moved(facts: ReplicaFacts): void {
    const seen = this.#seenOf(facts);
    seen.lastPhase = facts.phase;
    if (!seen.hasResync && facts.resync !== undefined) this.#resync(facts, seen);
    const isSent = facts.phase === "loading" || facts.phase === "online";
    if (!seen.hasSnapshot && isSent && facts.resync?.kind === "full") this.#snapshotSent(facts, seen);
    const { dataEndOffset: offset, emit } = this.#options;
    if (seen.hasAll || (facts.acknowledgedOffset ?? -1) < offset) return;
    seen.hasAll = true;
    emit({ event: "complete", replica: replicaName(facts), offset, count: this.completeCount });
  }

  ended(facts: ReplicaFacts, error: ResyncError | undefined): void {
    const seen = this.#seenOf(facts);
    this.#seen.delete(facts.number);
    const replica = replicaName(facts);
    const { emit } = this.#options;
    if (facts.resync === undefined && facts.refusal !== undefined)
      emit({ event: "refused", replica: refusedName(facts), detail: refusalText(facts.refusal) });
    else {
      const detail = this.#reason(facts, seen, error);
      emit({ event: "left", replica, hadAll: seen.hasAll, code: error?.code ?? null, detail });
    }
  }

  #seenOf({ number }: ReplicaFacts): Seen {
    const known = this.#seen.get(number);
    if (known !== undefined) return known;
    const askedAtMs = this.#options.clock.monotonicMs();
    const seen = { askedAtMs, hasResync: false, hasSnapshot: false, hasAll: false, lastPhase: "greeting" };
    this.#seen.set(number, seen);
    return seen;
  }

  #resync(facts: ReplicaFacts, seen: Seen): void {
    seen.hasResync = true;
    seen.askedAtMs = this.#options.clock.monotonicMs();
    const replica = replicaName(facts);
    const { resync } = facts;
    if (resync?.kind === "full")
      this.#options.emit({ event: "resync", replica, kind: "full", why: resync.why });
    if (resync?.kind === "partial")
      this.#options.emit({ event: "resync", replica, kind: "partial", fromOffset: resync.fromOffset });
  }

  #snapshotSent(facts: ReplicaFacts, seen: Seen): void {
    seen.hasSnapshot = true;
    const ms = Math.round(this.#options.clock.monotonicMs() - seen.askedAtMs);
    const sizeBytes = facts.snapshotBytes;
    this.#options.emit({ event: "snapshot-sent", replica: replicaName(facts), sizeBytes, ms });
  }

  #loadHint(): string {
    const version = this.#options.snapshotVersion;
    const about =
      version === undefined ? "" : `; if RDB version ${version} is too new for it, --target converts`;
    return `its log says why${about}`;
  }

  #reason(facts: ReplicaFacts, seen: Seen, error: ResyncError | undefined): string {
    if (error === undefined) return "it has its snapshot, and wanted no more";
    const detail = printable(error.message.replace(/^resync: /, ""));
    if (error.code === "RESYNC_SNAPSHOT_FAILED" && error.cause instanceof Error)
      return printable(error.cause.message.replace(/^resync: /, ""));
    if (seen.hasSnapshot && facts.acknowledgedOffset === undefined && error.code === "RESYNC_CLOSED")
      return `${detail}, and it never said that it had loaded the snapshot: ${this.#loadHint()}`;
    if (facts.resync === undefined) return `${detail}, before it asked for anything`;
    return error.cause instanceof Error && error.code === "RESYNC_CLOSED"
      ? `${detail}: ${printable(error.cause.message)}`
      : detail;
  }
}

/** Where a replica can be reached if it says so, as people know it; else where its connection comes from. */
export function replicaName({
  peer,
  profile,
  number,
}: Pick<ReplicaFacts, "peer" | "profile" | "number">): string {
  const found = /^(.*):(\d+)$/.exec(peer.replace(/^\[::ffff:([\d.]+)\]/, "$1"));
  if (found === null) return `${peer} #${number}`;
  const host = profile.host === undefined ? found[1] : printable(profile.host);
  return profile.port > 0 ? `${host}:${profile.port}` : `${host}:${found[2]}`;
}

/** It tries again and again, each time from another port: without one it stays the same. */
function refusedName(facts: ReplicaFacts): string {
  return facts.profile.port > 0 ? replicaName(facts) : hostOf(facts.peer);
}

/** Of `host:port`; a path stays as it is. */
function hostOf(peer: string): string {
  return peer.replace(/^\[::ffff:([\d.]+)\]/, "$1").replace(/:\d+$/, "");
}

/** The event of a connection that came to nothing in its TLS handshake. */
export function tlsRefusal({ peer, code, message }: ConnectionError): ServeEvent {
  return { event: "refused", replica: hostOf(peer), detail: tlsDetail(code, message) };
}

function tlsDetail(code: string, message: string): string {
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER" || code === "ERR_SSL_HTTP_REQUEST")
    return `it speaks no TLS: set its tls-replication to yes (${code})`;
  if (/ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE)/.test(code))
    return `it does not trust our certificate: check its tls-ca-cert-file (${code})`;
  if (/CERTIFICATE|CERT_|ISSUER|SIGNATURE/.test(`${code} ${message}`))
    return `it has no certificate that --cacert has signed: check its tls-cert-file (${code})`;
  if (code === "ECONNRESET")
    return "it broke off the TLS handshake, as one does that does not trust our certificate: check its tls-ca-cert-file";
  return `no TLS came about (${code})`;
}

function refusalText(refusal: string): string {
  if (refusal.startsWith("WRONGPASS")) return "wrong user or password: check its masteruser and masterauth";
  if (refusal.startsWith("NOAUTH")) return "it gave no password: set its masterauth";
  if (refusal.includes("AUTH was called"))
    return "it gives a password, and none is asked for here: clear its masterauth, or give --pass-file";
  return printable(refusal);
}

function printable(text: string): string {
  return withoutSecrets(text, undefined);
}
