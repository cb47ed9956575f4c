/** The TLS flags of redis-cli, as options of a connection. */
import { UsageError } from "@holdfast/command-line";
import type { TlsOptions } from "@holdfast/platform";
import type { Host } from "./host.ts";
import { readSmallFile } from "./read-small-file.ts";
import type { ServerUrl } from "./server-url.ts";

export interface TlsFlags {
  readonly tls?: boolean;
  readonly sni?: string;
  readonly cacert?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly insecure?: boolean;
}

/** Undefined for a connection in plain text. Throws UsageError for flags that would do nothing, FileError for a missing file. */
export async function readTls(host: Host, url: ServerUrl, flags: TlsFlags): Promise<TlsOptions | undefined> {
  const { sni, cacert, cert, key, insecure } = flags;
  if ("path" in url.address && flags.tls === true)
    throw new UsageError("a Unix socket is not spoken to in TLS", { nextStep: "take --tls away" });
  if (!url.isTls && flags.tls !== true) {
    const idle = (["sni", "cacert", "cert", "key", "insecure"] as const).find(
      (name) => flags[name] !== undefined,
    );
    if (idle === undefined) return undefined;
    throw new UsageError(`--${idle} is for TLS, and ${url.shown} is not`, {
      nextStep: "give --tls or a rediss:// URL",
    });
  }
  if ((cert === undefined) !== (key === undefined))
    throw new UsageError("--cert and --key belong together: one of them is missing");
  return {
    ...(sni === undefined ? {} : { serverName: sni }),
    ...(cacert === undefined ? {} : { caPem: await readSmallFile(host, "--cacert", cacert) }),
    ...(cert === undefined ? {} : { certPem: await readSmallFile(host, "--cert", cert) }),
    ...(key === undefined ? {} : { keyPem: await readSmallFile(host, "--key", key) }),
    ...(insecure === true ? { insecure } : {}),
  };
}
