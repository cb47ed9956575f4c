/** What every sub-command does around its work: the input, progress, colours, and errors in words. */
import {
  type AofLocation,
  type AofReport,
  type AofServer,
  type CheckAofOptions,
  checkAof,
  locateAof,
} from "@holdfast/aof";
import {
  type ColorChoice,
  createProgress,
  formatCount,
  formatSize,
  openSpooled,
  type Progress,
  type ProgressChoice,
  parseCount,
  type Style,
  styleFor,
} from "@holdfast/command-line";
import type { FileSystem } from "@holdfast/platform";
import type { Host } from "./host.ts";
import { withProblems } from "./problems.ts";

/** Options that every sub-command has, as commander hands them over. */
export interface CommonOptions {
  readonly color: ColorChoice;
  readonly progress: ProgressChoice;
  readonly bytes?: boolean;
  readonly json?: boolean;
  readonly server?: AofServer;
  readonly databases: string;
  readonly fileName?: string;
  readonly directoryName?: string;
  readonly rdbName?: string;
  readonly defaultUserOff?: boolean;
  readonly history?: boolean;
  readonly maxFindings: string;
}

/** One run of one command. */
export class Session {
  readonly host: Host;
  /** Where the input stands: the disk, or a copy of a stream. */
  readonly files: FileSystem;
  readonly path: string;
  readonly isCopy: boolean;
  readonly options: CommonOptions;
  readonly style: Style;

  private constructor(
    host: Host,
    input: { readonly files: FileSystem; readonly path: string; readonly isCopy: boolean },
    options: CommonOptions,
  ) {
    this.host = host;
    this.files = input.files;
    this.path = input.path;
    this.isCopy = input.isCopy;
    this.options = options;
    this.style = styleFor(host.stdoutScreen, options.color, host.colors);
  }

  /** Opens the input, hands a session to `use`, and closes the input in any case. */
  static run<Answer>(
    host: Host,
    path: string,
    options: CommonOptions,
    use: (session: Session) => Promise<Answer>,
  ): Promise<Answer> {
    return withProblems(async () => {
      const input = await openSpooled(host, "aof-check", path);
      try {
        return await use(new Session(host, input, options));
      } finally {
        await input.close();
      }
    });
  }

  /** Checks the input, or another path beside it, with progress on stderr. */
  async check(more: Pick<CheckAofOptions, "untilSec"> = {}, path = this.path): Promise<AofReport> {
    const { databases, maxFindings, fileName, directoryName, rdbName, server, defaultUserOff, history } =
      this.options;
    const places = { fileName, directoryName };
    const totalBytes = await this.#sizeOf(path);
    const progress = this.progress(totalBytes, "files");
    const read = new Map<string, number>();
    const { signal } = this.host;
    try {
      return await checkAof(this.files, path, {
        ...places,
        ...more,
        rdbName,
        server,
        defaultUserIsOff: defaultUserOff,
        history,
        databases: parseCount("--databases", databases, 1),
        findingsMax: parseCount("--max-findings", maxFindings, 1),
        signal,
        onProgress: (file, readBytes) => {
          read.set(file, readBytes);
          progress.update(sum(read.values()), read.size);
        },
      });
    } finally {
      progress.end();
    }
  }

  progress(totalBytes: number | undefined, unit: string): Progress {
    const { clock, writeErr, stderrScreen } = this.host;
    const look = { program: "aof-check", unit, clock, write: writeErr, totalBytes };
    return createProgress(this.options.progress, stderrScreen.isTerminal, look);
  }

  /** A size as the options want it: `1.5 KiB`, or plain bytes. */
  size(sizeBytes: number): string {
    return this.options.bytes === true ? formatCount(sizeBytes) : formatSize(sizeBytes);
  }

  async print(lines: readonly string[]): Promise<void> {
    if (lines.length > 0) await this.host.writeOut(Buffer.from(`${lines.join("\n")}\n`, "utf8"));
  }

  async printJson(document: object): Promise<void> {
    await this.print([JSON.stringify(document, null, 2)]);
  }

  async #sizeOf(path: string): Promise<number> {
    const { fileName, directoryName } = this.options;
    return loadedBytesOf(await locateAof(this.files, path, { fileName, directoryName }));
  }
}

/** Bytes of the files that a server would load. */
export function loadedBytesOf(location: AofLocation): number {
  return location.kind === "file" ? location.sizeBytes : sum(location.directory.sizes.values());
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
