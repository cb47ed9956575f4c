/** The models there are, and which of them fits a server that is not exactly one of those. */
import type { MemoryModel } from "./model.ts";
import { redis60, redis70, redis80 } from "./redis-dict-entries.ts";
import { redis86 } from "./redis-key-objects.ts";
import { valkey81, valkey91 } from "./valkey.ts";

/** Every model, by family, oldest first. */
export const memoryModels: readonly MemoryModel[] = [redis60, redis70, redis80, redis86, valkey81, valkey91];

/** The model of this name ("redis-7.0"), or undefined. */
export function modelFor(name: string): MemoryModel | undefined {
  return memoryModels.find((model) => model.name === name);
}

/** Valkey 7.2 and 8.0 still have the structures of Redis 7.2. */
const valkeyHashTablesSince = release("8.1");

/**
 * The model nearest to a server: the newest that is not newer than it, else the oldest of the family.
 *
 * `version` is what the file says ("7.2.4"); undefined or unreadable stands for the newest of the family.
 */
export function modelForServer(family: "redis" | "valkey", version: string | undefined): MemoryModel {
  const wanted = version === undefined ? Number.NaN : release(version);
  if (family === "valkey" && wanted < valkeyHashTablesSince) return redis80;
  const candidates = memoryModels.filter((model) => model.family === family);
  const newest = candidates[candidates.length - 1];
  if (Number.isNaN(wanted)) return newest;
  return candidates.findLast((model) => wanted >= firstReleaseOf(model)) ?? candidates[0];
}

/** The release that brought the structures a model describes. */
function firstReleaseOf(model: MemoryModel): number {
  const since: Readonly<Record<string, string>> = {
    "redis-8.0": "7.2",
    "redis-8.6": "8.2",
    "valkey-9.1": "9.0",
  };
  return release(since[model.name] ?? model.version);
}

/** "7.2.4" as 7002; NaN when it is no version. */
function release(version: string): number {
  const match = /^(\d+)\.(\d+)/.exec(version);
  return match === null ? Number.NaN : Number(match[1]) * 1000 + Number(match[2]);
}
