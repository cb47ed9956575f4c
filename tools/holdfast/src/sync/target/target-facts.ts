/**
 * What has to be known of a target before anything is sent to it: who it is, which commands it has, whether it may be written to.
 *
 *   INFO       family and version, role, cluster or not
 *   CONFIG     how many databases there are; a server that does not say is taken to have 16
 *   COMMAND    names, and where their keys stand (command-keys.ts)
 */
import { type CommandTarget, commandTargetOfFile, type RdbTarget, rdbTarget } from "@holdfast/rdb";
import type { ServerAnswer, ServerClient } from "../../servers/connect-client.ts";
import { ServerProblem } from "../../servers/server-problem.ts";

/** Where the keys of a command stand, as COMMAND says it: the first, the last (negative: from the end), every how many. */
export interface CommandFacts {
  readonly firstKey: number;
  readonly lastKey: number;
  readonly step: number;
  /** The places depend on the arguments. */
  readonly isMovable: boolean;
  readonly isWrite: boolean;
}

export interface TargetFacts {
  readonly shown: string;
  readonly runId: string;
  readonly version: string;
  readonly commandTarget: CommandTarget;
  readonly rdbTarget: RdbTarget;
  readonly isCluster: boolean;
  readonly databases: number;
  /** By name in lower case. */
  readonly commands: ReadonlyMap<string, CommandFacts>;
}

const DEFAULT_DATABASES = 16;

/** Throws ServerProblem, also when the server is a replica: it would refuse every write. */
export async function readTargetFacts(client: ServerClient): Promise<TargetFacts> {
  const info = parseInfo(await client.ask("INFO"));
  const { shown } = client.access;
  if (info.get("role") === "slave" && info.get("cluster_enabled") !== "1")
    throw new ServerProblem("SERVER_READONLY", `${shown} is a replica and takes no writes`);
  const valkeyVersion = info.get("valkey_version");
  const version = valkeyVersion ?? info.get("redis_version") ?? "";
  const family = valkeyVersion === undefined ? "redis" : "valkey";
  const commandTarget = commandTargetOfFile(family, version, undefined);
  return {
    shown,
    runId: info.get("run_id") ?? "",
    version: `${family} ${version}`,
    commandTarget,
    rdbTarget: rdbTarget(commandTarget.name)!,
    isCluster: info.get("cluster_enabled") === "1",
    databases: await readDatabases(client),
    commands: readCommands(await client.ask("COMMAND")),
  };
}

/** The lines of INFO as they are: `name:value`. */
export function parseInfo(answer: ServerAnswer): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of textOf(answer).split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0 && !line.startsWith("#")) fields.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return fields;
}

export function textOf(answer: ServerAnswer | undefined): string {
  if (answer === undefined || answer === null) return "";
  return Buffer.isBuffer(answer) ? answer.toString("latin1") : String(answer);
}

/** Not everybody may read the configuration: then the number is that of the default configuration. */
async function readDatabases(client: ServerClient): Promise<number> {
  try {
    const answer = await client.ask("CONFIG", "GET", "databases");
    const count = Array.isArray(answer) ? Number(textOf(answer[1])) : Number.NaN;
    return Number.isSafeInteger(count) && count > 0 ? count : DEFAULT_DATABASES;
  } catch (error) {
    if (error instanceof ServerProblem && error.code !== "SERVER_UNREACHABLE") return DEFAULT_DATABASES;
    throw error;
  }
}

/** `[name, arity, [flags], first, last, step, …]` of each. */
function readCommands(answer: ServerAnswer): Map<string, CommandFacts> {
  const commands = new Map<string, CommandFacts>();
  if (!Array.isArray(answer)) return commands;
  for (const row of answer as readonly ServerAnswer[]) {
    if (!Array.isArray(row)) continue;
    const [name, , flags, firstKey, lastKey, step] = row as readonly ServerAnswer[];
    const texts = new Set(Array.isArray(flags) ? (flags as readonly ServerAnswer[]).map(textOf) : []);
    commands.set(textOf(name).toLowerCase(), {
      firstKey: Number(firstKey),
      lastKey: Number(lastKey),
      step: Number(step),
      isMovable: texts.has("movablekeys"),
      isWrite: texts.has("write"),
    });
  }
  return commands;
}
