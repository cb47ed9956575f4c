/** `rdb-inspect keys`: settings, run, and the rows that were kept for sorting. */
import { exitCode, exitCodeOfDamage, formatCount, parseCount, type Write } from "@holdfast/command-line";
import type { KeyOrder } from "../choices.ts";
import type { Host } from "../host.ts";
import { ByteSink } from "../output/byte-sink.ts";
import { type KeyLook, tableHead } from "../passes/key-table.ts";
import { csvHeader, type KeysResult, keysPass, writeKey } from "../passes/keys.ts";
import { failureText, notesText } from "../report.ts";
import { type CommonOptions, Session } from "./session.ts";
import { withOutput } from "./with-output.ts";

export interface KeysOptions extends CommonOptions {
  readonly format: "table" | "csv" | "ndjson";
  readonly sort?: KeyOrder;
  readonly reverse?: boolean;
  readonly limit?: string;
  readonly output?: string;
  readonly force?: boolean;
}

/** Rows kept when a sorted list has no limit of its own: about 20 MiB of them. */
const sortedLimit = 10_000;

export function runKeys(host: Host, path: string, options: KeysOptions): Promise<number> {
  return Session.run(host, path, options, (session) =>
    withOutput(session, options, async (write) => {
      const look: KeyLook = {
        format: options.format,
        width: options.output === undefined ? session.style.width : fileWidth,
        isRaw: options.bytes === true,
        nowMs: session.nowMs,
      };
      const limit = options.limit === undefined ? undefined : parseCount("--limit", options.limit);
      await write(Buffer.from(headOf(look), "utf8"));
      const run = await session.runPass(
        keysPass,
        {
          filters: session.filters,
          modelName: session.modelName,
          look,
          sort: options.sort,
          isReversed: options.reverse === true,
          limit: limit ?? (options.sort === undefined ? undefined : sortedLimit),
        },
        { write },
      );
      await writeRows(run.result, look, write);
      const { input, errorStyle } = session;
      host.writeErr(notesText(input.name, run.result.file, errorStyle));
      if (run.result.keyCount > run.result.limit) {
        host.writeErr(
          `rdb-inspect: ${formatCount(run.result.limit)} of ${formatCount(run.result.keyCount)} keys shown, --limit changes that\n`,
        );
      }
      if (run.failure === undefined) return exitCode.ok;
      host.writeErr(failureText(input.name, run.failure, run.keyCount, errorStyle));
      return exitCodeOfDamage(run.failure.code);
    }),
  );
}

/** Columns of a table that goes to a file. */
const fileWidth = 160;

function headOf(look: KeyLook): string {
  if (look.format === "csv") return csvHeader;
  return look.format === "table" ? tableHead(look) : "";
}

async function writeRows(result: KeysResult, look: KeyLook, write: Write): Promise<void> {
  const sink = new ByteSink();
  for (const { row } of result.rows) {
    writeKey(sink, row, look);
    sink.commit();
  }
  const bytes = sink.take();
  if (bytes !== undefined) await write(bytes);
}
