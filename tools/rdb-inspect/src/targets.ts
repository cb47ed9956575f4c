/**
 * The servers that an export can be meant for, by what the command line and a file say.
 *
 *   --target redis-7.0       a known server
 *   --target valkey-9        the newest known one of that series
 */
import { UsageError } from "@holdfast/command-line";
import { type CommandTarget, commandTarget, commandTargetNames, commandTargetOfFile } from "@holdfast/rdb";
import { type FileFacts, serverOf } from "./file-facts.ts";

/** The target of this name. Throws UsageError for one that is not known. */
export function targetOf(name: string): CommandTarget {
  const target = commandTarget(name);
  if (target === undefined)
    throw new UsageError(`--target knows ${commandTargetNames.join(", ")}; not "${name}"`);
  return target;
}

/** The server that wrote a file, as a target: the newest known one that is not newer. */
export function targetOfFile(facts: FileFacts): CommandTarget {
  const { family, version } = serverOf(facts);
  return commandTargetOfFile(family, version, facts.version);
}
