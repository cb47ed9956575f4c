/**
 * Chooses how a pass is run: in this thread, or over sections in as many threads as are wanted when the
 * input is large enough to pay for starting them.
 */
import type { Input } from "../input.ts";
import type { PassKind, PassResult, SectionedPassKind } from "../pass.ts";
import { type PassRun, type RunOptions, runPass } from "../run-pass.ts";
import type { SectionWorker } from "./run-sections.ts";

/** Starting a worker takes about 60 ms, in which one thread decodes some 10 MiB. */
const smallestInputBytes = 32 << 20;

export interface WorkerDoor {
  start(): Promise<SectionWorker>;
}

/** `threads`: how many may decode side by side, this one among them. */
export async function runAnywhere<Settings, Result>(
  kind: PassKind<Settings, Result>,
  settings: Settings,
  input: Input,
  options: RunOptions,
  workers: WorkerDoor | undefined,
  threads: number,
): Promise<PassRun<Result>> {
  const isLarge = (input.storedBytes ?? Number.POSITIVE_INFINITY) >= smallestInputBytes;
  const isWhole = options.decoder === undefined && options.start === undefined;
  const canBeCut = isLarge && isWhole && input.isSeekable;
  if (workers === undefined || threads < 2 || !canBeCut || !isSectioned(kind))
    return runPass(kind, settings, input, options);
  const plan = kind.sections(settings);
  if (plan === undefined) return runPass(kind, settings, input, options);
  const { runSections } = await import("./run-sections.ts");
  const started = await Promise.all(Array.from({ length: threads - 1 }, () => workers.start()));
  const run = await runSections(kind, settings, plan, input, options, started);
  return run ?? runPass(kind, settings, input, options);
}

function isSectioned<Settings, Result>(
  kind: PassKind<Settings, Result>,
): kind is SectionedPassKind<Settings, Result & PassResult> {
  return "sections" in kind;
}
