/**
 * `pnpm bench`: makes the corpus if need be, asks the questions, prints the tables.
 *
 * Exit codes: 0 every question was answered (the verdict column says how), 1 at least one was not, 2 wrong usage.
 * Tables go to stdout; progress, and why a question was not answered, to stderr.
 */
import { Argument, Command, CommanderError, InvalidArgumentError } from "commander";
import fs from "fs-extra";
import pc from "picocolors";
import { openCorpus, requireServer } from "./corpus/corpus.ts";
import { fullCorpusMb } from "./corpus/families.ts";
import { BenchError } from "./errors.ts";
import { defaultCorpusFolder, readmePath } from "./paths.ts";
import { questions } from "./questions/index.ts";
import type { Answer, Bench, Question } from "./questions/question.ts";
import { thisMachine } from "./report/machine.ts";
import { replaceBlock } from "./report/readme-block.ts";
import { type Report, reportMarkdown, reportText } from "./report/report.ts";

interface BenchOptions {
  readonly corpusMb: number;
  readonly seed: number;
  readonly runs: number;
  readonly json?: string;
  readonly writeReadme?: true;
  readonly color: boolean;
}

const defaultSeed = 1;
const defaultRunCount = 5;
/** Raised when a field of the JSON changes its meaning; fields are otherwise only added. */
const jsonVersion = 1;

process.exitCode = await main();

async function main(): Promise<number> {
  let exitCode = 0;
  const command = describeCommand().action(async (names: readonly string[], options: BenchOptions) => {
    exitCode = await measure(
      questions.filter(({ name }) => names.includes(name)),
      options,
    );
  });
  try {
    await command.parseAsync();
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof BenchError)) throw error;
    return complain(error.message);
  }
}

function describeCommand(): Command {
  const names = questions.map(({ name }) => name);
  const defaultNames = questions.filter(({ isDefault }) => isDefault).map(({ name }) => name);
  const list = questions.map(({ name, title }) => `  ${name.padEnd(9)} ${title}`).join("\n");
  return new Command("bench")
    .description("Measures rdb-inspect against the official tool on one corpus, in one run.")
    .addArgument(new Argument("[question...]", "which to ask").choices(names).default(defaultNames))
    .option("--corpus-mb <n>", "about how large the corpus is, in MB", positiveInteger, fullCorpusMb)
    .option("--seed <n>", "seed of the corpus", positiveInteger, defaultSeed)
    .option("--runs <n>", "measured runs of each program", positiveInteger, defaultRunCount)
    .option("--json <file>", "also write the results as JSON")
    .option("--write-readme", "also rewrite the tables in this tool's README.md")
    .option("--no-color", "plain text")
    .addHelpText("after", `\nQuestions:\n${list}\n\nExample: pnpm bench check summary --runs 3`)
    .exitOverride();
}

async function measure(asked: readonly Question[], options: BenchOptions): Promise<number> {
  const { seed, corpusMb, runs: runCount } = options;
  const official = await requireServer();
  const onStep = (step: string) => showStep(`corpus: ${step}`);
  const corpus = await openCorpus(official, { seed, corpusMb, folder: defaultCorpusFolder, onStep });
  const answers = await answerAll(asked, { corpus, official, runCount, onStep: showStep });
  clearStep();
  if (answers.length === 0) return 1;
  const report: Report = { machine: thisMachine(), corpus, runCount, answers };
  process.stdout.write(reportText(report, pc.createColors(options.color && pc.isColorSupported)));
  if (options.json !== undefined) await writeJson(options.json, report);
  if (options.writeReadme === true) await rewriteReadme(report);
  return answers.length === asked.length ? 0 : 1;
}

/** The answers that could be had; a program that fails costs its question only. */
async function answerAll(asked: readonly Question[], bench: Bench): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const question of asked) {
    try {
      answers.push(await question.answer(bench));
    } catch (error) {
      if (!(error instanceof BenchError)) throw error;
      complain(`no answer to "${question.title}": ${error.message}`);
    }
  }
  return answers;
}

async function writeJson(path: string, report: Report): Promise<void> {
  await fs.outputJson(path, { format: "holdfast-bench", version: jsonVersion, ...report }, { spaces: 2 });
}

async function rewriteReadme(report: Report): Promise<void> {
  const page = await fs.readFile(readmePath, "utf8");
  await fs.writeFile(readmePath, replaceBlock(page, reportMarkdown(report)));
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError("It must be an integer above 0.");
}

/** What is being done: one line that the next one replaces on a terminal, a line of its own elsewhere. */
function showStep(step: string): void {
  process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${step} …` : `${step}\n`);
}

function clearStep(): void {
  if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
}

function complain(message: string): number {
  clearStep();
  process.stderr.write(`bench: ${message}\n`);
  return 1;
}
