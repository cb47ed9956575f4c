/**
 * `rdb-inspect split`: one file becomes several, by cluster slots, databases or prefixes.
 *
 *   part 1 → temporary file ┐
 *   part 2 → temporary file ├ synced; when all are whole and nothing was lost that may not be, each gets its name
 *   …                       ┘
 *
 * The file is walked once for each part: keys of the others are stepped over. So it must be a file, not a stream.
 */

import { join } from "node:path";
import {
  exitCode,
  exitCodeOfDamage,
  formatCount,
  refuseExisting,
  renderFacts,
  UsageError,
} from "@holdfast/command-line";
import { replaceFile } from "@holdfast/platform";
import type { ConvertSettings } from "../convert/convert-pass.ts";
import { parseSlotRange, partsPass, type SplitPart, shardParts, slotParts } from "../convert/split-parts.ts";
import type { Host } from "../host.ts";
import { failureText } from "../report.ts";
import type { Conversion, SplitOptions } from "./conversion.ts";
import { convertInto, encodeProblem, NothingWritten, report, settingsOf } from "./run-conversion.ts";
import { Session } from "./session.ts";

export function runSplit(host: Host, path: string, options: SplitOptions): Promise<number> {
  return Session.run(host, path, options, async (session) => {
    if (!session.input.isRereadable)
      throw new UsageError("split reads its input once for each part, which a stream cannot be", {
        nextStep: "save the stream to a file first",
      });
    const settings = await settingsOf(session, options);
    const parts = await partsOf(session, options, settings);
    if (typeof parts === "number") return parts;
    await host.files.makeDirectory(options.output);
    for (const { fileName } of parts)
      await refuseExisting(host.files, join(options.output, fileName), options.force === true);
    const conversions = await writeAll(session, options, settings, parts);
    for (const conversion of conversions.filter(isWorthTelling)) report(session, options, conversion);
    const failed = conversions.find(({ code }) => code !== exitCode.ok);
    if (failed !== undefined) return failed.code;
    await session.print(screenOf(session, options, parts, conversions));
    return exitCode.ok;
  });
}

/** The parts; an exit code when the file is damaged before they are known. Throws UsageError. */
async function partsOf(
  session: Session,
  options: SplitOptions,
  { filters, chosen }: ConvertSettings,
): Promise<readonly SplitPart[] | number> {
  const { shards, slots, by } = options;
  if ([shards, slots, by].filter((given) => given !== undefined).length !== 1)
    throw new UsageError("split wants one of --shards N, --slots A-B (repeated), --by db and --by prefix");
  if (shards !== undefined) return shardParts(/^\d+$/.test(shards) ? Number(shards) : 0);
  if (by === undefined) return slotParts((slots ?? []).map(parseSlotRange));
  const separator = Buffer.from(options.separator, "utf8").toString("latin1");
  if (separator === "") throw new UsageError("--separator wants at least one character");
  const { result, failure, keyCount } = await session.walk(partsPass, { filters, chosen, by, separator });
  if (failure === undefined) return result;
  session.host.writeErr(failureText(session.input.name, failure, keyCount, session.errorStyle));
  return exitCodeOfDamage(failure.code);
}

/** Losses are listed for every part; damage and warnings, which are those of the whole file, once. */
function isWorthTelling({ code, run }: Conversion, index: number): boolean {
  return index === 0 || run.result.lossCount > 0 || (code !== exitCode.ok && run.failure === undefined);
}

/** Writes the parts one inside the writing of the other, so that none has its name before all are whole. */
async function writeAll(
  session: Session,
  options: SplitOptions,
  settings: ConvertSettings,
  parts: readonly SplitPart[],
): Promise<Conversion[]> {
  const conversions: Conversion[] = [];
  const writeFrom = async (index: number): Promise<void> => {
    if (index === parts.length) {
      if (conversions.some(({ code }) => code !== exitCode.ok)) throw new NothingWritten();
      return;
    }
    const { fileName, rule } = parts[index];
    await replaceFile(
      session.host.files,
      join(options.output, fileName),
      async (file) => {
        const conversion = await convertInto(file, session, options, { ...settings, part: rule });
        conversions.push(conversion);
        if (conversion.run.failure !== undefined) throw new NothingWritten();
        await writeFrom(index + 1);
      },
      { overwrite: options.force === true },
    );
  };
  try {
    await writeFrom(0);
  } catch (error) {
    if (!(error instanceof NothingWritten)) throw encodeProblem(error);
  }
  return conversions;
}

function screenOf(
  session: Session,
  options: SplitOptions,
  parts: readonly SplitPart[],
  conversions: readonly Conversion[],
): string[] {
  const facts = parts.map(({ fileName }, index): [string, string] => {
    const { run, sizeBytes } = conversions[index];
    const { keyCount } = run.result;
    return [
      fileName,
      `${formatCount(keyCount)} ${keyCount === 1 ? "key" : "keys"}, ${session.size(sizeBytes)}`,
    ];
  });
  return [`${session.style.good("written")}  ${options.output}`, ...renderFacts(facts, session.style)];
}
