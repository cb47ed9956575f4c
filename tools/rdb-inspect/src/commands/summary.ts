/** `rdb-inspect summary`: settings, run, and one screen or one JSON document. */

import { exitCode, exitCodeOfDamage, parseCount } from "@holdfast/command-line";
import type { Host } from "../host.ts";
import { summaryPass } from "../passes/summary.ts";
import { damageOf, failureText, notesText } from "../report.ts";
import { parseSeparators } from "./option-values.ts";
import { type CommonOptions, Session } from "./session.ts";
import { summaryDocument } from "./summary-document.ts";
import type { SummaryFacts } from "./summary-facts.ts";
import { summaryLines } from "./summary-screen.ts";

export interface SummaryOptions extends CommonOptions {
  readonly top: string;
  readonly separator?: readonly string[];
  readonly json?: boolean;
}

export function runSummary(host: Host, path: string, options: SummaryOptions): Promise<number> {
  return Session.run(host, path, options, async (session) => {
    const { result, failure, keyCount } = await session.runPass(summaryPass, {
      filters: session.filters,
      nowMs: session.nowMs,
      modelName: session.modelName,
      topCount: parseCount("--top", options.top),
      separators: parseSeparators(options.separator),
    });
    const facts: SummaryFacts = { result, walkedKeyCount: keyCount, isPartial: failure !== undefined };
    if (options.json === true) {
      const document = summaryDocument(session, facts, failure === undefined ? undefined : damageOf(failure));
      await session.print([JSON.stringify(document, null, 2)]);
    } else if (failure === undefined || keyCount > 0) await session.print(summaryLines(session, facts));
    if (failure === undefined) {
      if (options.json === true)
        host.writeErr(notesText(session.input.name, result.file, session.errorStyle));
      return exitCode.ok;
    }
    host.writeErr(failureText(session.input.name, failure, keyCount, session.errorStyle));
    return exitCodeOfDamage(failure.code);
  });
}
