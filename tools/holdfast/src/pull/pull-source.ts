/** Whom a replica of ours asks, and how long it waits: from the command line. */
import { parseSize, UsageError } from "@holdfast/command-line";
import type { CredentialOptions } from "../credentials.ts";
import type { Host } from "../host.ts";
import type { ServerPlace } from "../servers/read-access.ts";
import type { TlsFlags } from "../tls-settings.ts";
import type { PullSource } from "./pull-snapshot.ts";

/** Throws UsageError for a cluster and for a URL with a database in it, and what TLS flags and credentials throw. */
export async function sourceOf(
  host: Host,
  { url, isCluster, access }: ServerPlace,
  options: CredentialOptions & TlsFlags,
  timeoutMs: number,
): Promise<PullSource> {
  if (isCluster)
    throw new UsageError("a cluster is pulled shard by shard", {
      nextStep: "give the URL of one of its servers after the other",
    });
  if (url.db !== undefined)
    throw new UsageError(`a resync copies all databases, not only ${url.db}`, {
      nextStep: "leave the database out of the URL; rdb-inspect convert --db takes one out of the file",
    });
  const [source] = await access(host, { ...options, timeoutMs });
  return source;
}

/** Throws UsageError. */
export function parseNewBaseAfter(text: string): number {
  const bytes = parseSize(text);
  if (bytes === undefined) throw new UsageError(`--new-base-after wants a size such as 4GiB, not "${text}"`);
  return bytes;
}
