/**
 * `rdb-inspect merge`: several files become one.
 *
 *   survey of each file → keys that may stand twice → their names compared → one file after the other into the encoder
 *
 * The files are read two times or three, and nothing is written before it is known which keys stand twice.
 */

import { openContainerWriter, previewBytes } from "@holdfast/bytes";
import {
  exitCode,
  exitCodeOfDamage,
  formatCount,
  Problem,
  parseCount,
  refuseExisting,
  renderFacts,
  type Style,
  UsageError,
  type Write,
} from "@holdfast/command-line";
import { type File, replaceFile } from "@holdfast/platform";
import { type RdbCounts, RdbEncoder, type RdbTarget, rdbTarget } from "@holdfast/rdb";
import { LossList } from "../convert/loss-list.ts";
import { lossesText, totalLine } from "../convert/loss-text.ts";
import { type MergedFile, type MergeState, mergePass } from "../convert/merge-pass.ts";
import { Contest, contestPass, type MergeSource, type Survey, surveyPass } from "../convert/merge-survey.ts";
import { NamedRecords } from "../convert/named-records.ts";
import type { Host } from "../host.ts";
import { FingerprintCollector, repeated } from "../passes/duplicate-keys.ts";
import { failureText, notesText } from "../report.ts";
import type { PassRun } from "../run-pass.ts";
import type { MergeOptions } from "./conversion.ts";
import { encodeProblem, NothingWritten, needsCounts, targetOf } from "./run-conversion.ts";
import { Session } from "./session.ts";

/** 128 MiB of fingerprints. */
const keysMax = 1 << 24;

/** One input file in its walks. */
interface Input {
  readonly session: Session;
  readonly source: MergeSource;
}

export async function runMerge(host: Host, paths: readonly string[], options: MergeOptions): Promise<number> {
  const target = targetOf(options.target);
  const lossesMax = parseCount("--max-losses", options.maxLosses);
  if (paths.includes("-"))
    throw new UsageError("merge reads its files more than once, which a stream cannot be");
  await refuseExisting(host.files, options.output, options.force === true);
  return withInputs(host, paths, options, [], (inputs) => merge(inputs, options, target, lossesMax));
}

/** Opens all files, one inside the other, so that each is closed in any case. */
function withInputs(
  host: Host,
  paths: readonly string[],
  options: MergeOptions,
  open: readonly Input[],
  use: (inputs: readonly Input[]) => Promise<number>,
): Promise<number> {
  if (open.length === paths.length) return use(open);
  return Session.run(host, paths[open.length], options, async (session) => {
    const source = { index: open.length, filters: session.filters, chosen: await session.chooseKeys() };
    return withInputs(host, paths, options, [...open, { session, source }], use);
  });
}

async function merge(
  inputs: readonly Input[],
  options: MergeOptions,
  wanted: RdbTarget | undefined,
  lossesMax: number,
): Promise<number> {
  const fingerprints = new FingerprintCollector(keysMax);
  const named = new NamedRecords(options.onDuplicate);
  const surveys: Survey[] = [];
  for (const { session, source } of inputs) {
    const run = await session.walk(surveyPass(fingerprints, named), source);
    if (run.failure !== undefined) return damaged(session, run);
    surveys.push(run.result);
  }
  const target = wanted ?? commonTarget(surveys);
  const found = fingerprints.finish();
  if (!found.isComplete)
    throw new Problem(exitCode.unsupported, `merge compares up to ${formatCount(keysMax)} keys`, {
      nextStep: "merge in parts: the same --slot or --db filter on all files, one range after the other",
    });
  const contest = new Contest(options.onDuplicate, repeated(found));
  if (!contest.isOver)
    for (const { session, source } of inputs) await session.walk(contestPass(contest), source);
  const style = styleOf(inputs);
  const clashes = clashLines(contest, named);
  if (clashes.length > 0 && options.onDuplicate === "error")
    return refused(inputs, clashes, lossesMax, style);
  return write(inputs, options, { target, contest, named, lossesMax, clashCount: clashes.length });
}

function styleOf([{ session }]: readonly Input[]): Style {
  return session.errorStyle;
}

/** The highest version among the files. Throws UsageError when no server reads them all. */
function commonTarget(surveys: readonly Survey[]): RdbTarget {
  const versions = surveys.map(({ version }) => version ?? 1);
  const redis = versions.filter((_, index) => surveys[index].dialect !== "valkey");
  const isMixed = redis.length < versions.length && redis.length > 0;
  const target = rdbTarget(Math.max(...versions));
  if (target === undefined || (isMixed && Math.max(...redis) > lastCommonVersion))
    throw new UsageError(
      "these files are of Redis and of Valkey: say with --target which server the result is for",
    );
  return target;
}

/** Up to here Redis and Valkey write the same. */
const lastCommonVersion = 11;

function clashLines(contest: Contest, named: NamedRecords): string[] {
  const keys = [...contest.clashes].map((clash) => {
    const at = clash.indexOf(" ");
    const name = previewBytes(Buffer.from(clash.slice(at + 1), "latin1"), { maxWidth: 60 });
    return `key ${name} in db ${clash.slice(0, at)} stands more than once`;
  });
  return [...keys, ...named.clashes.map((name) => `${name} stands more than once, and differs`)];
}

function refused(inputs: readonly Input[], clashes: readonly string[], max: number, style: Style): number {
  const { host } = inputs[0].session;
  const mark = style.bad("rdb-inspect:");
  for (const line of clashes.slice(0, max)) host.writeErr(`${mark} ${line}\n`);
  if (clashes.length > max)
    host.writeErr(`${mark} and ${formatCount(clashes.length - max)} more, --max-losses lists them\n`);
  host.writeErr(`${mark} ${formatCount(clashes.length)} clashes: nothing was written\n`);
  host.writeErr(`  ${style.dim("next")}  --on-duplicate first or last says which of them counts\n`);
  return exitCode.corrupt;
}

function damaged({ host, input, errorStyle }: Session, { failure, keyCount }: PassRun<unknown>): number {
  if (failure === undefined) return exitCode.ok;
  host.writeErr(failureText(input.name, failure, keyCount, errorStyle));
  host.writeErr("rdb-inspect: nothing was written\n");
  return exitCodeOfDamage(failure.code);
}

interface MergePlan {
  readonly target: RdbTarget;
  readonly contest: Contest;
  readonly named: NamedRecords;
  readonly lossesMax: number;
  readonly clashCount: number;
}

async function write(inputs: readonly Input[], options: MergeOptions, plan: MergePlan): Promise<number> {
  const { host } = inputs[0].session;
  let outcome: Outcome | undefined;
  try {
    await replaceFile(
      host.files,
      options.output,
      async (file) => {
        outcome = await writeInto(file, inputs, options, plan);
        if (outcome.code !== exitCode.ok) throw new NothingWritten();
      },
      { overwrite: options.force === true },
    );
  } catch (error) {
    if (!(error instanceof NothingWritten)) throw encodeProblem(error);
  }
  if (outcome === undefined) throw new Error("a file was written without a walk");
  const { losses, code, merged, sizeBytes } = outcome;
  for (const [index, { file }] of merged.entries())
    host.writeErr(notesText(inputs[index].session.input.name, file, styleOf(inputs)));
  const lost = { losses: losses.first, lossCount: losses.count, totals: losses.totals };
  const isAllowed = options.allowLoss === true;
  host.writeErr(lossesText(lost, { isAllowed, targetName: plan.target.name }, styleOf(inputs)));
  if (code === exitCode.ok) await printScreen(inputs, options, plan, { losses, code, merged, sizeBytes });
  return code;
}

interface Outcome {
  readonly merged: readonly MergedFile[];
  readonly losses: LossList;
  readonly sizeBytes: number;
  readonly code: number;
}

/** Starts again, with the parts of large values counted first, when the encoder asks for that. */
async function writeInto(
  file: File,
  inputs: readonly Input[],
  options: MergeOptions,
  plan: MergePlan,
): Promise<Outcome> {
  const append = (bytes: Uint8Array) => file.append(bytes);
  try {
    return await walkAll(inputs, options, plan, append, undefined);
  } catch (error) {
    if (!needsCounts(error)) throw error;
  }
  await file.truncate(0);
  const { encoder, state } = encoderFor(inputs, options, plan, undefined, "count");
  for (const { session, source } of inputs) await session.walk(mergePass(state), source);
  return walkAll(inputs, options, plan, append, encoder.counts);
}

function encoderFor(
  inputs: readonly Input[],
  options: MergeOptions,
  { target, contest, named, lossesMax }: MergePlan,
  counts: RdbCounts | undefined,
  purpose: "write" | "count",
): { readonly encoder: RdbEncoder; readonly state: MergeState; readonly losses: LossList } {
  const losses = new LossList(lossesMax);
  const encoder = new RdbEncoder(
    {
      target,
      checksum: options.checksum === "on",
      onLoss: (loss) => losses.add(loss),
      ...(counts === undefined ? {} : { counts }),
    },
    purpose,
  );
  const state = { target, encoder, contest, losses, sourceCount: inputs.length, named };
  return { encoder, state, losses };
}

async function walkAll(
  inputs: readonly Input[],
  options: MergeOptions,
  plan: MergePlan,
  append: Write,
  counts: RdbCounts | undefined,
): Promise<Outcome> {
  const { state, losses } = encoderFor(inputs, options, plan, counts, "write");
  const container = await openContainerWriter(options.compress);
  const isRefused = () => losses.count > 0 && options.allowLoss !== true;
  const merged: MergedFile[] = [];
  let sizeBytes = 0;
  const appendAll = async (pieces: readonly Uint8Array[]) => {
    for (const piece of pieces) {
      await append(piece);
      sizeBytes += piece.length;
    }
  };
  try {
    for (const { session, source } of inputs) {
      const run = await session.runPass(mergePass(state), source, {
        write: async (bytes) => {
          if (!isRefused()) await appendAll(await container.write(bytes));
        },
      });
      if (run.failure !== undefined) return { merged, losses, sizeBytes, code: damaged(session, run) };
      merged.push(run.result);
    }
    if (!isRefused()) await appendAll(await container.end());
    return { merged, losses, sizeBytes, code: isRefused() ? exitCode.unsupported : exitCode.ok };
  } finally {
    container.close();
  }
}

async function printScreen(
  inputs: readonly Input[],
  options: MergeOptions,
  plan: MergePlan,
  { merged, losses, sizeBytes }: Outcome,
): Promise<void> {
  const [{ session }] = inputs;
  const facts: [string, string][] = [
    ["for", `${plan.target.name} (RDB ${plan.target.rdbVersion})`],
    ["size", `${session.size(sizeBytes)}${options.compress === "none" ? "" : `, ${options.compress}`}`],
  ];
  for (const [index, { keyCount }] of merged.entries())
    facts.push(["keys", `${formatCount(keyCount)} of ${inputs[index].session.input.name}`]);
  if (plan.clashCount > 0)
    facts.push(["twice", `${formatCount(plan.clashCount)}, the ${options.onDuplicate} of each was taken`]);
  for (const total of losses.totals) facts.push(["without", session.style.doubtful(totalLine(total))]);
  await session.print([
    `${session.style.good("written")}  ${options.output}`,
    ...renderFacts(facts, session.style),
  ]);
}
