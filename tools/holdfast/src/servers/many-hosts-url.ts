/**
 * URLs that name several hosts: nodes of a cluster, or Sentinels that know where a primary is.
 *
 *   redis+cluster://[[user]:password@]host[:6379],host2[:port]                rediss+cluster:// over TLS; valkey and valkeys as well
 *   redis+sentinel://[[user]:password@]sentinel[:26379],sentinel2/name[/db]
 *
 * User and password are those of the servers. Sentinels have a password of their own, if any: HOLDFAST_SENTINEL_AUTH.
 */
import { UsageError } from "@holdfast/command-line";
import { misunderstood, PORT_MAX, readUserInfo, type ServerUrl, schemes, shownUser } from "../server-url.ts";

export interface ManyHostsUrl {
  readonly kind: "cluster" | "sentinel";
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  /** What Sentinels call the primary; undefined for a cluster. */
  readonly name: string | undefined;
  /** Everything but the hosts; its address is that of the first of them. */
  readonly server: ServerUrl;
}

const DEFAULT_PORTS = { cluster: 6379, sentinel: 26_379 } as const;

/** Undefined for a URL of another kind. Throws UsageError. */
export function parseManyHostsUrl(text: string): ManyHostsUrl | undefined {
  const found = /^([a-z]+)\+(cluster|sentinel):\/\/(?:(.*)@)?([^@/]*)(?:\/([^/]*))?(?:\/(\d*))?$/is.exec(
    text,
  );
  if (found === null) {
    const kind = /^[a-z]+\+(cluster|sentinel):\/\//i.exec(text)?.[1];
    if (kind === undefined) return undefined;
    throw misunderstood(text, examples[kind.toLowerCase()]);
  }
  const [, family, kindText, info, hostsText, name, db] = found;
  const scheme = schemes[family.toLowerCase()];
  const kind = kindText.toLowerCase() as ManyHostsUrl["kind"];
  const isNamed = name !== undefined && name !== "";
  if (scheme === undefined || isNamed !== (kind === "sentinel")) throw misunderstood(text, examples[kind]);
  const hosts = hostsText.split(",").map((each) => parseHost(text, each, kind));
  const start = `${family.toLowerCase()}+${kind}://`;
  const who = readUserInfo(info, start, hostsText);
  const ending = isNamed ? `/${name}${db ? `/${db}` : ""}` : "";
  return {
    kind,
    hosts,
    name: isNamed ? decodeURIComponent(name) : undefined,
    server: {
      ...who,
      ...scheme,
      address: hosts[0],
      db: db ? Number(db) : undefined,
      shown: `${start}${shownUser(who)}${hostsText}${ending}`,
    },
  };
}

const examples: Readonly<Record<string, string>> = {
  cluster: "redis+cluster://host1,host2:6380",
  sentinel: "redis+sentinel://sentinel1,sentinel2:26380/name",
};

function parseHost(text: string, hostText: string, kind: ManyHostsUrl["kind"]) {
  const found = /^(\[[0-9a-f:.%]+\]|[^:/?#,\s[\]]+)(?::(\d+))?$/i.exec(hostText);
  if (found === null) throw misunderstood(text, examples[kind]);
  const port = found[2] === undefined ? DEFAULT_PORTS[kind] : Number(found[2]);
  if (port < 1 || port > PORT_MAX)
    throw new UsageError(`${hostText}: a port is a number from 1 to ${PORT_MAX}`);
  return { host: found[1].replace(/^\[|\]$/g, ""), port };
}
