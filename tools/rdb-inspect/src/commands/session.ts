/**
 * What every sub-command does around its pass: read the common options, open the input, run, report.
 */
import {
  type ColorChoice,
  createProgress,
  type FilterSettings,
  formatCount,
  formatSize,
  KeyFilter,
  type Progress,
  type ProgressChoice,
  parseCount,
  parseFilters,
  type Style,
  styleFor,
  UsageError,
  type Write,
} from "@holdfast/command-line";
import type { Host } from "../host.ts";
import { type Input, openInput } from "../input.ts";
import { memoryModels, modelFor } from "../memory/index.ts";
import { runAnywhere } from "../parallel/run-anywhere.ts";
import type { PassKind } from "../pass.ts";
import { type ChosenKeys, choosingPass } from "../passes/select.ts";
import { type PassRun, type RunOptions, runPass } from "../run-pass.ts";

/** Options that every sub-command has, as commander hands them over. */
export interface CommonOptions {
  readonly color: ColorChoice;
  readonly progress?: ProgressChoice;
  readonly bytes?: boolean;
  readonly memoryModel?: string;
  readonly threads?: string;
  readonly [filter: string]: unknown;
}

/** One thread also cuts the file for the others; more than this it cannot keep busy. */
const threadsMax = 8;

/** One run of one command. */
export class Session {
  readonly host: Host;
  readonly input: Input;
  readonly nowMs: number;
  readonly filters: FilterSettings;
  readonly modelName: string | undefined;
  /** For text on stdout and on stderr. */
  readonly style: Style;
  readonly errorStyle: Style;
  readonly #options: CommonOptions;

  private constructor(host: Host, input: Input, options: CommonOptions) {
    this.host = host;
    this.input = input;
    this.#options = options;
    this.nowMs = host.clock.nowMs();
    this.filters = parseFilters(options, this.nowMs);
    this.modelName = checkedModelName(options.memoryModel);
    this.style = styleFor(host.stdoutScreen, options.color, host.colors);
    this.errorStyle = styleFor(host.stderrScreen, options.color, host.colors);
  }

  /** Opens the input, hands a session to `use`, and closes the input in any case. */
  static async run<Answer>(
    host: Host,
    path: string,
    options: CommonOptions,
    use: (session: Session) => Promise<Answer>,
  ): Promise<Answer> {
    const input = await openInput(host, path);
    try {
      return await use(new Session(host, input, options));
    } finally {
      await input.close();
    }
  }

  /** Runs a pass over the whole input with progress on stderr. */
  async runPass<Settings, Result>(
    kind: PassKind<Settings, Result>,
    settings: Settings,
    options: Omit<RunOptions, "progress" | "signal"> & { readonly write?: Write } = {},
  ): Promise<PassRun<Result>> {
    const progress = this.#progress();
    try {
      const run = { ...options, progress, signal: this.host.signal };
      return await runAnywhere(kind, settings, this.input, run, this.host.workers, this.#threads);
    } finally {
      progress.end();
    }
  }

  /** Runs a pass over the input in one go, or from an offset on. */
  async walk<Settings, Result>(
    kind: PassKind<Settings, Result>,
    settings: Settings,
    options: Pick<RunOptions, "decoder" | "start"> = {},
  ): Promise<PassRun<Result>> {
    const progress = this.#progress();
    try {
      return await runPass(kind, settings, this.input, { ...options, progress, signal: this.host.signal });
    } finally {
      progress.end();
    }
  }

  /**
   * The keys that fit, when a filter asks for memory or elements, found in a walk of their own; undefined when the
   * filters need no such walk. Damage ends it where the main walk will meet it again.
   */
  async chooseKeys(): Promise<ChosenKeys | undefined> {
    if (!new KeyFilter(this.filters).asksSizes) return undefined;
    if (!this.input.isRereadable) {
      throw new UsageError(
        "--min-memory and --min-elements read the input twice here, which a stream cannot be",
        {
          nextStep: "save the stream to a file first",
        },
      );
    }
    return (await this.walk(choosingPass, { filters: this.filters, modelName: this.modelName })).result;
  }

  /** A size as the options want it: `1.5 KiB`, or plain bytes. */
  size(sizeBytes: number): string {
    return this.#options.bytes === true ? formatCount(Math.round(sizeBytes)) : formatSize(sizeBytes);
  }

  async print(lines: readonly string[]): Promise<void> {
    if (lines.length > 0) await this.host.writeOut(Buffer.from(`${lines.join("\n")}\n`, "utf8"));
  }

  /**
   * One unless more are asked for: every thread warms up code and memory of its own, and on the bench
   * machine that ate what a second one brought.
   */
  get #threads(): number {
    const { threads } = this.#options;
    return threads === undefined ? 1 : Math.min(threadsMax, parseCount("--threads", threads, 1));
  }

  #progress(): Progress {
    const { clock, writeErr, stderrScreen } = this.host;
    return createProgress(this.#options.progress ?? "bar", stderrScreen.isTerminal, {
      program: "rdb-inspect",
      clock,
      write: writeErr,
      totalBytes: this.input.storedBytes,
    });
  }
}

function checkedModelName(name: string | undefined): string | undefined {
  if (name === undefined || modelFor(name) !== undefined) return name;
  throw new UsageError(
    `--memory-model knows ${memoryModels.map((model) => model.name).join(", ")}; not "${name}"`,
  );
}
