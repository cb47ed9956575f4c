/** FUNCTION LOAD, DELETE, FLUSH, RESTORE: which libraries there are. Nothing in them is run. */
import { decodeRdbBytes, parseDumpPayload, RdbFormatError } from "@holdfast/rdb";
import type { CommandArguments } from "../arguments.ts";
import { textOf } from "../latin1.ts";
import { type FunctionLibraries, libraryName } from "../libraries.ts";
import { applied, appliedIf, type Outcome, Refusal, refusal, unchanged, wrongArity } from "../outcome.ts";
import { type CommandContext, rowsOf } from "./command.ts";

type Policy = "flush" | "append" | "replace";

/** An RDB without keys around the functions of a payload: magic in front; end and no checksum behind. */
const rdbHead = Buffer.from("REDIS0011", "latin1");
const rdbFoot = Uint8Array.of(0xff, 0, 0, 0, 0, 0, 0, 0, 0);
/** The payload of a server without functions: version and checksum. */
const emptyPayloadBytes = 10;

const noMetadata = new Refusal("ERR Missing library metadata");
const noLibrary = new Refusal("ERR Library not found");
const reads = ["LIST", "DUMP", "STATS", "KILL", "HELP"];

function run({ libraries }: CommandContext, args: CommandArguments): Outcome {
  switch (args.word(1)) {
    case "LOAD":
      return load(libraries, args);
    case "DELETE":
      if (args.count !== 3) throw wrongArity("function|delete");
      if (!libraries.delete(args.text(2))) throw noLibrary;
      return applied;
    case "FLUSH":
      return flush(libraries, args);
    case "RESTORE":
      return restore(libraries, args);
    default:
      if (reads.includes(args.word(1))) return unchanged;
      throw new Refusal(`ERR unknown subcommand '${args.text(1)}'. Try FUNCTION HELP.`);
  }
}

/** FUNCTION LOAD [REPLACE] code */
function load(libraries: FunctionLibraries, args: CommandArguments): Outcome {
  const replaces = args.count === 4 && args.is(2, "REPLACE");
  if (args.count !== 3 && !replaces) throw args.count < 3 ? wrongArity("function|load") : refusal.syntax;
  const code = args.text(args.count - 1);
  requireRoom(libraries, nameOf(code), replaces);
  libraries.store(code);
  return applied;
}

function flush(libraries: FunctionLibraries, args: CommandArguments): Outcome {
  const isMode = args.count === 2 || (args.count === 3 && (args.is(2, "ASYNC") || args.is(2, "SYNC")));
  if (!isMode) throw new Refusal("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
  const isChange = libraries.count > 0;
  libraries.flush();
  return appliedIf(isChange);
}

/** FUNCTION RESTORE payload [FLUSH | APPEND | REPLACE] */
function restore(libraries: FunctionLibraries, args: CommandArguments): Outcome {
  if (args.count !== 3 && args.count !== 4) throw wrongArity("function|restore");
  const policy = policyAt(args);
  const codes = codesOf(args.view(2));
  const names = codes.map(nameOf);
  if (new Set(names).size !== names.length) throw new Refusal("ERR Library already exists in the payload");
  if (policy === "append") for (const name of names) requireRoom(libraries, name, false);
  if (policy === "flush") libraries.flush();
  for (const code of codes) libraries.store(code);
  return applied;
}

function policyAt(args: CommandArguments): Policy {
  if (args.count === 3 || args.is(3, "APPEND")) return "append";
  if (args.is(3, "FLUSH")) return "flush";
  if (args.is(3, "REPLACE")) return "replace";
  throw new Refusal("ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.");
}

function nameOf(code: string): string {
  const name = libraryName(code);
  if (name === undefined) throw noMetadata;
  return name;
}

function requireRoom(libraries: FunctionLibraries, name: string, replaces: boolean): void {
  if (!replaces && libraries.has(name)) throw new Refusal(`ERR Library '${name}' already exists`);
}

/** The libraries of a payload of FUNCTION DUMP: functions as an RDB has them, version, checksum. */
function codesOf(payload: Uint8Array): string[] {
  if (payload.length === emptyPayloadBytes) return [];
  try {
    const { typeNumber, value } = parseDumpPayload(payload);
    const file = Buffer.concat([rdbHead, Uint8Array.of(typeNumber), value, rdbFoot]);
    const codes: string[] = [];
    for (const event of decodeRdbBytes(file)) {
      if (event.kind === "function") codes.push(textOf(event.code));
      else if (event.kind !== "header" && event.kind !== "end") throw refusal.badPayload;
    }
    return codes;
  } catch (thrown) {
    if (!(thrown instanceof RdbFormatError)) throw thrown;
    throw thrown.code === "RDB_CHECKSUM_MISMATCH" ? refusal.badPayloadSeal : refusal.badPayload;
  }
}

export const functionCommands = rowsOf("functions", [["FUNCTION", -2, run]]);
