/**
 * What a replica says before it is served, and what it is answered: everything that replicas of Redis 6.0 to 8.6 and Valkey 8.1 and
 * 9.1 ask, and redis-cli with --rdb and --replica.
 *
 *   PING   AUTH [user] password   REPLCONF name value …
 *
 * Source: replconfCommand() in replication.c of Redis 7.0 to 8.6 and Valkey 9.1; the texts are those that replicas look for.
 */

/** What a replica has told about itself. */
export interface ReplicaProfile {
  /** Where it says that it can be reached; 0 when it does not say, or listens nowhere. */
  readonly port: number;
  /** Servers always say a port, be it 0; programs that only read need not. */
  readonly saysPort: boolean;
  /** Undefined: the address its connection comes from. */
  readonly host: string | undefined;
  /** Version of a Valkey replica. */
  readonly version: string | undefined;
  readonly acceptsMark: boolean;
  readonly acceptsNewReplid: boolean;
  /** Wants a snapshot and no stream. */
  readonly wantsSnapshotOnly: boolean;
  readonly withKeys: boolean;
  readonly withFunctions: boolean;
}

export const newReplicaProfile: ReplicaProfile = {
  port: 0,
  saysPort: false,
  host: undefined,
  version: undefined,
  acceptsMark: false,
  acceptsNewReplid: false,
  wantsSnapshotOnly: false,
  withKeys: true,
  withFunctions: true,
};

/** `user` is undefined for a password alone. */
export type Authenticate = (user: string | undefined, password: string) => boolean;

export const OK = "+OK";
export const NO_AUTH = "-NOAUTH Authentication required.";
export const NOT_AN_INTEGER = "-ERR value is not an integer or out of range";

/** The answer to AUTH, and whether it lets the replica in. */
export function answerAuth(
  words: readonly string[],
  authenticate: Authenticate | undefined,
): { readonly answer: string; readonly isIn: boolean } {
  if (words.length < 2 || words.length > 3)
    return { answer: "-ERR wrong number of arguments for 'auth' command", isIn: false };
  if (authenticate === undefined)
    return { answer: "-ERR AUTH was called, but no password is configured here", isIn: false };
  const [user, password] = words.length === 2 ? [undefined, words[1]] : [words[1], words[2]];
  return authenticate(user, password)
    ? { answer: OK, isIn: true }
    : { answer: "-WRONGPASS invalid username-password pair or user is disabled.", isIn: false };
}

/** What REPLCONF says, other than ACK and GETACK: the profile with it, or what is wrong with it. */
export function configureReplica(
  profile: ReplicaProfile,
  words: readonly string[],
): { readonly profile: ReplicaProfile; readonly answer: string } {
  if (words.length % 2 === 0) return { profile, answer: "-ERR syntax error" };
  let configured = profile;
  for (let index = 1; index < words.length; index += 2) {
    const found = configureOne(configured, words[index].toLowerCase(), words[index + 1]);
    if (typeof found === "string") return { profile: configured, answer: found };
    configured = found;
  }
  return { profile: configured, answer: OK };
}

function configureOne(profile: ReplicaProfile, name: string, value: string): ReplicaProfile | string {
  switch (name) {
    case "listening-port": {
      const port = Number(value);
      return Number.isInteger(port) && port >= 0 && port <= 65_535
        ? { ...profile, port, saysPort: true }
        : NOT_AN_INTEGER;
    }
    case "ip-address":
      return value.length <= 255
        ? { ...profile, host: value }
        : "-ERR REPLCONF ip-address provided by replica instance is too long";
    case "version":
      return { ...profile, version: value };
    case "capa":
      return withCapability(profile, value.toLowerCase());
    case "rdb-only":
      return { ...profile, wantsSnapshotOnly: value === "1" };
    case "rdb-filter-only":
      return withFilter(profile, value);
    // Wishes about a snapshot's form or a cluster's bookkeeping, which need no answer but this one.
    case "rdb-no-compress":
    case "set-cluster-node-id":
      return profile;
    default:
      return `-ERR Unrecognized REPLCONF option: ${name.slice(0, 64)}`;
  }
}

/** Capabilities that are not known are ignored, as servers do: the other side must not rely on them. */
function withCapability(profile: ReplicaProfile, name: string): ReplicaProfile {
  if (name === "eof") return { ...profile, acceptsMark: true };
  return name === "psync2" ? { ...profile, acceptsNewReplid: true } : profile;
}

/** A list of what to include; an empty one asks for a snapshot of nothing. */
function withFilter(profile: ReplicaProfile, value: string): ReplicaProfile | string {
  const words = value.split(" ").filter((word) => word !== "");
  const unknown = words.find((word) => word.toLowerCase() !== "functions");
  if (unknown !== undefined) return `-ERR Unsupported rdb-filter-only option: ${unknown}`;
  return { ...profile, withKeys: false, withFunctions: words.length > 0 };
}
