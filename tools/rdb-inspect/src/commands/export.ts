/** `rdb-inspect export`: settings, run, and what has to be said about what the output does not hold. */
import { exitCode, exitCodeOfDamage, formatCount, formatKey, type Write } from "@holdfast/command-line";
import type { Host } from "../host.ts";
import { exportCommandsPass } from "../passes/export-commands.ts";
import { exportJsonPass } from "../passes/export-json.ts";
import type { ExportResult } from "../passes/export-settings.ts";
import { failureText, notesText } from "../report.ts";
import type { PassRun } from "../run-pass.ts";
import { targetOf } from "../targets.ts";
import { type CommonOptions, Session } from "./session.ts";
import { withOutput } from "./with-output.ts";

export interface ExportOptions extends CommonOptions {
  readonly format: "ndjson" | "json" | "resp" | "restore";
  readonly target?: string;
  readonly replace?: boolean;
  readonly output?: string;
  readonly force?: boolean;
}

export function runExport(host: Host, path: string, options: ExportOptions): Promise<number> {
  return Session.run(host, path, options, (session) =>
    withOutput(session, options, async (write) => {
      const run = await runFormat(session, options, write);
      return report(session, run);
    }),
  );
}

async function runFormat(
  session: Session,
  options: ExportOptions,
  write: Write,
): Promise<PassRun<ExportResult>> {
  const { filters } = session;
  const chosen = await session.chooseKeys();
  if (options.format === "resp" || options.format === "restore") {
    const settings = {
      filters,
      chosen,
      form: options.format === "resp" ? ("commands" as const) : ("restore" as const),
      targetName: options.target === undefined ? undefined : targetOf(options.target).name,
      isReplacing: options.replace === true,
    };
    return session.runPass(exportCommandsPass, settings, { write });
  }
  const isArray = options.format === "json";
  if (isArray) await write(Buffer.from("[\n"));
  const run = await session.runPass(exportJsonPass, { filters, chosen, isArray }, { write });
  if (isArray && run.result.tornKey === undefined) await write(Buffer.from("\n]\n"));
  return run;
}

function report(session: Session, { result, failure, keyCount }: PassRun<ExportResult>): number {
  const { host, input, errorStyle } = session;
  host.writeErr(notesText(input.name, result.file, errorStyle));
  for (const { what, count, isLoss } of result.leftOut) {
    const mark = isLoss ? errorStyle.bad("rdb-inspect:") : errorStyle.doubtful("rdb-inspect:");
    host.writeErr(`${mark} left out: ${formatCount(count)} ${what}\n`);
  }
  if (failure !== undefined) {
    host.writeErr(failureText(input.name, failure, keyCount, errorStyle));
    const { tornKey } = result;
    if (tornKey !== undefined) {
      host.writeErr(
        `rdb-inspect: the last record of the output is cut off: key ${formatKey(tornKey.key, tornKey.db)}\n`,
      );
    }
    return exitCodeOfDamage(failure.code);
  }
  return result.leftOut.some(({ isLoss }) => isLoss) ? exitCode.unsupported : exitCode.ok;
}
