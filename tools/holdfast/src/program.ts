/**
 * The command line: every sub-command, option and example, once. Help, errors and shell completion all come from these definitions.
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
import { type Command, Option } from "commander";
import type { Host } from "./host.ts";
import type { PullCommandOptions } from "./pull/pull-options.ts";
import type { RelayCommandOptions } from "./relay/relay.ts";
import type { ServeCommandOptions } from "./serve/serve.ts";
import { type SyncCommandOptions, syncFilters } from "./sync/sync-plan.ts";

/** Runs one command line (without the program's own name) and answers with its exit code. */
export function runProgram(args: readonly string[], host: Host, version: string): Promise<number> {
  return runCommandLine(args, host, (answer) => createProgram(host, version, answer));
}

function createProgram(host: Host, version: string, answer: Answer): Command {
  const description = "Move data out of running Redis and Valkey servers, as a replica does.";
  const program = baseCommand({ name: "holdfast", version, description, help: generalHelp }, host);
  addPull(program, host, answer);
  addServe(program, host, answer);
  addRelay(program, host);
  addSync(program, host, answer);
  addCompletion(program, host);
  return program;
}

const generalHelp = `
Servers are given as redis://[[user]:password@]host[:6379], rediss:// for TLS, valkey://,
valkeys://, or unix:///path/of/socket; redis+sentinel://s1,s2:26380/name follows a primary,
redis+cluster://h1,h2 is a cluster to write to. Passwords come from REDISCLI_AUTH or
VALKEYCLI_AUTH, or from --pass-file; HOLDFAST_TARGET_AUTH and HOLDFAST_SENTINEL_AUTH are
those of a target and of Sentinels, where they differ.

Examples:
  holdfast pull redis://10.0.0.5 -o dump.rdb             a verified backup without a login there
  holdfast pull rediss://backup:@db.example -o dump.rdb --pass-file secret --cacert ca.pem
  holdfast serve dump.rdb --listen :6400                 any server that is told REPLICAOF has it
  holdfast pull redis://10.0.0.5 --follow kept           and the stream, for as long as it runs
  holdfast relay redis://10.0.0.5 --listen :6400 --dir kept     replicas that cost that server nothing
  holdfast sync redis://old.example redis://new.example  a copy, then the stream, until it is stopped

Exit codes: 0 done and verified; 2 usage; 10 corrupt; 11 truncated; 12 not supported;
13 checksum wrong or missing; 14 a gap in what was kept; 20 no connection; 21 not allowed;
23 local I/O; 30 target exists; 40 source and target differ; 130, 143 interrupted.`;

function addPull(program: Command, host: Host, answer: Answer): void {
  const command = program
    .command("pull")
    .description("one full resync to an RDB file, its structure and checksum verified before the answer is 0")
    .argument("<url>", "the server, such as redis://host:6379")
    .option("-o, --output <file>", "the file, which appears only when it is whole; - is standard output")
    .option("--follow <dir>", "go on with the stream, into an append-only directory that servers load")
    .option("--for <duration>", "with --follow: stop after so long")
    .option("--until-offset <n>", "with --follow: stop when everything before this offset is on disk")
    .option("--new-base-after <size>", "with --follow: bear so much stream behind a base", "1GiB")
    .option("--force", "replace the file if it exists")
    .option("--allow-no-checksum", "accept the snapshot of a server that runs with rdbchecksum no")
    .option("--json", "one JSON document about what was pulled");
  addConnectionOptions(command, {
    timeout: "longest silence of the server",
    retries: "attempts after one that broke, each a new snapshot",
  });
  command.optionsGroup("Look:");
  command.addOption(progressOption());
  addExamples(
    command,
    "holdfast pull redis://10.0.0.5 -o dump.rdb",
    "holdfast pull unix:///run/redis.sock -o - | zstd > dump.rdb.zst",
    "holdfast pull valkeys://backup:@db.example:6380 -o dump.rdb --pass-file secret",
    "holdfast pull redis://10.0.0.5 -o dump.rdb --force --json | jq .offset",
    "holdfast pull redis://10.0.0.5 --follow kept              goes on where it was, however it was stopped",
  );
  command.action(async (url: string, options: PullCommandOptions) => {
    const { runPull } = await import("./pull/pull.ts");
    answer(await runPull(host, url, options));
  });
}

function addServe(program: Command, host: Host, answer: Answer): void {
  const command = program
    .command("serve")
    .description("be a primary over a file: any server that is told REPLICAOF has the data")
    .argument(
      "<path>",
      "an RDB or append-only file, also in zstd or gzip; an append-only directory, or its manifest; - is standard input",
    )
    .requiredOption("--listen <address>", "host:port, a port such as :6400, or the path of a Unix socket");
  command.optionsGroup("Data:");
  command
    .option(
      "--target <server>",
      "send the snapshot as this server writes it, such as redis-7.0, valkey-9, rdb:11",
    )
    .option("--allow-loss", "send it without what the target cannot hold, and name it")
    .option("--load-truncated", "leave out the end of a log that is cut inside a command, as servers do");
  command.optionsGroup("Who may have it:");
  command
    .option("--pass-file <file>", "the password, on the first line of a file; default: HOLDFAST_LISTEN_AUTH")
    .option("--user <name>", "the user that has to come with it; default: none, or default")
    .option("--tls", "speak TLS, with --cert and --key")
    .option("--cert <file>", "our certificate")
    .option("--key <file>", "and its key")
    .option("--cacert <file>", "ask replicas for a certificate of these authorities");
  command.optionsGroup("When it ends:");
  command
    .option("--until-acked [n]", "end with 0 when so many replicas have all of it; default: 1")
    .option("--timeout <duration>", "how long to wait for them; then it ends with 20")
    .option("--replica-timeout <duration>", "a replica that is silent for so long is gone", "60s");
  command.optionsGroup("Look:");
  command
    .addOption(
      new Option("--format <how>", "lines on stderr, or an object an event on stdout")
        .choices(["text", "ndjson"])
        .default("text"),
    )
    .option("--json", "one JSON document at the end")
    .addOption(progressOption());
  addExamples(
    command,
    "holdfast serve dump.rdb --listen :6400",
    "holdfast serve appendonlydir --listen 10.0.0.5:6400 --pass-file secret --until-acked 2",
    "holdfast serve dump.rdb.zst --listen :6400 --target redis-7.0 --until-acked --timeout 10m",
    "holdfast serve dump.rdb --listen :6400 --tls --cert cert.pem --key key.pem --cacert ca.pem",
  );
  command.action(async (path: string, options: ServeCommandOptions) => {
    const { runServe } = await import("./serve/serve.ts");
    answer(await runServe(host, path, options));
  });
}

function addRelay(program: Command, host: Host): void {
  const command = program
    .command("relay")
    .description("be a replica of a server and a primary of others, with snapshot and stream on disk")
    .argument("<url>", "the server above, such as redis://host:6379")
    .requiredOption("--dir <dir>", "what is kept: an append-only directory, as of pull --follow")
    .requiredOption("--listen <address>", "host:port, a port such as :6400, or the path of a Unix socket")
    .option("--keep-bytes <size>", "stream to keep for replicas that come back, at least", "1GiB")
    .option("--keep-for <duration>", "drop what is older, unless it is needed behind the base")
    .option("--new-base-after <size>", "bear so much stream behind a base before asking for another", "1GiB")
    .option("--allow-no-checksum", "accept the snapshot of a server that runs with rdbchecksum no");
  command.optionsGroup("Replicas:");
  command
    .option("--listen-pass-file <file>", "the password they have to give; default: HOLDFAST_LISTEN_AUTH")
    .option("--listen-user <name>", "the user that has to come with it; default: none, or default")
    .option("--listen-cert <file>", "speak TLS to them, with this certificate and --listen-key")
    .option("--listen-key <file>", "and its key")
    .option("--listen-cacert <file>", "ask them for a certificate of these authorities");
  addConnectionOptions(command, {
    timeout: "longest silence of the server, and of a replica",
    retries: "attempts as long as nothing is kept; later there is no end of them",
  });
  command.optionsGroup("Look:");
  command.addOption(progressOption());
  addExamples(
    command,
    "holdfast relay redis://10.0.0.5 --listen :6400 --dir kept --keep-bytes 20GiB",
    "holdfast relay redis://10.0.0.5 --listen :6400 --dir kept --listen-pass-file secret",
    "redis-cli -p 6379 REPLICAOF relay-host 6400               any server of the same version or later",
  );
  command.action(async (url: string, options: RelayCommandOptions) => {
    const { runRelay } = await import("./relay/relay.ts");
    await runRelay(host, url, options);
  });
}

function addSync(program: Command, host: Host, answer: Answer): void {
  const command = program
    .command("sync")
    .description(
      "full copy into a running server, then the live stream, each exactly once, until it is stopped",
    )
    .argument("<source>", "a server, an RDB file, or an append-only file or directory")
    .argument("<target>", "the server or cluster that is written to")
    .option("--once", "only the copy; what a file as source means anyway")
    .addOption(
      new Option("--on-exists <what>", "keys of the copy that the target has already")
        .choices(["error", "skip", "replace"])
        .default("error"),
    )
    .addOption(repeatable("--rename <from=to>", "keys that begin with FROM begin with TO; repeatable"))
    .option("--allow-loss", "go on without what the target cannot hold")
    .addOption(
      new Option(
        "--on-refused <what>",
        "commands of the stream that the target refuses or that cannot be split",
      )
        .choices(["stop", "skip"])
        .default("stop"),
    )
    .option("--restart", "forget how far an earlier run came, and copy everything anew")
    .option("--verify", "with --once, or from a file: compare both sides, key by key, when all is over")
    .option("--verify-only", "compare and copy nothing, also beside a sync that goes on")
    .option("--spool <dir>", "what is not in the target yet waits here; default: holdfast-sync-ID")
    .option("--json", "one JSON document about what was brought over");
  addFilterOptions(command, syncFilters);
  command.optionsGroup("Connection:");
  command
    .option("--pass-file <file>", "the source's password; - is standard input")
    .option("--target-pass-file <file>", "the target's")
    .option("--timeout <duration>", "longest silence of either server", "60s")
    .option("--retries <n>", "attempts to reach either server again, in a row", "10");
  addTlsOptions(command);
  command.optionsGroup("Look:");
  command.addOption(progressOption());
  addExamples(
    command,
    "holdfast sync redis://old.example redis://new.example",
    "holdfast sync dump.rdb redis://10.0.0.5 --on-exists replace",
    "holdfast sync redis://old valkey://new --match 'user:*' --rename user:=u: --once",
    "holdfast sync appendonlydir/ unix:///run/valkey.sock --allow-loss --json",
  );
  command.action(async (source: string, target: string, options: SyncCommandOptions) => {
    const { runSync } = await import("./sync/sync.ts");
    answer(await runSync(host, { source, target }, options));
  });
}

function progressOption(): Option {
  return new Option("--progress <how>", "progress on stderr").choices(["none", "bar", "json"]).default("bar");
}

/** How a server is reached as its replica; what a silence and an attempt are is said in the command's words. */
function addConnectionOptions(
  command: Command,
  { timeout, retries }: { readonly timeout: string; readonly retries: string },
): void {
  command.optionsGroup("Connection:");
  command
    .option("--pass-file <file>", "take the password from the first line of a file; - is standard input")
    .option("--timeout <duration>", timeout, "60s")
    .option("--retries <n>", retries, "2");
  addTlsOptions(command);
}

function addTlsOptions(command: Command): void {
  command
    .option("--tls", "speak TLS, as rediss:// and valkeys:// do")
    .option("--sni <name>", "the name that the certificate has to be for; default: the host")
    .option("--cacert <file>", "trust these authorities instead of the system's")
    .option("--cert <file>", "our own certificate, with --key")
    .option("--key <file>", "and its key")
    .option("--insecure", "trust any certificate");
}
