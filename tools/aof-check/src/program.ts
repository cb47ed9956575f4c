/**
 * The command line: every sub-command, option and example, once. Help, errors and shell completion all come from these definitions.
 */
import type { AofServer } from "@holdfast/aof";
import { type Answer, addCompletion, addExamples, baseCommand, runCommandLine } from "@holdfast/command-line";
import { type Command, Option } from "commander";
import { type CheckOptions, runCheck } from "./commands/check.ts";
import { type RewriteOptions, runRewrite } from "./commands/rewrite.ts";
import type { Host } from "./host.ts";

const servers: readonly AofServer[] = [
  "redis-6.0",
  "redis-7.0",
  "redis-8.0",
  "redis-8.6",
  "valkey-8.1",
  "valkey-9.1",
];

/** Runs one command line (without the program's own name) and answers with its exit code. */
export function runProgram(args: readonly string[], host: Host, version: string): Promise<number> {
  return runCommandLine(args, host, (answer) => createProgram(host, version, answer));
}

/** The definitions; `answer` receives the exit code of the command that ran. */
export function createProgram(host: Host, version: string, answer: Answer): Command {
  const description = "Check, repair, cut back and rewrite append-only files of Redis and Valkey.";
  const program = baseCommand({ name: "aof-check", version, description, help: generalHelp }, host);
  addCheck(program, host, answer);
  addRewrite(program, host, answer);
  addCompletion(program, host);
  return program;
}

const generalHelp = `
PATH is a data directory, an append-only directory, its manifest or one file,
recognised by its content; - is standard input. Checking needs no right to write,
and nothing is changed without --yes.

Examples:
  aof-check appendonlydir/                     is it sound; if not, what to do
  aof-check appendonlydir/ --fix               what a repair would cut
  aof-check appendonlydir/ --fix --yes         cut it, keep what is cut beside it
  aof-check appendonlydir/ --truncate-to-timestamp 2026-01-31T12:00:00Z
  aof-check appendonlydir/ --stats             commands, databases, time span
  aof-check rewrite appendonlydir/ -o newdir   a new base, without a server
  zcat appendonly.aof.gz | aof-check -         without a local copy

Exit codes: 0 sound, or done; 2 usage; 10 corrupt; 11 damaged at its end, --fix
repairs it; 12 servers refuse it, or not supported; 13 checksum wrong; 14 a file
is missing; 15 time not covered; 23 local I/O; 30 target exists; 130, 143
interrupted.`;

function addCheck(program: Command, host: Host, answer: Answer): void {
  const command = program
    .command("check", { isDefault: true })
    .description("whether servers load it, what is wrong and what to do (the default); with --fix the repair")
    .argument("<path>", "directory, manifest or file, or - for standard input")
    .option("--stats", "also what it holds: commands by name, keys by db, time span")
    .option("--fix", "cut the damaged end at the last sound unit; a dry run until --yes")
    .addOption(
      new Option("--behind-damage <what>", "--fix: sound records behind the damage, and later files")
        .choices(["refuse", "drop", "keep-later-files"])
        .default("refuse"),
    )
    .option(
      "--truncate-to-timestamp <time>",
      "go back to a time by the #TS: lines of all files: Unix seconds or RFC 3339",
    )
    .option("--yes", "do what the dry run shows");
  addCommonOptions(command);
  addExamples(
    command,
    "aof-check appendonlydir/",
    "aof-check appendonlydir/ --json | jq .verdict",
    "aof-check appendonlydir/ --fix --yes",
  );
  command.action(async (path: string, options: CheckOptions) => answer(await runCheck(host, path, options)));
}

function addRewrite(program: Command, host: Host, answer: Answer): void {
  const command = program
    .command("rewrite")
    .description("a new directory with a new base, holding what a server would load; no server is needed")
    .argument("<path>", "directory, manifest or file")
    .requiredOption("-o, --output <directory>", "where to write; must not exist, or be empty")
    .option(
      "--target <server>",
      "the server that will load it, or rdb:N; default: the RDB version of the base",
    )
    .addOption(
      new Option("--form <form>", "the base: an RDB, or commands")
        .choices(["rdb", "commands"])
        .default("rdb"),
    )
    .option("--allow-loss", "leave out what cannot be applied or held, and name it");
  addCommonOptions(command);
  addExamples(
    command,
    "aof-check rewrite appendonlydir/ -o newdir",
    "aof-check rewrite appendonly.aof -o newdir --target valkey-9",
  );
  command.action(async (path: string, options: RewriteOptions) =>
    answer(await runRewrite(host, path, options)),
  );
}

function addCommonOptions(command: Command): void {
  command.optionsGroup("The server:");
  command
    .addOption(
      new Option("--server <name>", "whose commands and rules count; default: as the base says").choices(
        servers,
      ),
    )
    .option("--databases <n>", "how many dbs it has", "16")
    .option("--file-name <name>", "its appendfilename")
    .option("--directory-name <name>", "its appenddirname")
    .option("--rdb-name <name>", "its dbfilename")
    .option("--default-user-off", "it starts with `user default off`: some releases then drop MULTI … EXEC")
    .option("--history", "also check files that the manifest lists as history");
  command.optionsGroup("Look:");
  command
    .option("--json", "one JSON document")
    .option("--max-findings <n>", "how many of each kind of finding to list in a file; all are counted", "20")
    .option("--bytes", "sizes as plain numbers of bytes")
    .addOption(new Option("--color <when>", "colours").choices(["auto", "always", "never"]).default("auto"))
    .addOption(
      new Option("--progress <how>", "progress on stderr").choices(["none", "bar", "json"]).default("bar"),
    );
}
