/** Runs a command's writing part against standard output or against -o FILE. */
import { exitCode, type Write, writeOutputFile } from "@holdfast/command-line";
import type { Session } from "./session.ts";

export interface OutputOptions {
  readonly output?: string;
  readonly force?: boolean;
}

/** `produce` answers with an exit code; anything but 0 leaves a partial file beside the name asked for. */
export async function withOutput(
  session: Session,
  options: OutputOptions,
  produce: (write: Write) => Promise<number>,
): Promise<number> {
  const { host } = session;
  if (options.output === undefined) return produce(host.writeOut);
  let code: number = exitCode.ok;
  const written = await writeOutputFile(
    host.files,
    options.output,
    { overwrite: options.force === true },
    async (write) => {
      code = await produce(write);
      return code === exitCode.ok ? "whole" : "partial";
    },
  );
  if (written !== options.output) host.writeErr(`rdb-inspect: what could be read is in ${written}\n`);
  return code;
}
