/**
 * Rows of keys for people, each laid out on its own: columns have fixed widths, so that a list of any
 * length can be printed while the file is read. The key comes last and is cut to the line.
 *
 *   db  type    encoding    elements     in file      memory  expires     key
 *    0  hash    listpack          12       120 B       320 B  2d 4h       user:1001
 */

import { previewBytes } from "@holdfast/bytes";
import { formatCount, formatDuration, formatSize } from "@holdfast/command-line";
import type { KeyRow } from "../key-meter.ts";

/** How a row is written. */
export interface KeyLook {
  readonly format: "csv" | "ndjson" | "table";
  /** For tables: columns of the screen, and sizes as plain numbers. */
  readonly width: number;
  readonly isRaw: boolean;
  readonly nowMs: number;
}

interface FixedColumn {
  readonly title: string;
  readonly width: number;
  readonly align: "left" | "right";
  /** Shown only on screens of at least this many columns. */
  readonly screenMin: number;
  readonly text: (row: KeyRow, look: KeyLook) => string;
}

const columns: readonly FixedColumn[] = [
  { title: "db", width: 2, align: "right", screenMin: 0, text: (row) => String(row.db) },
  { title: "type", width: 6, align: "left", screenMin: 0, text: (row) => row.type },
  { title: "encoding", width: 9, align: "left", screenMin: 100, text: (row) => row.encoding },
  {
    title: "elements",
    width: 10,
    align: "right",
    screenMin: 0,
    text: (row) => (row.itemCount === undefined ? "-" : formatCount(row.itemCount)),
  },
  {
    title: "in file",
    width: 10,
    align: "right",
    screenMin: 100,
    text: (row, look) => size(row.sizeBytes, look),
  },
  {
    title: "memory",
    width: 10,
    align: "right",
    screenMin: 0,
    text: (row, look) => size(row.memoryBytes, look),
  },
  { title: "expires", width: 8, align: "right", screenMin: 0, text: expiryText },
  {
    title: "idle",
    width: 8,
    align: "right",
    screenMin: 120,
    text: (row) => (row.idleSec === undefined ? "-" : formatDuration(row.idleSec * 1000)),
  },
  {
    title: "freq",
    width: 4,
    align: "right",
    screenMin: 120,
    text: (row) => (row.frequency === undefined ? "-" : String(row.frequency)),
  },
];

const gap = "  ";
const keyWidthMin = 20;

/** The line above the rows, with its line end. */
export function tableHead(look: KeyLook): string {
  const shown = shownColumns(look);
  return `${shown.map((column) => placed(column.title, column)).join(gap)}${gap}key\n`;
}

/** One row with its line end. */
export function tableRow(row: KeyRow, look: KeyLook): string {
  let head = "";
  for (const column of columns)
    if (look.width >= column.screenMin) head += placed(column.text(row, look), column) + gap;
  const maxWidth = Math.max(keyWidthMin, look.width - head.length);
  return `${head}${previewBytes(row.key, { maxWidth })}\n`;
}

function shownColumns(look: KeyLook): readonly FixedColumn[] {
  return columns.filter((column) => look.width >= column.screenMin);
}

function placed(text: string, column: FixedColumn): string {
  return column.align === "right" ? text.padStart(column.width) : text.padEnd(column.width);
}

function size(sizeBytes: number, look: KeyLook): string {
  return look.isRaw ? formatCount(Math.round(sizeBytes)) : formatSize(sizeBytes);
}

function expiryText(row: KeyRow, look: KeyLook): string {
  if (row.expireAtMs === undefined) return "never";
  return row.expireAtMs <= look.nowMs ? "past" : formatDuration(row.expireAtMs - look.nowMs);
}
