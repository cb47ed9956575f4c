/**
 * How text looks: width and colours, decided once.
 *
 * Colour carries no meaning of its own: everything reads the same without it. Headings are bold, labels
 * dim, good green, doubtful yellow, bad red.
 */
import pc from "picocolors";

export type ColorChoice = "auto" | "always" | "never";

type Paint = (text: string) => string;

export interface Style {
  /** Columns to fill at most. */
  readonly width: number;
  readonly bold: Paint;
  readonly dim: Paint;
  readonly good: Paint;
  readonly doubtful: Paint;
  readonly bad: Paint;
  readonly accent: Paint;
}

/** Where text goes, as far as looks depend on it. */
export interface Screen {
  readonly isTerminal: boolean;
  /** Undefined when it is no terminal. */
  readonly columns: number | undefined;
}

/** Environment variables that decide about colour, as they are: see no-color.org and force-color.org. */
export interface ColorEnvironment {
  readonly noColor: string | undefined;
  readonly forceColor: string | undefined;
}

/** Columns when nobody says how many. */
const defaultWidth = 80;
const widthMin = 40;
/** Wider lines are hard to follow. */
const widthMax = 160;

export function styleFor(screen: Screen, choice: ColorChoice, environment: ColorEnvironment): Style {
  const colors = pc.createColors(wantsColor(screen, choice, environment));
  return {
    width: Math.min(widthMax, Math.max(widthMin, screen.columns ?? defaultWidth)),
    bold: colors.bold,
    dim: colors.dim,
    good: colors.green,
    doubtful: colors.yellow,
    bad: colors.red,
    accent: colors.cyan,
  };
}

function wantsColor(screen: Screen, choice: ColorChoice, environment: ColorEnvironment): boolean {
  if (choice !== "auto") return choice === "always";
  if (environment.noColor !== undefined && environment.noColor !== "") return false;
  if (environment.forceColor !== undefined && environment.forceColor !== "")
    return environment.forceColor !== "0";
  return screen.isTerminal;
}
