/** What the package offers, in the order a reader should meet it. */

export { type Answer, baseCommand, type ProgramFacts, runCommandLine } from "./base-command.ts";
export { addCompletion, addExamples } from "./common-commands.ts";
export { type ExitCode, exitCode, exitCodeOfDamage, stepAfterUnpacking } from "./exit-codes.ts";
export { addFilterOptions, type FilterNames, parseFilters, repeatable } from "./filter-options.ts";
export {
  type FilteredHead,
  type FilterOption,
  type FilterRule,
  type FilterSettings,
  filterableTypes,
  filterOptions,
  KeyFilter,
  type NumberRange,
  parseFilter,
} from "./filters.ts";
export type { Host } from "./host.ts";
export { parseCount } from "./option-values.ts";
export { BrokenPipe, refuseExisting, type Write, writeOutputFile, writerOf } from "./outputs.ts";
export { formatKey, formatOffset } from "./places.ts";
export { Interrupted, Problem, type ProblemOptions, problemText, UsageError } from "./problems.ts";
export { exitWith, processArguments, processHost } from "./process-host.ts";
export { createProgress, type Progress, type ProgressChoice, type ProgressOptions } from "./progress.ts";
export { parseRename, type Rename, renamed } from "./renames.ts";
export {
  formatCount,
  formatDuration,
  formatShare,
  formatSize,
  formatTime,
  parseDuration,
  parseSize,
} from "./sizes-and-times.ts";
export { openSpooled, type SpooledInput } from "./spooled-input.ts";
export {
  type ColorChoice,
  type ColorEnvironment,
  type Screen,
  type Style,
  styleFor,
} from "./terminal/style.ts";
export {
  type Cell,
  type Column,
  type IndentedBytes,
  renderBar,
  renderFacts,
  renderTable,
} from "./terminal/table.ts";
