/**
 * Rows of text in columns, for a terminal and for Markdown.
 *
 * Cells are plain ASCII and a few signs one column wide, so a character is a column. A terminal cell may be
 * painted after it was padded, so that colour does not move anything.
 */

export interface Column {
  readonly title: string;
  readonly align: "left" | "right";
}

/** Paints a padded cell; `text` is the cell without padding. */
export type Paint = (padded: string, text: string) => string;

/** Lines with two spaces between columns and none at the end; the first one is the titles. */
export function terminalTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  paint: Paint = (padded) => padded,
): string[] {
  const titles = columns.map(({ title }) => title);
  const widths = columns.map((_, index) => Math.max(...[titles, ...rows].map((row) => row[index].length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((text, index) => {
        const isLast = index === cells.length - 1;
        if (columns[index].align === "right") return paint(text.padStart(widths[index]), text);
        return paint(isLast ? text : text.padEnd(widths[index]), text);
      })
      .join("  ")
      .trimEnd();
  return [titles, ...rows].map(line);
}

/** A Markdown table, one line a row. */
export function markdownTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    line(columns.map(({ title }) => title)),
    line(columns.map(({ align }) => (align === "right" ? "---:" : "---"))),
    ...rows.map(line),
  ];
}
