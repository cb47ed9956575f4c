/**
 * Answers as text: what the terminal shows, and the block of README.md. Both are made of the same tables.
 *
 * A MB is 10^6 bytes, as in the targets; a MiB is 2^20 bytes.
 */
import type { Corpus } from "../corpus/corpus.ts";
import type { Answer, Comparison, Profile } from "../questions/question.ts";
import { describeMachine, type Machine } from "./machine.ts";
import { type Column, markdownTable, terminalTable } from "./table.ts";
import { judgeMemory, judgeSpeed, type Verdict } from "./verdict.ts";

export interface Report {
  readonly machine: Machine;
  readonly corpus: Corpus;
  readonly runCount: number;
  readonly answers: readonly Answer[];
}

/** What colour may say: a title, and the three verdicts. */
export interface Colors {
  bold(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  red(text: string): string;
}

interface Table {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
}

const left = (title: string): Column => ({ title, align: "left" });
const right = (title: string): Column => ({ title, align: "right" });

const speedColumns = [
  left("command"),
  ...["ours", "official", "MB/s", "ratio", "at least", "aim"].map(right),
  left("verdict"),
];
const memoryColumns = [
  left("command"),
  ...["ours", "official", "at least", "aim"].map(right),
  left("verdict"),
];
const profileColumns = [left("what"), ...["median", "MiB/s", "million items/s"].map(right)];

/** The whole report for a terminal, ending in a line end. */
export function reportText(report: Report, colors: Colors): string {
  const paint = (padded: string, text: string) => verdictColor(colors, text)?.(padded) ?? padded;
  const parts = tablesOf(report.answers).map(({ title, columns, rows }) =>
    [colors.bold(title), ...terminalTable(columns, rows, paint).map((line) => `  ${line}`)].join("\n"),
  );
  return `${[circumstances(report).join("\n"), ...parts].join("\n\n")}\n`;
}

/** The same for README.md. */
export function reportMarkdown(report: Report): string {
  const parts = tablesOf(report.answers).map(({ title, columns, rows }) =>
    [`${title}:`, "", ...markdownTable(columns, rows)].join("\n"),
  );
  return [
    circumstances(report)
      .map((line) => `- ${line}`)
      .join("\n"),
    ...parts,
  ].join("\n\n");
}

function verdictColor(colors: Colors, text: string): ((text: string) => string) | undefined {
  const colorOf: Partial<Record<Verdict, (text: string) => string>> = {
    "aim reached": colors.green,
    "at least reached": colors.yellow,
    missed: colors.red,
  };
  return colorOf[text as Verdict];
}

/** What a reader must know to judge the numbers. */
function circumstances({ machine, corpus, runCount }: Report): string[] {
  const keys = corpus.keyCount.toLocaleString("en-US");
  return [
    `machine: ${describeMachine(machine)}`,
    `corpus: ${megabytes(corpus.sizeBytes)}, ${keys} keys, written by Redis ${corpus.serverVersion}, seed ${corpus.seed}`,
    `runs: ${runCount} of each in turn after one warm-up; times are medians, memory is the largest of all runs`,
  ];
}

function tablesOf(answers: readonly Answer[]): Table[] {
  const comparisons = answers.filter((answer) => answer.kind === "comparison");
  const profiles = answers.filter((answer) => answer.kind === "profile");
  const tables = rivals(comparisons).map(speedTable);
  const memory = comparisons.length === 0 ? [] : [memoryTable(comparisons)];
  return [...tables, ...memory, ...profiles.map(profileTable)];
}

/** The comparisons by what ours was measured against, in the order of asking. */
function rivals(comparisons: readonly Comparison[]): Comparison[][] {
  const titles = new Set(comparisons.map(({ official }) => official.title));
  return [...titles].map((title) => comparisons.filter(({ official }) => official.title === title));
}

function speedTable(comparisons: readonly Comparison[]): Table {
  const official = comparisons[0].official.title;
  const rows = comparisons.map(({ ours, official, inputBytes, ratio, targets }) => [
    ours.title,
    seconds(ours.medianMs),
    seconds(official.medianMs),
    (inputBytes / 1000 / ours.medianMs).toFixed(0),
    `${ratio.toFixed(2)}x`,
    `${targets.atLeast}x`,
    targets.aim === undefined ? "" : `${targets.aim}x`,
    judgeSpeed(ratio, targets),
  ]);
  return { title: `Wall time against ${official}`, columns: speedColumns, rows };
}

function memoryTable(comparisons: readonly Comparison[]): Table {
  const rows = comparisons.map(({ ours, official, memory }) => [
    ours.title,
    megabytes(ours.peakBytes),
    megabytes(official.peakBytes),
    memory === undefined ? "" : megabytes(memory.atLeastBytes),
    memory?.aimBytes === undefined ? "" : megabytes(memory.aimBytes),
    memory === undefined ? "" : judgeMemory(ours, memory),
  ]);
  return { title: "Peak memory of the same runs", columns: memoryColumns, rows };
}

function profileTable({ title, lines }: Profile): Table {
  const rows = lines.map(({ what, medianMs, sizeBytes, itemCount }) => [
    what,
    seconds(medianMs),
    (sizeBytes / 2 ** 20 / (medianMs / 1000)).toFixed(0),
    itemCount === undefined ? "" : (itemCount / 1000 / medianMs).toFixed(1),
  ]);
  return { title, columns: profileColumns, rows };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

function megabytes(sizeBytes: number | undefined): string {
  return sizeBytes === undefined ? "unknown" : `${(sizeBytes / 1e6).toFixed(0)} MB`;
}
