/**
 * The command line: every sub-command, option and example, once. Help, errors and shell completion all
 * come from these definitions.
 */

import { FileError } from "@holdfast/platform";
import { rdbTargetNames } from "@holdfast/rdb";
import { Command, CommanderError, Option } from "commander";
import { type CheckOptions, runCheck } from "./commands/check.ts";
import type { ConvertOptions, MergeOptions, SplitOptions } from "./commands/conversion.ts";
import { runConvert } from "./commands/convert.ts";
import { type DigestOptions, runDigest } from "./commands/digest.ts";
import { type ExportOptions, runExport } from "./commands/export.ts";
import { type KeysOptions, runKeys } from "./commands/keys.ts";
import { runMerge } from "./commands/merge.ts";
import { type PrefixesOptions, runPrefixes } from "./commands/prefixes.ts";
import { runSplit } from "./commands/split.ts";
import { runSummary, type SummaryOptions } from "./commands/summary.ts";
import { completionScript, shells } from "./completion.ts";
import { exitCode } from "./exit-codes.ts";
import type { Host } from "./host.ts";
import { memoryModels } from "./memory/index.ts";
import { BrokenPipe } from "./output/outputs.ts";
import { keyOrders } from "./passes/keys.ts";
import { Interrupted, Problem } from "./problems.ts";
import { problemText } from "./report.ts";
import { targetNames } from "./targets.ts";
import { type Style, styleFor } from "./terminal/style.ts";

/** Runs one command line (without the program's own name) and answers with its exit code. */
export async function runProgram(args: readonly string[], host: Host, version: string): Promise<number> {
  const style = styleFor(host.stderrScreen, "auto", host.colors);
  let code: number = exitCode.ok;
  const program = createProgram(host, version, (answer) => {
    code = answer;
  });
  try {
    await program.parseAsync([...args], { from: "user" });
    return code;
  } catch (error) {
    return exitCodeOfError(error, host, style);
  }
}

function exitCodeOfError(error: unknown, host: Host, style: Style): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
  if (error instanceof BrokenPipe) return exitCode.ok;
  if (host.signal.aborted && host.signal.reason instanceof Interrupted) return host.signal.reason.exitCode;
  if (error instanceof Problem) {
    host.writeErr(problemText(error, style));
    return error.exitCode;
  }
  if (error instanceof FileError) {
    const nextStep = nextStepForFile(error.code);
    host.writeErr(problemText(new Problem(exitCode.localIo, error.message, { nextStep }), style));
    return exitCode.localIo;
  }
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  host.writeErr(
    `${style.bad("rdb-inspect:")} a bug in rdb-inspect, please report it with the file if you can\n${trace}\n`,
  );
  return exitCode.bug;
}

/** What to do when a file or a disk said no, by the system's name for it. */
function nextStepForFile(code: string): string {
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return "nothing was left under the final name: free some space, or give -o a path on another disk";
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return "check who may read the file, or write to the folder";
    case "ENOENT":
      return "check the path";
    default:
      return "look in the system's log for what the disk reported, then try again";
  }
}

type Answer = (code: number) => void;

/** The definitions; `answer` receives the exit code of the command that ran. */
export function createProgram(host: Host, version: string, answer: Answer): Command {
  const program = new Command("rdb-inspect");
  program
    .description("See, check, export and convert RDB files of every Redis and Valkey version.")
    .version(version, "--version", "print the version")
    .helpOption("-h, --help", "show this help")
    .configureOutput({
      writeOut: (text) => {
        host.writeOut(Buffer.from(text, "utf8")).catch(() => {});
      },
      writeErr: host.writeErr,
      getOutHelpWidth: () => host.stdoutScreen.columns ?? 80,
      getErrHelpWidth: () => host.stderrScreen.columns ?? 80,
    })
    .exitOverride()
    .showHelpAfterError("(rdb-inspect --help shows all commands, rdb-inspect COMMAND --help its options)")
    .addHelpText("after", generalHelp);
  addSummary(program, host, answer);
  addCheck(program, host, answer);
  addKeys(program, host, answer);
  addPrefixes(program, host, answer);
  addExport(program, host, answer);
  addConvert(program, host, answer);
  addSplit(program, host, answer);
  addMerge(program, host, answer);
  addDigest(program, host, answer);
  addCompletion(program, host);
  return program;
}

const generalHelp = `
FILE is recognised by its content: an RDB, also inside zstd or gzip or in front of an
append-only log; - is standard input. Results go to stdout, everything else to stderr.

Examples:
  rdb-inspect dump.rdb                                   what is in it
  rdb-inspect check dump.rdb && echo sound               for scripts: 0 is sound
  rdb-inspect keys dump.rdb --sort memory --limit 20     the largest keys
  rdb-inspect export dump.rdb --key 'user:*' | jq .      JSON, one key a line
  ssh host cat dump.rdb.gz | rdb-inspect -               without a local copy

Exit codes: 0 sound; 2 usage; 10 corrupt; 11 truncated; 12 not supported or left out;
13 checksum wrong; 23 local I/O; 30 target exists; 130, 143 interrupted.`;

function addSummary(program: Command, host: Host, answer: Answer): void {
  const command = program
    .command("summary", { isDefault: true })
    .description("what is in the file, on one screen (the default)")
    .argument("<file>", "RDB file, or - for standard input")
    .option("--top <n>", "how many of the largest keys to list", "10")
    .addOption(separatorOption())
    .option("--json", "one JSON document");
  addCommonOptions(command);
  addExamples(
    command,
    "rdb-inspect dump.rdb",
    "rdb-inspect summary dump.rdb --db 0 --top 25",
    "rdb-inspect dump.rdb --json | jq .keys",
  );
  command.action(async (file: string, options: SummaryOptions) =>
    answer(await runSummary(host, file, options)),
  );
}

function addCheck(program: Command, host: Host, answer: Answer): void {
  const command = program
    .command("check")
    .description("walk everything deeply: OK, or what is wrong, where, and what can still be read")
    .argument("<file>", "RDB file, or - for standard input")
    .option("--max-damages <n>", "how many damaged values to list; all are counted", "20")
    .option("--json", "one JSON document");
  addCommonOptions(command);
  addExamples(command, "rdb-inspect check dump.rdb", "rdb-inspect check --json dump.rdb | jq .damages");
  command.action(async (file: string, options: CheckOptions) => answer(await runCheck(host, file, options)));
}

function addKeys(program: Command, host: Host, answer: Answer): void {
  const command = program
    .command("keys")
    .description("one row a key: type, elements, bytes in the file and in memory, expiry")
    .argument("<file>", "RDB file, or - for standard input")
    .addOption(
      new Option("--format <format>", "how rows are written")
        .choices(["table", "csv", "ndjson"])
        .default("table"),
    )
    .addOption(
      new Option("--sort <by>", "greatest first, ttl: soonest first; 10000 rows without --limit").choices(
        keyOrders,
      ),
    )
    .option("--reverse", "the other way round")
    .option("--limit <n>", "most rows");
  addOutputOptions(command);
  addCommonOptions(command);
  addExamples(
    command,
    "rdb-inspect keys dump.rdb --sort memory --limit 20",
    "rdb-inspect keys dump.rdb --format csv -o keys.csv",
    "rdb-inspect keys dump.rdb --expires now..1h --sort ttl",
  );
  command.action(async (file: string, options: KeysOptions) => answer(await runKeys(host, file, options)));
}

function addPrefixes(program: Command, host: Host, answer: Answer): void {
  const command = program
    .command("prefixes")
    .description("memory, keys and time to live by key prefix")
    .argument("<file>", "RDB file, or - for standard input")
    .addOption(separatorOption())
    .option("--depth <n>", "most separators in a prefix", "4")
    .option("--min-share <percent>", "leave out prefixes with less of the memory", "0.5")
    .option("--limit <n>", "most prefixes", "100")
    .addOption(
      new Option("--format <format>", "how they are written")
        .choices(["table", "csv", "ndjson", "json"])
        .default("table"),
    );
  addCommonOptions(command);
  addExamples(
    command,
    "rdb-inspect prefixes dump.rdb",
    "rdb-inspect prefixes dump.rdb --separator : --separator . --depth 2",
  );
  command.action(async (file: string, options: PrefixesOptions) =>
    answer(await runPrefixes(host, file, options)),
  );
}

function addExport(program: Command, host: Host, answer: Answer): void {
  const command = program
    .command("export")
    .description("the content: JSON for programs, commands for redis-cli --pipe")
    .argument("<file>", "RDB file, or - for standard input")
    .addOption(
      new Option(
        "--format <format>",
        "ndjson: an object a line; json: one array; resp: commands; restore: RESTORE of every key",
      )
        .choices(["ndjson", "json", "resp", "restore"])
        .default("ndjson"),
    )
    .option(
      "--target <server>",
      `resp, restore: the server to replay into, one of ${targetNames.join(", ")}; default: the file's own`,
    )
    .option(
      "--replace",
      "resp, restore: replace keys that exist; without it resp adds to them, restore refuses them",
    );
  addOutputOptions(command);
  addCommonOptions(command);
  addExamples(
    command,
    "rdb-inspect export dump.rdb --type hash | head -3",
    "rdb-inspect export dump.rdb -o dump.ndjson",
    "rdb-inspect export dump.rdb --format resp | redis-cli --pipe",
    "rdb-inspect export dump.rdb --format restore --target redis-7.0 --replace | redis-cli --pipe",
  );
  command.action(async (file: string, options: ExportOptions) =>
    answer(await runExport(host, file, options)),
  );
}

function addConvert(program: Command, host: Host, answer: Answer): void {
  const command = program
    .command("convert")
    .description("the same data in a file for another server, or no file and what that server cannot hold")
    .argument("<file>", "RDB file, or - for standard input")
    .addOption(repeatable("--rename <from=to>", "keys that begin with FROM begin with TO; repeatable"));
  addConversionOptions(command);
  addTtlOption(command);
  command.option("--json", "with -o: one JSON document about the conversion");
  addOutputOptions(command);
  addCommonOptions(command);
  addExamples(
    command,
    "rdb-inspect convert dump.rdb --target redis-7.0 -o old.rdb",
    "rdb-inspect convert dump.rdb --target valkey-9 --allow-loss --json -o new.rdb",
    "rdb-inspect convert dump.rdb --key 'user:*' --rename user:=u: --compress zstd -o users.rdb.zst",
  );
  command.action(async (file: string, options: ConvertOptions) =>
    answer(await runConvert(host, file, options)),
  );
}

function addSplit(program: Command, host: Host, answer: Answer): void {
  const command = program
    .command("split")
    .description("several files of one: by cluster slots, databases or prefixes")
    .argument("<file>", "RDB file")
    .requiredOption("-o, --output <folder>", "where the files go; it is made when it is missing")
    .option("--force", "replace files that exist")
    .option("--shards <n>", "equal shares of the cluster slots")
    .addOption(repeatable("--slots <a-b>", "a file for these slots; repeatable, together all slots"))
    .addOption(new Option("--by <what>", "a file for each database, or prefix").choices(["db", "prefix"]))
    .option("--separator <text>", "--by prefix: what ends a prefix", ":");
  addConversionOptions(command);
  addTtlOption(command);
  addCommonOptions(command);
  addExamples(
    command,
    "rdb-inspect split dump.rdb --shards 3 -o shards",
    "rdb-inspect split dump.rdb --slots 0-8191 --slots 8192-16383 -o halves --target valkey-9",
    "rdb-inspect split dump.rdb --by prefix -o parts",
  );
  command.action(async (file: string, options: SplitOptions) => answer(await runSplit(host, file, options)));
}

function addMerge(program: Command, host: Host, answer: Answer): void {
  const command = program
    .command("merge")
    .description("one file of several; what happens to keys that stand twice must be said")
    .argument("<files...>", "RDB files, in the order that first and last go by")
    .requiredOption("-o, --output <file>", "write to this file, which appears only when it is whole")
    .option("--force", "replace the output file if it exists")
    .addOption(
      new Option("--on-duplicate <what>", "which key counts when one name stands in more than one file")
        .choices(["error", "first", "last"])
        .makeOptionMandatory(),
    );
  addConversionOptions(command);
  addCommonOptions(command);
  addExamples(
    command,
    "rdb-inspect merge shard-*.rdb -o all.rdb --on-duplicate error",
    "rdb-inspect merge old.rdb new.rdb -o both.rdb --on-duplicate last --target redis-8",
  );
  command.action(async (files: string[], options: MergeOptions) =>
    answer(await runMerge(host, files, options)),
  );
}

/** Options of every command that writes RDB files. */
function addConversionOptions(command: Command): void {
  command
    .option(
      "--target <server>",
      `one of ${rdbTargetNames.join(", ")}, a series such as redis-8, or rdb:N; default: the RDB version of the file`,
    )
    .option("--allow-loss", "write without what the target cannot hold, and list it")
    .option("--max-losses <n>", "how many losses to list; all are counted", "100")
    .addOption(
      new Option("--compress <how>", "what to put around the file")
        .choices(["none", "gzip", "zstd"])
        .default("none"),
    )
    .addOption(new Option("--checksum <on|off>", "write a checksum").choices(["on", "off"]).default("on"));
}

function addTtlOption(command: Command): void {
  command.option(
    "--ttl <rule>",
    "keep, persist, shift (live on from now as when it was written), shift=2h",
    "keep",
  );
}

function addDigest(program: Command, host: Host, answer: Answer): void {
  const command = program
    .command("digest")
    .description("what DEBUG DIGEST of a server answers when it has loaded the file")
    .argument("<file>", "RDB file, or - for standard input")
    .option("--keys", "a line a key, as DEBUG DIGEST-VALUE; with --json one object a line")
    .option("--json", "one JSON document")
    .option(
      "--target <server>",
      `the server that loads, one of ${targetNames.join(", ")}; default: the file's own`,
    )
    .option("--keep-expired", "count keys that have expired, as a replica does");
  addCommonOptions(command);
  addExamples(
    command,
    "rdb-inspect digest dump.rdb",
    "rdb-inspect digest dump.rdb --target redis-8.6",
    "rdb-inspect digest dump.rdb --keys --key 'user:*'",
  );
  command.action(async (file: string, options: DigestOptions) =>
    answer(await runDigest(host, file, options)),
  );
}

function addCompletion(program: Command, host: Host): void {
  program
    .command("completion")
    .description("print a completion script for your shell")
    .addArgument(program.createArgument("<shell>", "which shell").choices(shells))
    .addHelpText(
      "after",
      "\nExamples:\n  source <(rdb-inspect completion bash)\n  rdb-inspect completion fish > ~/.config/fish/completions/rdb-inspect.fish",
    )
    .action((shell: (typeof shells)[number]) =>
      host.writeOut(Buffer.from(completionScript(shell, program), "utf8")),
    );
}

function addExamples(command: Command, ...examples: readonly string[]): void {
  command.addHelpText("after", `\nExamples:\n${examples.map((example) => `  ${example}`).join("\n")}`);
}

function separatorOption(): Option {
  return repeatable("--separator <char>", 'what ends a prefix; repeatable (default: ":")');
}

function addOutputOptions(command: Command): void {
  command
    .option("-o, --output <file>", "write to a file, which appears only when it is whole")
    .option("--force", "replace the output file if it exists");
}

function repeatable(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string, earlier: readonly string[] | undefined) => [
    ...(earlier ?? []),
    value,
  ]);
}

const filterFlags: readonly [flag: string, description: string][] = [
  ["db <n>", "keys of this database"],
  ["key <glob>", "keys whose name fits, as in KEYS: * ? [a-z] [^x] \\x"],
  ["key-regex <re>", "keys whose name fits a regular expression"],
  ["type <type>", "string, list, set, zset, hash, stream, array or module"],
  ["slot <a-b>", "keys of these cluster slots"],
  ["expires <when>", "none, any, past, or A..B with now, 2h, -1d or a time"],
  ["min-memory <size>", "keys estimated at this size or more"],
  ["min-elements <n>", "keys with so many elements or more"],
];

function addCommonOptions(command: Command): void {
  command.optionsGroup("Filters (repeatable; values of one are alternatives, each has a --not- form):");
  for (const [flag, description] of filterFlags) {
    command.addOption(repeatable(`--${flag}`, description));
    command.addOption(repeatable(`--not-${flag}`, "").hideHelp());
  }
  command.optionsGroup("Look:");
  command
    .addOption(new Option("--threads <n>", "decode large files with so many threads, at most 8; default: 1"))
    .addOption(
      new Option(
        "--memory-model <name>",
        `estimate for: ${memoryModels.map((model) => model.name).join(", ")}; default: the file's server`,
      ),
    )
    .option("--bytes", "sizes as plain numbers of bytes")
    .addOption(new Option("--color <when>", "colours").choices(["auto", "always", "never"]).default("auto"))
    .addOption(
      new Option("--progress <how>", "progress on stderr").choices(["none", "bar", "json"]).default("bar"),
    );
}
