/**
 * The command line: every sub-command, option and example, once. Help, errors and shell completion all
 * come from these definitions. What a sub-command does is loaded when it runs: half of the time to start is reading code.
 */

import {
  type Answer,
  addCompletion,
  addExamples,
  addFilterOptions,
  baseCommand,
  repeatable,
  runCommandLine,
} from "@holdfast/command-line";
import { commandTargetNames, rdbTargetNames } from "@holdfast/rdb";
import { type Command, InvalidArgumentError, Option } from "commander";
import { ignorable, keyOrders } from "./choices.ts";
import type { CheckOptions } from "./commands/check.ts";
import type { ConvertOptions, MergeOptions, SplitOptions } from "./commands/conversion.ts";
import type { DiffOptions } from "./commands/diff.ts";
import type { DigestOptions } from "./commands/digest.ts";
import type { ExportOptions } from "./commands/export.ts";
import type { KeysOptions } from "./commands/keys.ts";
import type { PrefixesOptions } from "./commands/prefixes.ts";
import type { SummaryOptions } from "./commands/summary.ts";
import type { Host } from "./host.ts";
import { memoryModels } from "./memory/index.ts";

/** Runs one command line (without the program's own name) and answers with its exit code. */
export function runProgram(args: readonly string[], host: Host, version: string): Promise<number> {
  return runCommandLine(args, host, (answer) => createProgram(host, version, answer));
}

/** The definitions; `answer` receives the exit code of the command that ran. */
export function createProgram(host: Host, version: string, answer: Answer): Command {
  const description = "See, check, export and convert RDB files of every Redis and Valkey version.";
  const program = baseCommand({ name: "rdb-inspect", version, description, help: generalHelp }, host);
  addSummary(program, host, answer);
  addCheck(program, host, answer);
  addKeys(program, host, answer);
  addPrefixes(program, host, answer);
  addExport(program, host, answer);
  addConvert(program, host, answer);
  addSplit(program, host, answer);
  addMerge(program, host, answer);
  addDiff(program, host, answer);
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
  rdb-inspect diff before.rdb after.rdb                  what changed
  ssh host cat dump.rdb.gz | rdb-inspect -               without a local copy

Exit codes: 0 sound; 2 usage; 10 corrupt; 11 truncated; 12 not supported or left out;
13 checksum wrong; 23 local I/O; 30 target exists; 40 differences; 130, 143 interrupted.`;

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
  command.action(async (file: string, options: SummaryOptions) => {
    const { runSummary } = await import("./commands/summary.ts");
    answer(await runSummary(host, file, options));
  });
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
  command.action(async (file: string, options: CheckOptions) => {
    const { runCheck } = await import("./commands/check.ts");
    answer(await runCheck(host, file, options));
  });
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
  command.action(async (file: string, options: KeysOptions) => {
    const { runKeys } = await import("./commands/keys.ts");
    answer(await runKeys(host, file, options));
  });
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
  command.action(async (file: string, options: PrefixesOptions) => {
    const { runPrefixes } = await import("./commands/prefixes.ts");
    answer(await runPrefixes(host, file, options));
  });
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
      `resp, restore: the server to replay into, one of ${commandTargetNames.join(", ")}; default: the file's own`,
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
  command.action(async (file: string, options: ExportOptions) => {
    const { runExport } = await import("./commands/export.ts");
    answer(await runExport(host, file, options));
  });
}

function addConvert(program: Command, host: Host, answer: Answer): void {
  const command = program
    .command("convert")
    .description("the same data in a file for another server, or no file and what that server cannot hold")
    .argument("<file>", "RDB file, or - for standard input")
    .addOption(repeatable("--rename <from=to>", "keys that begin with FROM begin with TO; repeatable"));
  addConversionOptions(command);
  addChangeOptions(command);
  command.option("--json", "with -o: one JSON document about the conversion");
  addOutputOptions(command);
  addCommonOptions(command);
  addExamples(
    command,
    "rdb-inspect convert dump.rdb --target redis-7.0 -o old.rdb",
    "rdb-inspect convert dump.rdb --target valkey-9 --allow-loss --json -o new.rdb",
    "rdb-inspect convert dump.rdb --key 'user:*' --rename user:=u: --compress zstd -o users.rdb.zst",
  );
  command.action(async (file: string, options: ConvertOptions) => {
    const { runConvert } = await import("./commands/convert.ts");
    answer(await runConvert(host, file, options));
  });
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
  addChangeOptions(command);
  addCommonOptions(command);
  addExamples(
    command,
    "rdb-inspect split dump.rdb --shards 3 -o shards",
    "rdb-inspect split dump.rdb --slots 0-8191 --slots 8192-16383 -o halves --target valkey-9",
    "rdb-inspect split dump.rdb --by prefix -o parts",
  );
  command.action(async (file: string, options: SplitOptions) => {
    const { runSplit } = await import("./commands/split.ts");
    answer(await runSplit(host, file, options));
  });
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
  command.action(async (files: string[], options: MergeOptions) => {
    const { runMerge } = await import("./commands/merge.ts");
    answer(await runMerge(host, files, options));
  });
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

/** And of those that read every value anew. */
function addChangeOptions(command: Command): void {
  command
    .option(
      "--ttl <rule>",
      "keep, persist, shift (live on from now as when it was written), shift=2h",
      "keep",
    )
    .option("--repack", "decode and pack every value anew, also where the stored form could be copied");
}

function addDiff(program: Command, host: Host, answer: Answer): void {
  const command = program
    .command("diff")
    .description(
      "whether two files hold the same data, whatever their versions and encodings, and what differs",
    )
    .argument("<a>", "RDB file")
    .argument("<b>", "RDB file to compare with it")
    .addOption(ignoreOption())
    .option("--max-keys <n>", "how many keys to list of each kind of difference; all are counted", "20")
    .option("--max-parts <n>", "how many fields, members, entries to show of each change of a key", "5")
    .option("--memory <size>", "most memory for the table of keys; more keys take more rounds", "128MiB")
    .option("--json", "one JSON document");
  addCommonOptions(command);
  addExamples(
    command,
    "rdb-inspect diff before.rdb after.rdb && echo same",
    "rdb-inspect diff primary.rdb replica.rdb --ignore ttl --key 'user:*'",
    "rdb-inspect diff redis-6.rdb valkey-9.rdb --json | jq .changed",
  );
  command.action(async (a: string, b: string, options: DiffOptions) => {
    const { runDiff } = await import("./commands/diff.ts");
    answer(await runDiff(host, { a, b }, options));
  });
}

function ignoreOption(): Option {
  const description =
    "leave out: expiries of keys and fields, groups of streams, functions and module data; repeatable";
  return new Option("--ignore <what>", description)
    .choices(ignorable)
    .argParser((value: string, earlier: readonly string[] | undefined) => {
      if (ignorable.some((known) => known === value)) return [...(earlier ?? []), value];
      throw new InvalidArgumentError(`Allowed choices are ${ignorable.join(", ")}.`);
    });
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
      `the server that loads, one of ${commandTargetNames.join(", ")}; default: the file's own`,
    )
    .option("--keep-expired", "count keys that have expired, as a replica does");
  addCommonOptions(command);
  addExamples(
    command,
    "rdb-inspect digest dump.rdb",
    "rdb-inspect digest dump.rdb --target redis-8.6",
    "rdb-inspect digest dump.rdb --keys --key 'user:*'",
  );
  command.action(async (file: string, options: DigestOptions) => {
    const { runDigest } = await import("./commands/digest.ts");
    answer(await runDigest(host, file, options));
  });
}

function separatorOption(): Option {
  return repeatable("--separator <char>", 'what ends a prefix; repeatable (default: ":")');
}

function addOutputOptions(command: Command): void {
  command
    .option("-o, --output <file>", "write to a file, which appears only when it is whole")
    .option("--force", "replace the output file if it exists");
}

function addCommonOptions(command: Command): void {
  addFilterOptions(command);
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
