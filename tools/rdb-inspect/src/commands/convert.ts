/**
 * `rdb-inspect convert`: the same data in a file that another server loads, or no file and the reasons.
 *
 *   to a file      one walk into a temporary file, which gets its name only when nothing was lost that was not allowed to be
 *   to stdout      a first walk for losses and counts where the input can be read twice, then the one that writes
 *
 * A value too large to be held makes a walk to a file start again, with its parts counted first.
 */
import { openContainerWriter } from "@holdfast/bytes";
import { replaceFile } from "@holdfast/platform";
import { type RdbCounts, RdbEncodeError, type RdbTarget, rdbTarget, rdbTargetNames } from "@holdfast/rdb";
import { type ConvertResult, type ConvertSettings, convertPass } from "../convert/convert-pass.ts";
import { parseRename, parseTtl } from "../convert/key-changes.ts";
import { lossLine, totalLine } from "../convert/loss-text.ts";
import { renamedPass } from "../convert/renamed-duplicates.ts";
import { exitCode, exitCodeOfDamage } from "../exit-codes.ts";
import type { Host } from "../host.ts";
import { refuseExisting, type Write } from "../output/outputs.ts";
import { repeated } from "../passes/duplicate-keys.ts";
import { Problem, UsageError } from "../problems.ts";
import { failureText, formatKey, notesText } from "../report.ts";
import type { PassRun } from "../run-pass.ts";
import { formatCount } from "../sizes-and-times.ts";
import type { Conversion, ConvertOptions } from "./conversion.ts";
import { convertDocument, convertScreen } from "./convert-report.ts";
import { parseCount } from "./option-values.ts";
import { Session } from "./session.ts";

/** Leaves replaceFile without a file. */
class NothingWritten extends Error {
  override readonly name = "NothingWritten";
}

export function runConvert(host: Host, path: string, options: ConvertOptions): Promise<number> {
  const target = targetOf(options.target);
  if (options.json === true && options.output === undefined)
    throw new UsageError("--json wants -o FILE: standard output cannot hold the file and the report");
  return Session.run(host, path, options, async (session) => {
    const settings = await settingsOf(session, options, target);
    const conversion =
      options.output === undefined
        ? await toStandardOutput(session, options, settings)
        : await toFile(session, options, settings, options.output);
    report(session, options, conversion);
    if (options.json === true)
      await session.print([JSON.stringify(convertDocument(session, options, conversion), null, 2)]);
    else if (options.output !== undefined && conversion.code === exitCode.ok)
      await session.print(convertScreen(session, options, conversion));
    return conversion.code;
  });
}

function targetOf(name: string | undefined): RdbTarget | undefined {
  if (name === undefined) return undefined;
  const target = rdbTarget(name);
  if (target !== undefined) return target;
  throw new UsageError(`--target knows ${rdbTargetNames.join(", ")}, and rdb:N; not "${name}"`);
}

async function settingsOf(
  session: Session,
  options: ConvertOptions,
  target: RdbTarget | undefined,
): Promise<ConvertSettings> {
  const renames = (options.rename ?? []).map(parseRename);
  const ttl = parseTtl(options.ttl);
  const lossesMax = parseCount("--max-losses", options.maxLosses);
  return {
    filters: session.filters,
    chosen: await session.chooseKeys(),
    target,
    checksum: options.checksum === "on",
    renames,
    ttl,
    nowMs: session.nowMs,
    lossesMax,
    purpose: "write",
    counts: undefined,
  };
}

async function toFile(
  session: Session,
  options: ConvertOptions,
  settings: ConvertSettings,
  path: string,
): Promise<Conversion> {
  const { files } = session.host;
  const overwrite = options.force === true;
  await refuseExisting(files, path, overwrite);
  let conversion: Conversion | undefined;
  try {
    await replaceFile(
      files,
      path,
      async (file) => {
        conversion = await convert(session, options, settings, (bytes) => file.append(bytes));
        if (conversion.code !== exitCode.ok) throw new NothingWritten();
      },
      { overwrite },
    );
  } catch (error) {
    if (needsCounts(error) && settings.counts === undefined && session.input.isRereadable)
      return toFile(session, options, { ...settings, counts: await count(session, settings) }, path);
    if (!(error instanceof NothingWritten)) throw encodeProblem(error);
  }
  if (conversion === undefined) throw new Error("a file was written without a walk");
  return conversion;
}

async function toStandardOutput(
  session: Session,
  options: ConvertOptions,
  settings: ConvertSettings,
): Promise<Conversion> {
  try {
    if (!session.input.isRereadable) return await convert(session, options, settings, session.host.writeOut);
    const survey = await session.walk(convertPass(), { ...settings, purpose: "count" });
    const code = await codeOf(session, options, settings, survey);
    if (code !== exitCode.ok) return { run: survey, sizeBytes: 0, code };
    const counted = { ...settings, counts: survey.result.counts };
    return await convert(session, options, counted, session.host.writeOut);
  } catch (error) {
    throw encodeProblem(error);
  }
}

async function count(session: Session, settings: ConvertSettings): Promise<RdbCounts> {
  return (await session.walk(convertPass(), { ...settings, purpose: "count" })).result.counts;
}

/** One walk that writes. Once something was lost that may not be, nothing more is written: the rest of the walk lists losses. */
async function convert(
  session: Session,
  options: ConvertOptions,
  settings: ConvertSettings,
  write: Write,
): Promise<Conversion> {
  const kind = convertPass();
  const container = await openContainerWriter(options.compress);
  let sizeBytes = 0;
  // The disk works on one chunk while the next is made: its failure comes out at the following write.
  let writing: Promise<void> = Promise.resolve();
  const writeAll = async (pieces: readonly Uint8Array[], source?: Uint8Array) => {
    await writing;
    writing = (async () => {
      for (const piece of pieces) await write(piece);
      if (source !== undefined) kind.made()?.recycle(source);
    })();
    writing.catch(() => {});
    for (const piece of pieces) sizeBytes += piece.length;
  };
  try {
    const run = await session.runPass(kind, settings, {
      write: async (bytes) => {
        const isRefused = options.allowLoss !== true && (kind.made()?.lossCount ?? 0) > 0;
        if (!isRefused) await writeAll(await container.write(bytes), bytes);
      },
    });
    const code = await codeOf(session, options, settings, run);
    if (code === exitCode.ok) await writeAll(await container.end());
    await writing;
    return { run, sizeBytes, code };
  } finally {
    container.close();
    await writing.catch(() => {});
  }
}

async function codeOf(
  session: Session,
  options: ConvertOptions,
  settings: ConvertSettings,
  { result, failure }: PassRun<ConvertResult>,
): Promise<number> {
  if (failure !== undefined) return exitCodeOfDamage(failure.code);
  await refuseClashes(session, settings, result);
  return result.lossCount > 0 && options.allowLoss !== true ? exitCode.unsupported : exitCode.ok;
}

/** Servers refuse a file in which a key stands twice, so a renaming must not make one. */
async function refuseClashes(
  session: Session,
  settings: ConvertSettings,
  { fingerprints }: ConvertResult,
): Promise<void> {
  const suspects = fingerprints === undefined ? [] : repeated(fingerprints);
  if (suspects.length === 0) return;
  const { filters, chosen, renames } = settings;
  const nextStep = "choose another --rename, or leave one of the keys out with --not-key";
  if (!session.input.isRereadable)
    throw new Problem(exitCode.usage, "--rename gives more than one key the same name", { nextStep });
  const clashes = (await session.walk(renamedPass, { filters, chosen, renames, suspects })).result;
  if (clashes.length === 0) return;
  const [{ name, db }] = clashes;
  const more = clashes.length > 1 ? `, and ${formatCount(clashes.length - 1)} more` : "";
  throw new Problem(exitCode.usage, `--rename makes two keys of the name ${formatKey(name, db)}${more}`, {
    nextStep,
  });
}

function needsCounts(error: unknown): boolean {
  return error instanceof RdbEncodeError && error.code === "RDB_ENCODE_NOT_COUNTED";
}

/** What an operator can do when the encoder cannot go on. Anything else is passed on. */
function encodeProblem(error: unknown): unknown {
  if (needsCounts(error))
    return new Problem(exitCode.unsupported, (error as Error).message, {
      nextStep: "save the stream to a file first: a file is read twice",
    });
  if (error instanceof RdbEncodeError && error.code === "RDB_ENCODE_TOO_LARGE")
    return new Problem(exitCode.unsupported, error.message, { nextStep: "choose a newer --target" });
  return error;
}

/** What has to be said on stderr: warnings, losses one by one, damage. */
function report(session: Session, options: ConvertOptions, { run, code }: Conversion): void {
  const { host, input, errorStyle } = session;
  const { result, failure, keyCount } = run;
  host.writeErr(notesText(input.name, result.file, errorStyle));
  const mark =
    options.allowLoss === true ? errorStyle.doubtful("rdb-inspect:") : errorStyle.bad("rdb-inspect:");
  for (const loss of result.losses) host.writeErr(`${mark} ${lossLine(loss)}\n`);
  const unlisted = result.lossCount - result.losses.length;
  if (unlisted > 0) host.writeErr(`${mark} and ${formatCount(unlisted)} more, --max-losses lists them\n`);
  if (failure !== undefined) {
    host.writeErr(failureText(input.name, failure, keyCount, errorStyle));
    if (options.output !== undefined) host.writeErr("rdb-inspect: nothing was written\n");
  } else if (code === exitCode.unsupported) {
    const name = result.target?.name ?? "the target";
    host.writeErr(
      `${mark} ${name} cannot hold ${result.totals.map(totalLine).join("; ")}: nothing was written\n`,
    );
    host.writeErr(
      `  ${errorStyle.dim("next")}  --allow-loss writes the file without these; or choose another --target\n`,
    );
  }
}
