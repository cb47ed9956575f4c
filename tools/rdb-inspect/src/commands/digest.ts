/** `rdb-inspect digest`: what DEBUG DIGEST would answer when a server has loaded the file. */
import { exitCode, exitCodeOfDamage, formatCount } from "@holdfast/command-line";
import type { Host } from "../host.ts";
import { type DigestResult, digestPass } from "../passes/digest.ts";
import { damageOf, failureText, notesText } from "../report.ts";
import type { PassRun } from "../run-pass.ts";
import { type CommonOptions, Session } from "./session.ts";
import { damageJson, fileJson } from "./summary-document.ts";

export interface DigestOptions extends CommonOptions {
  readonly keys?: boolean;
  readonly json?: boolean;
  readonly target?: string;
  readonly keepExpired?: boolean;
}

export function runDigest(host: Host, path: string, options: DigestOptions): Promise<number> {
  return Session.run(host, path, options, async (session) => {
    const chosen = await session.chooseKeys();
    const rows = options.keys === true ? (options.json === true ? "ndjson" : "text") : undefined;
    const run = await session.runPass(
      digestPass,
      {
        filters: session.filters,
        chosen,
        targetName: options.target,
        nowMs: options.keepExpired === true ? undefined : session.nowMs,
        rows,
      },
      { write: host.writeOut },
    );
    if (rows === undefined) await session.print(linesOf(session, run, options.json === true));
    report(session, run);
    return exitCodeOf(run);
  });
}

function exitCodeOf({ result, failure }: PassRun<DigestResult>): number {
  if (failure !== undefined) return exitCodeOfDamage(damageOf(failure).code);
  return result.undigestedCount > 0 ? exitCode.unsupported : exitCode.ok;
}

/** A digest that is not the server's never stands alone on its line. */
function linesOf(session: Session, run: PassRun<DigestResult>, isJson: boolean): string[] {
  if (isJson) return [JSON.stringify(documentOf(session, run), null, 2)];
  const { digest } = run.result;
  return [exitCodeOf(run) === exitCode.ok ? `${digest}` : `${digest}  partial`];
}

function documentOf(session: Session, run: PassRun<DigestResult>): object {
  const { result, failure } = run;
  return {
    format: "rdb-inspect-digest",
    version: 1,
    digest: result.digest,
    isPartial: exitCodeOf(run) !== exitCode.ok,
    server: result.targetName,
    keyCount: result.keyCount,
    expiredCount: result.expiredCount,
    emptyCount: result.emptyCount,
    undigestedCount: result.undigestedCount,
    damage: failure === undefined ? null : damageJson(damageOf(failure)),
    file: fileJson(session.input, result.file),
  };
}

function report(session: Session, { result, failure, keyCount }: PassRun<DigestResult>): void {
  const { host, input, errorStyle: style } = session;
  const notes: string[] = [];
  if (result.expiredCount > 0)
    notes.push(
      `${formatCount(result.expiredCount)} keys have expired and are left out, as a primary does; --keep-expired counts them`,
    );
  if (result.emptyCount > 0)
    notes.push(`${formatCount(result.emptyCount)} keys are empty and are left out, as servers do`);
  if (result.undigestedCount > 0)
    notes.push(
      `${formatCount(result.undigestedCount)} keys of modules or arrays have no digest here: a server's answer will differ`,
    );
  host.writeErr(notes.map((note) => `${style.doubtful("rdb-inspect:")} ${input.name}: ${note}\n`).join(""));
  host.writeErr(notesText(input.name, result.file, style));
  if (failure !== undefined) host.writeErr(failureText(input.name, failure, keyCount, style));
}
