/**
 * `rdb-inspect convert`: the same data in a file that another server loads, or no file and the reasons.
 *
 *   to a file      one walk into a temporary file, which gets its name only when nothing was lost that was not allowed to be
 *   to stdout      a first walk for losses and counts where the input can be read twice, then the one that writes
 *
 * A value too large to be held makes a walk to a file start again, with its parts counted first.
 */
import { exitCode, refuseExisting, UsageError } from "@holdfast/command-line";
import { replaceFile } from "@holdfast/platform";
import { type ConvertSettings, convertPass } from "../convert/convert-pass.ts";
import type { Host } from "../host.ts";
import type { Conversion, ConvertOptions } from "./conversion.ts";
import { convertDocument, convertScreen } from "./convert-report.ts";
import {
  codeOf,
  convert,
  convertInto,
  encodeProblem,
  NothingWritten,
  report,
  settingsOf,
} from "./run-conversion.ts";
import { Session } from "./session.ts";

export function runConvert(host: Host, path: string, options: ConvertOptions): Promise<number> {
  if (options.json === true && options.output === undefined)
    throw new UsageError("--json wants -o FILE: standard output cannot hold the file and the report");
  return Session.run(host, path, options, async (session) => {
    const settings = await settingsOf(session, options);
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
        conversion = await convertInto(file, session, options, settings);
        if (conversion.code !== exitCode.ok) throw new NothingWritten();
      },
      { overwrite },
    );
  } catch (error) {
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
