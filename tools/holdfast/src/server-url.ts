/**
 * The URL of a server, from text and back to text that may be shown.
 *
 *   redis://[[user]:password@]host[:6379][/db]      rediss:// the same over TLS; valkey:// and valkeys:// as well
 *   unix://[[user]:password@]/path[?db=0]
 *
 * User and password are percent-decoded; they end at the last @, so that most passwords need no escape. `secret@host` is refused:
 * clients disagree whether it is a user or a password. No message of this file contains what stands before the @.
 */
import { UsageError } from "@holdfast/command-line";
import type { Address } from "@holdfast/platform";

export interface ServerUrl {
  readonly address: Address;
  readonly family: "redis" | "valkey";
  readonly isTls: boolean;
  readonly user: string | undefined;
  /** Undefined also when it is empty: `user:@host` leaves it to the environment or a file. */
  readonly password: string | undefined;
  readonly db: number | undefined;
  /** The URL with `***` for the password: for messages and reports. */
  readonly shown: string;
}

export interface Scheme {
  readonly family: ServerUrl["family"];
  readonly isTls: boolean;
}

/** By name, without the `+cluster` or `+sentinel` of many-hosts-url.ts. */
export const schemes: Readonly<Record<string, Scheme>> = {
  redis: { family: "redis", isTls: false },
  rediss: { family: "redis", isTls: true },
  valkey: { family: "valkey", isTls: false },
  valkeys: { family: "valkey", isTls: true },
};

const DEFAULT_PORT = 6379;
export const PORT_MAX = 65_535;

/** Throws UsageError with what to write instead. */
export function parseServerUrl(text: string): ServerUrl {
  const scheme = /^([a-z+]+):\/\//i.exec(text)?.[1].toLowerCase();
  if (scheme === undefined)
    throw new UsageError(`${maskUrl(text)} is no URL of a server`, {
      nextStep: "write redis://host:6379, rediss:// for TLS, or unix:///path/of/socket",
    });
  if (scheme === "unix") return parseUnix(text);
  if (scheme.includes("sentinel") || scheme.includes("cluster"))
    throw new UsageError(`${scheme}:// is not supported here`, {
      nextStep:
        "give the URL of one server, such as redis://host:6379; of a cluster, one shard after the other",
    });
  if (schemes[scheme] === undefined)
    throw new UsageError(`${scheme}:// is not known`, {
      nextStep: "use redis://, rediss://, valkey://, valkeys:// or unix://",
    });
  return parseHost(text, scheme, schemes[scheme]);
}

/** The text with everything up to its last @ hidden: for URLs that are not understood. */
export function maskUrl(text: string): string {
  return text.replace(/^([a-z+]*:\/\/)?.*@/is, (_, scheme: string | undefined) => `${scheme ?? ""}***@`);
}

function parseHost(text: string, name: string, scheme: Scheme): ServerUrl {
  const [, info, place] = /^[^:]+:\/\/(?:(.*)@)?(.*)$/s.exec(text)!;
  const found = /^(\[[0-9a-f:.%]+\]|[^:/?#,\s[\]]+)(?::(\d+))?(?:\/(\d*))?$/i.exec(place);
  if (found === null) throw misunderstood(text, `${name}://host:6379`);
  const [, host, portText, dbText] = found;
  const port = portText === undefined ? DEFAULT_PORT : Number(portText);
  if (port < 1 || port > PORT_MAX)
    throw new UsageError(`${maskUrl(text)}: a port is a number from 1 to ${PORT_MAX}`);
  const who = readUserInfo(info, `${name}://`, place);
  return {
    ...who,
    ...scheme,
    address: { host: host.replace(/^\[|\]$/g, ""), port },
    db: parseDb(dbText),
    shown: `${name}://${shownUser(who)}${host}:${port}${dbText ? `/${dbText}` : ""}`,
  };
}

function parseUnix(text: string): ServerUrl {
  const found = /^unix:\/\/(?:([^/]*)@)?(\/[^?]*)(?:\?db=(\d+))?$/is.exec(text);
  if (found === null) throw misunderstood(text, "unix:///path/of/socket");
  const [, info, path, dbText] = found;
  const who = readUserInfo(info, "unix://", path);
  return {
    ...who,
    address: { path: decoded(path, "the path") },
    family: "redis",
    isTls: false,
    db: parseDb(dbText),
    shown: `unix://${shownUser(who)}${path}${dbText === undefined ? "" : `?db=${dbText}`}`,
  };
}

export function misunderstood(text: string, example: string): UsageError {
  return new UsageError(`${maskUrl(text)} cannot be understood`, {
    nextStep: `write it like ${example}, with the password in REDISCLI_AUTH or --pass-file`,
  });
}

export function readUserInfo(
  info: string | undefined,
  before: string,
  behind: string,
): Pick<ServerUrl, "user" | "password"> {
  if (info === undefined) return { user: undefined, password: undefined };
  const colon = info.indexOf(":");
  if (colon < 0)
    throw new UsageError(
      `${before}***@${behind} is ambiguous: some clients take what stands before the @ for a user, some for a password`,
      { nextStep: `write ${before}:PASSWORD@${behind} or ${before}USER:PASSWORD@${behind}` },
    );
  const user = decoded(info.slice(0, colon), "the user");
  const password = decoded(info.slice(colon + 1), "the password");
  return { user: user === "" ? undefined : user, password: password === "" ? undefined : password };
}

function decoded(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new UsageError(`${what} in the URL has a % that begins no byte such as %40`, {
      nextStep: "write %25 for a %",
      cause,
    });
  }
}

export function shownUser({ user, password }: Pick<ServerUrl, "user" | "password">): string {
  if (user === undefined && password === undefined) return "";
  return `${encodeURIComponent(user ?? "")}:${password === undefined ? "" : "***"}@`;
}

function parseDb(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  const db = Number(text);
  if (!Number.isSafeInteger(db)) throw new UsageError(`there is no database ${text}`);
  return db;
}
