/**
 * What `convert` and `split` share: one walk that writes a converted file, what came of it, and what has to be said about it.
 */

import { openContainerWriter } from "@holdfast/bytes";
import {
  exitCode,
  exitCodeOfDamage,
  formatCount,
  formatKey,
  Problem,
  parseCount,
  parseRename,
  UsageError,
  type Write,
} from "@holdfast/command-line";
import type { File } from "@holdfast/platform";
import { RdbEncodeError, type RdbTarget, rdbTarget, rdbTargetNames } from "@holdfast/rdb";
import { type ConvertResult, type ConvertSettings, convertPass } from "../convert/convert-pass.ts";
import { parseTtl } from "../convert/key-changes.ts";
import { lossesText } from "../convert/loss-text.ts";
import { renamedPass } from "../convert/renamed-duplicates.ts";
import { repeated } from "../passes/duplicate-keys.ts";
import { failureText, notesText } from "../report.ts";
import type { PassRun } from "../run-pass.ts";
import type { ChangeOptions, Conversion } from "./conversion.ts";
import type { Session } from "./session.ts";

/** Leaves replaceFile without a file. */
export class NothingWritten extends Error {
  override readonly name = "NothingWritten";
}

/** Throws UsageError for a target that is not known. */
export function targetOf(name: string | undefined): RdbTarget | undefined {
  if (name === undefined) return undefined;
  const target = rdbTarget(name);
  if (target !== undefined) return target;
  throw new UsageError(`--target knows ${rdbTargetNames.join(", ")}, and rdb:N; not "${name}"`);
}

/** The settings of a walk that writes. Throws UsageError. */
export async function settingsOf(session: Session, options: ChangeOptions): Promise<ConvertSettings> {
  const renames = (options.rename ?? []).map(parseRename);
  const ttl = parseTtl(options.ttl);
  const lossesMax = parseCount("--max-losses", options.maxLosses);
  return {
    filters: session.filters,
    chosen: await session.chooseKeys(),
    part: undefined,
    target: targetOf(options.target),
    checksum: options.checksum === "on",
    renames,
    ttl,
    nowMs: session.nowMs,
    lossesMax,
    purpose: "write",
    counts: undefined,
    repacks: options.repack === true,
  };
}

/**
 * Writes the converted file into `file`. A value too large to be held makes it start again, with its parts counted first: that
 * takes an input that can be read twice.
 */
export async function convertInto(
  file: File,
  session: Session,
  options: ChangeOptions,
  settings: ConvertSettings,
): Promise<Conversion> {
  const write = (bytes: Uint8Array) => file.append(bytes);
  try {
    return await convert(session, options, settings, write);
  } catch (error) {
    if (!needsCounts(error) || !session.input.isRereadable) throw error;
  }
  await file.truncate(0);
  const { counts } = (await session.walk(convertPass(), { ...settings, purpose: "count" })).result;
  return convert(session, options, { ...settings, counts }, write);
}

/** One walk that writes. Once something was lost that may not be, nothing more is written: the rest of the walk lists losses. */
export async function convert(
  session: Session,
  options: ChangeOptions,
  settings: ConvertSettings,
  write: Write,
): Promise<Conversion> {
  const kind = convertPass();
  const container = await openContainerWriter(options.compress);
  let sizeBytes = 0;
  const writeAll = async (pieces: readonly Uint8Array[]) => {
    for (const piece of pieces) await write(piece);
    for (const piece of pieces) sizeBytes += piece.length;
  };
  try {
    const run = await session.runPass(kind, settings, {
      write: async (bytes) => {
        const isRefused = options.allowLoss !== true && (kind.made()?.lossCount ?? 0) > 0;
        if (!isRefused) await writeAll(await container.write(bytes));
        kind.made()?.recycle(bytes);
      },
    });
    const code = await codeOf(session, options, settings, run);
    if (code === exitCode.ok) await writeAll(await container.end());
    return { run, sizeBytes, code };
  } finally {
    container.close();
  }
}

/** The exit code that a walk leads to. Throws Problem when names clash. */
export async function codeOf(
  session: Session,
  options: ChangeOptions,
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

/** A value was too large to be held: its parts must be counted first. */
export function needsCounts(error: unknown): boolean {
  return error instanceof RdbEncodeError && error.code === "RDB_ENCODE_NOT_COUNTED";
}

/** What an operator can do when the encoder cannot go on. Anything else is passed on. */
export function encodeProblem(error: unknown): unknown {
  if (needsCounts(error))
    return new Problem(exitCode.unsupported, (error as Error).message, {
      nextStep: "save the stream to a file first: a file is read twice",
    });
  if (error instanceof RdbEncodeError && error.code === "RDB_ENCODE_TOO_LARGE")
    return new Problem(exitCode.unsupported, error.message, { nextStep: "choose a newer --target" });
  return error;
}

/** What has to be said on stderr: warnings, damage, and losses one by one. */
export function report(session: Session, options: ChangeOptions, { run }: Conversion): void {
  const { host, input, errorStyle } = session;
  const { result, failure, keyCount } = run;
  host.writeErr(notesText(input.name, result.file, errorStyle));
  // What was lost before the damage is of no interest: nothing was written for another reason.
  if (failure === undefined) {
    const isAllowed = options.allowLoss === true;
    host.writeErr(lossesText(result, { isAllowed, targetName: result.target?.name ?? "" }, errorStyle));
    return;
  }
  host.writeErr(failureText(input.name, failure, keyCount, errorStyle));
  if (options.output !== undefined) host.writeErr("rdb-inspect: nothing was written\n");
}
