/** What a conversion has to say about itself: a few lines, or a document. */
import { exitCode, formatCount, renderFacts } from "@holdfast/command-line";
import { lossJson, totalLine } from "../convert/loss-text.ts";
import { damageOf } from "../report.ts";
import type { Conversion, ConvertOptions } from "./conversion.ts";
import type { Session } from "./session.ts";
import { damageJson, fileJson } from "./summary-document.ts";

export function convertScreen(session: Session, options: ConvertOptions, conversion: Conversion): string[] {
  const { run, sizeBytes } = conversion;
  const { target, keyCount, copiedCount, totals } = run.result;
  const container = options.compress === "none" ? "" : `, ${options.compress}`;
  const facts: [string, string][] = [
    ["for", `${target?.name ?? ""} (RDB ${target?.rdbVersion ?? ""})`],
    ["size", `${session.size(sizeBytes)}${container}`],
    ["keys", `${formatCount(keyCount)}, ${formatCount(copiedCount)} of them copied as stored`],
  ];
  for (const total of totals) facts.push(["without", session.style.doubtful(totalLine(total))]);
  return [`${session.style.good("written")}  ${options.output ?? ""}`, ...renderFacts(facts, session.style)];
}

export function convertDocument(session: Session, options: ConvertOptions, conversion: Conversion): object {
  const { run, sizeBytes, code } = conversion;
  const { result, failure } = run;
  const isWritten = code === exitCode.ok;
  return {
    format: "rdb-inspect-convert",
    version: 1,
    isWritten,
    output: options.output ?? null,
    target:
      result.target === undefined ? null : { name: result.target.name, rdbVersion: result.target.rdbVersion },
    compress: options.compress,
    sizeBytes: isWritten ? sizeBytes : 0,
    keyCount: result.keyCount,
    copiedCount: result.copiedCount,
    lossCount: result.lossCount,
    totals: result.totals,
    losses: result.losses.map(lossJson),
    failure: failure === undefined ? null : damageJson(damageOf(failure)),
    file: fileJson(session.input, result.file),
  };
}
