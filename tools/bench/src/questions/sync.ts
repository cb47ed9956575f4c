/**
 * How fast does a file go into a running server? Against the way that its makers name: commands through redis-cli --pipe.
 *
 *   redis-cli   reads commands that rdb-inspect export --format resp made before, which is not timed
 *   ours        reads the RDB itself
 *
 * Both start a process each time, on one server that is emptied before, and count as done when every command is answered. The unmeasured
 * runs must leave the same data: the digests of the server are compared.
 */
import { join } from "node:path";
import { startServer } from "@holdfast/servers";
import fs from "fs-extra";
import { askServer } from "../corpus/load-server.ts";
import { BenchError } from "../errors.ts";
import { compareJobs, type Job } from "../measure/compare.ts";
import { runProcess } from "../measure/run-process.ts";
import { defaultCorpusFolder, holdfastProgram, inspectProgram } from "../paths.ts";
import type { Bench, Comparison, Question } from "./question.ts";

const title = "How fast is a file copied into a running server?";
const targets = { atLeast: 1.5 };
const memory = { atLeastBytes: 250e6 } as const;
/** Takes the file on standard input, which runProcess() does not give. */
const fromFile = ["sh", "-c", 'from=$1; shift; exec "$@" < "$from"', "sh"];

export const syncQuestion: Question = { name: "sync", title, isDefault: false, answer };

async function answer({ corpus, official, runCount, onStep }: Bench): Promise<Comparison> {
  await fs.ensureDir(defaultCorpusFolder);
  const folder = await fs.mkdtemp(join(defaultCorpusFolder, "sync-"));
  const server = await startServer(official, {
    directory: folder,
    args: ["--enable-debug-command", "local"],
  });
  try {
    const commands = join(folder, "commands.resp");
    onStep("writing the corpus as commands");
    await runProcess(
      [process.execPath, inspectProgram, "export", "--format", "resp", corpus.path, "-o", commands],
      "discard",
    );
    const digests: string[] = [];
    const jobOf = (name: string, argv: readonly string[]): Job => {
      const run = async () => {
        await askServer(server, "FLUSHALL");
        return runProcess(argv, "discard");
      };
      const warmUp = async () => {
        await run();
        const found = Number(await askServer(server, "DBSIZE"));
        if (found < corpus.keyCount)
          throw new BenchError("BENCH_COMMAND_FAILED", `${name} left ${found} keys of ${corpus.keyCount}`);
        digests.push(await askServer(server, "DEBUG", "DIGEST"));
        if (digests.some((digest) => digest !== digests[0]))
          throw new BenchError("BENCH_COMMAND_FAILED", `${name} left other data: ${digests.join(", ")}`);
      };
      return { title: name, warmUp, run };
    };
    const target = `unix://${server.socketPath}`;
    const ours = ["sync", corpus.path, target, "--on-exists", "replace", "--progress", "none"];
    const pipe = [...fromFile, commands, ...official.command("cli"), "-s", server.socketPath, "--pipe"];
    const measured = await compareJobs(
      jobOf("holdfast sync", [process.execPath, holdfastProgram, ...ours]),
      jobOf(`${official.family}-cli --pipe`, pipe),
      { runCount, onRun: onStep },
    );
    const ratio = measured.official.medianMs / measured.ours.medianMs;
    return {
      kind: "comparison",
      name: "sync",
      title,
      inputBytes: corpus.sizeBytes,
      ...measured,
      ratio,
      targets,
      memory,
    };
  } finally {
    await server.stop();
    await fs.remove(folder);
  }
}
