/** `rdb-inspect diff`: whether two files hold the same data, and what is different. */

import { FormatError } from "@holdfast/bytes";
import { exitCodeOfDamage, parseCount, parseSize, UsageError } from "@holdfast/command-line";
import type { ignorable } from "../choices.ts";
import {
  type Comparison,
  compareFiles,
  DamagedInput,
  type DiffInput,
  type DiffInputs,
  type DiffPlan,
} from "../diff/compare-files.ts";
import { diffDocument } from "../diff/diff-document.ts";
import { diffLines } from "../diff/diff-screen.ts";
import { exitCodeOfComparison } from "../diff/diff-verdict.ts";
import type { Side } from "../diff/print-table.ts";
import type { Host } from "../host.ts";
import { failureText, notesText } from "../report.ts";
import { type CommonOptions, Session } from "./session.ts";

export interface DiffOptions extends CommonOptions {
  readonly ignore?: readonly (typeof ignorable)[number][];
  readonly maxKeys: string;
  readonly maxParts: string;
  readonly memory: string;
  readonly json?: boolean;
}

/** Less than this holds so few keys that every file takes many rounds. */
const memoryMin = 64 << 10;

export function runDiff(
  host: Host,
  paths: { readonly a: string; readonly b: string },
  options: DiffOptions,
): Promise<number> {
  const plan = planOf(options);
  return withInput(host, paths.a, options, "a", (a) =>
    withInput(host, paths.b, options, "b", (b) => compare({ a, b }, plan, options.json === true)),
  );
}

function planOf(options: DiffOptions): DiffPlan {
  const ignored = new Set(options.ignore ?? []);
  const tableBytes = parseSize(options.memory);
  if (tableBytes === undefined || tableBytes < memoryMin)
    throw new UsageError(`--memory wants a size of at least 64KiB, such as 256MiB, not "${options.memory}"`);
  return {
    rules: { ignoreExpiry: ignored.has("ttl"), ignoreGroups: ignored.has("groups") },
    ignoreRecords: ignored.has("functions"),
    keysMax: parseCount("--max-keys", options.maxKeys),
    partsMax: parseCount("--max-parts", options.maxParts),
    tableBytes,
  };
}

function withInput(
  host: Host,
  path: string,
  options: DiffOptions,
  side: Side,
  use: (input: DiffInput) => Promise<number>,
): Promise<number> {
  return Session.run(host, path, options, async (session) => {
    if (!session.input.isRereadable)
      throw new UsageError("diff reads its files more than once, which a stream cannot be", {
        nextStep: "save the stream to a file first",
      });
    const source = { side, filters: session.filters, chosen: await session.chooseKeys() };
    return use({ session, source });
  });
}

async function compare(inputs: DiffInputs, plan: DiffPlan, isJson: boolean): Promise<number> {
  const { session } = inputs.a;
  try {
    const comparison = await compareFiles(inputs, plan);
    if (isJson) await session.print([JSON.stringify(diffDocument(inputs, plan, comparison), null, 2)]);
    else await session.print(diffLines(inputs, comparison, session.style));
    writeNotes(inputs, comparison);
    return exitCodeOfComparison(comparison);
  } catch (error) {
    if (error instanceof DamagedInput) return damaged(error);
    if (error instanceof FormatError) return changedMeanwhile(session, error);
    throw error;
  }
}

function writeNotes({ a, b }: DiffInputs, { files }: Comparison): void {
  const { host } = a.session;
  host.writeErr(notesText(a.session.input.name, files.a, a.session.errorStyle));
  host.writeErr(notesText(b.session.input.name, files.b, b.session.errorStyle));
}

function damaged({ session, failure, keyCount }: DamagedInput): number {
  const { host, input, errorStyle } = session;
  host.writeErr(failureText(input.name, failure, keyCount, errorStyle));
  host.writeErr("rdb-inspect: nothing is said about the rest: no comparison was made\n");
  return exitCodeOfDamage(failure.code);
}

/** The whole file was read before: it is not what it was. */
function changedMeanwhile({ host, errorStyle }: Session, failure: FormatError): number {
  host.writeErr(
    `${errorStyle.bad("rdb-inspect:")} a file changed while it was compared: ${failure.message}\n` +
      `  ${errorStyle.dim("next")}  compare copies that nobody writes to\n`,
  );
  return exitCodeOfDamage(failure.code);
}
