/**
 * Tables of text: columns as wide as their content, one of them taking what is left of the line.
 *
 *   type     encoding        keys     memory   key
 *   hash     listpack      12,345    1.2 MiB   user:1001
 *
 * Widths are those on the screen (wide characters count two). When the line is too short, columns that
 * may go are left out, the least important first; the growing one is cut with an ellipsis at the end.
 */
import { stripVTControlCharacters } from "node:util";
import { displayWidth, previewBytes } from "@holdfast/bytes";
import type { Style } from "./style.ts";

export interface Column {
  readonly title: string;
  /** Default "left". */
  readonly align?: "left" | "right";
  /** Takes the rest of the line; its cells may be bytes. At most one column, and the last. */
  readonly grows?: boolean;
  /** May be left out on a narrow screen; the highest number goes first. */
  readonly dropOrder?: number;
  readonly paint?: (text: string) => string;
}

/** Text that is printed as it is, or bytes that are made readable in the room there is. */
export type Cell = string | Uint8Array | IndentedBytes;

/** Bytes of a tree: `indent` spaces in front of what is made readable. */
export interface IndentedBytes {
  readonly indent: number;
  readonly bytes: Uint8Array;
}

const gap = "  ";
/** Less than this is no use for a growing column: other columns go first. */
const growingMin = 20;

/** The lines of a table, head included, without line ends. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  style: Style,
  indent = 2,
): string[] {
  const widths = columns.map((column, index) =>
    column.grows === true ? growingMin : widestCell(column, rows, index),
  );
  const shown = columnsThatFit(columns, widths, style.width - indent);
  const used = shown.reduce(
    (sum, index) => sum + (columns[index].grows === true ? 0 : widths[index]) + gap.length,
    -gap.length,
  );
  const growingWidth = Math.max(growingMin, style.width - indent - used);
  const margin = " ".repeat(indent);
  const line = (cells: readonly Cell[], paintAll?: (text: string) => string) => {
    const parts = shown.map((index, place) => {
      const column = columns[index];
      const width = column.grows === true ? growingWidth : widths[index];
      const text = fitted(cells[index], column, width, place === shown.length - 1);
      return text.trim() === "" ? text : (paintAll ?? column.paint ?? identity)(text);
    });
    return (margin + parts.join(gap)).trimEnd();
  };
  return [
    line(
      columns.map((column) => column.title),
      style.dim,
    ),
    ...rows.map((cells) => line(cells)),
  ];
}

function identity(text: string): string {
  return text;
}

function widestCell(column: Column, rows: readonly (readonly Cell[])[], index: number): number {
  let widest = displayWidth(column.title);
  for (const cells of rows)
    widest = Math.max(widest, displayWidth(textOf(cells[index], Number.POSITIVE_INFINITY)));
  return widest;
}

/** Indexes of the columns that have room, after as many as needed were dropped. */
function columnsThatFit(columns: readonly Column[], widths: readonly number[], room: number): number[] {
  let shown = columns.map((_, index) => index);
  const total = () => shown.reduce((sum, index) => sum + widths[index] + gap.length, -gap.length);
  const droppable = shown
    .filter((index) => columns[index].dropOrder !== undefined)
    .sort((a, b) => (columns[b].dropOrder as number) - (columns[a].dropOrder as number));
  for (const index of droppable) {
    if (total() <= room) break;
    shown = shown.filter((other) => other !== index);
  }
  return shown;
}

function fitted(cell: Cell, column: Column, width: number, isLast: boolean): string {
  const text = textOf(cell, width);
  const padding = " ".repeat(Math.max(0, width - displayWidth(text)));
  if (column.align === "right") return padding + text;
  return isLast ? text : text + padding;
}

function textOf(cell: Cell, width: number): string {
  if (typeof cell === "string") return cell;
  if (cell instanceof Uint8Array) return previewBytes(cell, { maxWidth: Math.max(1, width) });
  return " ".repeat(cell.indent) + previewBytes(cell.bytes, { maxWidth: Math.max(1, width - cell.indent) });
}

/** Lines of `label  value`, the labels dim and of one width; long values are wrapped between words. */
export function renderFacts(
  facts: readonly (readonly [label: string, value: string])[],
  style: Style,
  indent = 2,
): string[] {
  const width = Math.max(...facts.map(([label]) => label.length));
  const margin = " ".repeat(indent);
  const room = style.width - indent - width - gap.length;
  return facts.flatMap(([label, value]) =>
    value
      .split("\n")
      .flatMap((part) => wrapped(part, room))
      .map((part, index) => `${margin}${style.dim((index === 0 ? label : "").padEnd(width))}${gap}${part}`),
  );
}

/** Colours take no room. A word that is too long for a line stays whole: it is meant to be copied. */
function wrapped(text: string, room: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line === "" || displayWidth(stripVTControlCharacters(longer)) <= room) line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

/** A horizontal bar for a share of 0 to 1, at most `width` cells, in eighths of a cell. */
export function renderBar(share: number, width: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * width * 8);
  const rest = eighths % 8;
  return "█".repeat(eighths >> 3) + (rest === 0 ? "" : " ▏▎▍▌▋▊▉"[rest]);
}
