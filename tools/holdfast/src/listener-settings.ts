/**
 * Where replicas connect to, and who may: the options of commands that listen.
 *
 *   --listen host:port        this address; port 0 takes a free one
 *   --listen [::1]:port       an IPv6 address
 *   --listen :port            all addresses of the machine when a password or certificate is asked for, else 127.0.0.1 only
 *   --listen /path            a Unix socket
 *
 *   the password              the first line of --pass-file, or HOLDFAST_LISTEN_AUTH
 *   --user NAME               the user that has to come with it; without, a password alone, or the user `default`
 *   --tls --cert --key        TLS; with --cacert, replicas need a certificate that one of these authorities has signed
 *
 * Where a command also connects to a server, whose options have these names, they begin with --listen- and --listen-tls is not needed.
 */
import { UsageError } from "@holdfast/command-line";
import type { Address, TlsOptions } from "@holdfast/platform";
import type { Authenticate } from "@holdfast/resync";
import { readPasswordFile } from "./credentials.ts";
import type { Host } from "./host.ts";
import { readSmallFile } from "./read-small-file.ts";

export interface ListenerFlags {
  readonly listen: string;
  readonly user?: string | undefined;
  readonly passFile?: string | undefined;
  readonly tls?: boolean | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly cacert?: string | undefined;
}

export interface ListenerSettings {
  readonly address: Address;
  readonly tls: TlsOptions | undefined;
  /** Undefined: everybody may have the data. */
  readonly authenticate: Authenticate | undefined;
  /** Whether somebody has to prove who he is, by password or certificate. */
  readonly isGuarded: boolean;
  /** Listens only on this machine because nobody has to prove anything. */
  readonly isKeptLocal: boolean;
}

const PORT_MAX = 65_535;
const DEFAULT_USER = "default";

/** `prefix` is what the options begin with. Throws UsageError with what to write instead, FileError for a file that is missing. */
export async function readListenerSettings(
  host: Host,
  flags: ListenerFlags,
  prefix: "--" | "--listen-" = "--",
): Promise<ListenerSettings> {
  const place = parseListenAddress(flags.listen);
  const tls = await readListenerTls(host, flags, prefix);
  if (tls !== undefined && "path" in place)
    throw new UsageError("a Unix socket is not spoken to in TLS", { nextStep: "take the certificate away" });
  const authenticate = await readAuthenticate(host, flags, prefix);
  const isGuarded = authenticate !== undefined || tls?.caPem !== undefined;
  if ("path" in place) return { address: place, tls, authenticate, isGuarded, isKeptLocal: false };
  const isKeptLocal = place.host === undefined && !isGuarded;
  const address = { host: place.host ?? (isGuarded ? "::" : "127.0.0.1"), port: place.port };
  return { address, tls, authenticate, isGuarded, isKeptLocal };
}

/** Whether only this machine can reach the address. */
export function isLocal(address: Address): boolean {
  return "path" in address || /^(127\.|::1$|localhost$)/i.test(address.host);
}

/** `host:port`, or the path. */
export function addressText(address: Address): string {
  if ("path" in address) return address.path;
  const { host, port } = address;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function parseListenAddress(
  text: string,
): { readonly host: string | undefined; readonly port: number } | { readonly path: string } {
  if (text.startsWith("/") || text.startsWith("./")) return { path: text };
  const found = /^(\[[0-9a-f:.%]+\]|[^:[\]/\s]*):(\d{1,5})$/i.exec(text);
  const port = Number(found?.[2]);
  if (found === null || port > PORT_MAX)
    throw new UsageError(`--listen ${text} is no address`, {
      nextStep: "write :6400, 10.0.0.5:6400, [::1]:6400, or the path of a Unix socket",
    });
  return { host: found[1] === "" ? undefined : found[1].replace(/^\[|\]$/g, ""), port };
}

async function readListenerTls(
  host: Host,
  flags: ListenerFlags,
  prefix: string,
): Promise<TlsOptions | undefined> {
  const { tls, cert, key, cacert } = flags;
  if (tls !== true) {
    const idle = (["cert", "key", "cacert"] as const).find((name) => flags[name] !== undefined);
    if (idle === undefined) return undefined;
    throw new UsageError(`${prefix}${idle} is for TLS, which is not asked for`, { nextStep: "give --tls" });
  }
  if (cert === undefined || key === undefined)
    throw new UsageError(
      `to listen with TLS, ${prefix}cert and ${prefix}key are needed: one of them is missing`,
    );
  return {
    certPem: await readSmallFile(host, `${prefix}cert`, cert),
    keyPem: await readSmallFile(host, `${prefix}key`, key),
    ...(cacert === undefined ? {} : { caPem: await readSmallFile(host, `${prefix}cacert`, cacert) }),
  };
}

async function readAuthenticate(
  host: Host,
  { user, passFile }: ListenerFlags,
  prefix: string,
): Promise<Authenticate | undefined> {
  const password = passFile === undefined ? host.passwords.listen : await readPasswordFile(host, passFile);
  if (password) return authenticator(user, password);
  if (user === undefined) return undefined;
  throw new UsageError(`there is no password for the user ${user}`, {
    nextStep: `put it into the file of ${prefix}pass-file, or into HOLDFAST_LISTEN_AUTH`,
  });
}

/** Words of a replica are latin-1 texts of their bytes. */
function authenticator(user: string | undefined, password: string): Authenticate {
  const wantedUser = Buffer.from(user ?? DEFAULT_USER, "utf8").toString("latin1");
  const wanted = Buffer.from(password, "utf8").toString("latin1");
  return (name = DEFAULT_USER, word) => {
    // Both are always compared, so that time tells nothing.
    const isUser = isSame(name, wantedUser);
    return isSame(word, wanted) && isUser;
  };
}

/** Takes as long for every text of the same length. */
function isSame(given: string, wanted: string): boolean {
  let difference = given.length ^ wanted.length;
  for (let index = 0; index < given.length; index++)
    difference |= given.charCodeAt(index) ^ wanted.charCodeAt(index % Math.max(1, wanted.length));
  return difference === 0;
}
