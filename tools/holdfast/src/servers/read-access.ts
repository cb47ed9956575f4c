/** From the URL on a command line to how its servers are reached, passwords and certificates read. */
import { type CredentialOptions, readCredentials } from "../credentials.ts";
import type { Host } from "../host.ts";
import { parseServerUrl, type ServerUrl } from "../server-url.ts";
import { readTls, type TlsFlags } from "../tls-settings.ts";
import { parseManyHostsUrl } from "./many-hosts-url.ts";
import { findPrimary } from "./sentinel.ts";
import type { ServerAccess } from "./server-access.ts";

/** One server, or several nodes of a cluster. */
export interface ServerPlace {
  readonly url: ServerUrl;
  readonly isCluster: boolean;
  /** Reads what the options name, and warns of a password in the URL. */
  readonly access: (host: Host, options: AccessOptions) => Promise<readonly ServerAccess[]>;
}

export interface AccessOptions extends CredentialOptions, TlsFlags {
  /** Silence that Sentinels are granted. */
  readonly timeoutMs: number;
}

/** Throws UsageError for a text that is no URL of a server. */
export function parseServerPlace(text: string): ServerPlace {
  const many = parseManyHostsUrl(text);
  const url = many?.server ?? parseServerUrl(text);
  const common = async (host: Host, options: AccessOptions): Promise<ServerAccess> => ({
    address: url.address,
    shown: url.shown,
    tls: await readTls(host, url, options),
    credentials: await readCredentials(host, url, options),
  });
  if (many === undefined)
    return { url, isCluster: false, access: async (host, options) => [await common(host, options)] };
  if (many.kind === "cluster")
    return {
      url,
      isCluster: true,
      access: async (host, options) => {
        const server = await common(host, options);
        return many.hosts.map((address) => ({ ...server, address }));
      },
    };
  return {
    url,
    isCluster: false,
    access: async (host, options) => {
      const server = await common(host, options);
      const { sentinel: password } = host.passwords;
      const credentials = password ? { password } : undefined;
      const sentinels = many.hosts.map((address): ServerAccess => {
        return { ...server, address, credentials, shown: `${address.host}:${address.port}` };
      });
      const watched = { name: many.name!, sentinels, server, timeoutMs: options.timeoutMs };
      return [{ ...server, locate: () => findPrimary(watched) }];
    },
  };
}
