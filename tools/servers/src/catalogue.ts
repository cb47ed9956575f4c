/**
 * Which servers the project tests against, and where Debian keeps each of them.
 *
 * An id names a release line, not a patch level: `redis-8.0` is any 8.0.x. Suites are tried in order,
 * because a suite other than a stable one moves on to the next line without notice.
 *
 * Source: `apt-cache madison redis-server valkey-server` in each suite. Nothing here touches the machine.
 */

export type ServerId = "redis-6.0" | "redis-7.0" | "redis-8.0" | "redis-8.6" | "valkey-8.1" | "valkey-9.1";

export type ServerFamily = "redis" | "valkey";

/** The five programs of one release: the server itself and its official companions. */
export type ServerTool = "server" | "cli" | "check-rdb" | "check-aof" | "benchmark";

export interface ServerRecipe {
  readonly id: ServerId;
  readonly family: ServerFamily;
  /** Major and minor version, as in "7.0". */
  readonly release: string;
  /** Debian suites that may hold this release, best first. */
  readonly suites: readonly string[];
}

export const serverTools: readonly ServerTool[] = ["server", "cli", "check-rdb", "check-aof", "benchmark"];

export const serverRecipes: readonly ServerRecipe[] = [
  { id: "redis-6.0", family: "redis", release: "6.0", suites: ["bullseye"] },
  { id: "redis-7.0", family: "redis", release: "7.0", suites: ["bookworm"] },
  { id: "redis-8.0", family: "redis", release: "8.0", suites: ["sid", "trixie"] },
  { id: "redis-8.6", family: "redis", release: "8.6", suites: ["experimental", "sid"] },
  { id: "valkey-8.1", family: "valkey", release: "8.1", suites: ["trixie"] },
  { id: "valkey-9.1", family: "valkey", release: "9.1", suites: ["sid", "experimental"] },
];

/** Every id there is, oldest release of each family first. */
export const serverIds: readonly ServerId[] = serverRecipes.map((recipe) => recipe.id);

export function recipeOf(id: ServerId): ServerRecipe {
  return serverRecipes.find((recipe) => recipe.id === id)!;
}

export function isServerId(text: string): text is ServerId {
  return serverRecipes.some((recipe) => recipe.id === text);
}

/** The file name of a tool, for example `valkey-check-aof`. */
export function toolFileName(family: ServerFamily, tool: ServerTool): string {
  return `${family}-${tool}`;
}

/** True when `version` ("8.0.6") belongs to the release line of `recipe` ("8.0"). */
export function isOfRelease(recipe: ServerRecipe, version: string): boolean {
  return version === recipe.release || version.startsWith(`${recipe.release}.`);
}
