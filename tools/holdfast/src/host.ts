/** The host of every command line, with connections, chance, and the passwords of the environment. */
import type { Host as CommonHost } from "@holdfast/command-line";
import type { Network, Random } from "@holdfast/platform";

export interface Host extends CommonHost {
  readonly network: Network;
  readonly random: Random;
  readonly passwords: EnvironmentPasswords;
  /** Where standard input and unpacked files are kept while they are served. */
  readonly temporaryDirectory: string;
}

/** The first two are what redis-cli and valkey-cli read too. */
export interface EnvironmentPasswords {
  /** REDISCLI_AUTH */
  readonly redis?: string | undefined;
  /** VALKEYCLI_AUTH */
  readonly valkey?: string | undefined;
  /** HOLDFAST_LISTEN_AUTH: what replicas of ours have to give. */
  readonly listen?: string | undefined;
  /** HOLDFAST_TARGET_AUTH: of the target of a sync, where it is not the source's; empty for a target without a password. */
  readonly target?: string | undefined;
  /** HOLDFAST_SENTINEL_AUTH: of Sentinels themselves. */
  readonly sentinel?: string | undefined;
}
