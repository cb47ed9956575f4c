/**
 * Where the writers keep things, behind what the lane of `rdb` needs:
 *
 *   LABELS       8 KiB     address and size of the text for a type and the form of a string, by 4 * number + form
 *   LABEL_TEXTS  24 KiB    those texts, written by JavaScript
 *   SLOTS        512 B     the table of CRC-16
 *   PRICES       32 KiB    estimated memory of each row, written by JavaScript
 *   OUT          16 MiB    what is written
 *
 * and what the summary adds up (tally.ts):
 *
 *   STRING_PRICES  1 MiB     estimates of string keys that JavaScript made, by sizes
 *   GROUPS         40 KiB    five sums for each type and form of a string, by 4 * number + form
 *   LIVES          64 B      keys by what is left of their life
 *   SEPARATORS …   2.5 MiB   the arrays of src/prefix-table.ts, one behind the other
 */

import { LANE_END, ROWS_MAX, SLACK_BYTES } from "../../../packages/rdb/assembly/memory";

export const LABELS: usize = (LANE_END + 15) & ~(<usize>15);
export const LABEL_TEXTS: usize = LABELS + 8192;
export const SLOTS: usize = LABEL_TEXTS + 24576;
export const PRICES: usize = SLOTS + 512;
export const OUT: usize = PRICES + <usize>ROWS_MAX * 8;
export const OUT_END: usize = OUT + (16 << 20);

/** Behind OUT_END; loops may write there without meaning. */
export const STRING_PRICES: usize = OUT_END + SLACK_BYTES;
/** Longer names and texts are priced by JavaScript each time. */
export const PRICED_KEY_BYTES: u32 = 64;
export const PRICED_TEXT_BYTES: u32 = 1024;
export const GROUPS: usize = STRING_PRICES + 4 * 4 * <usize>(PRICED_KEY_BYTES * PRICED_TEXT_BYTES);
export const GROUP_BYTES: usize = 40;
export const LIVES: usize = GROUPS + 1024 * GROUP_BYTES;
export const SEPARATORS: usize = LIVES + 64;
export const HINTS: usize = SEPARATORS + 256;
export const PREFIXES_MAX: usize = 8192;
export const MARKS: usize = HINTS + 8192;
export const SUMS: usize = MARKS + PREFIXES_MAX * 16;
export const TEXTS: usize = SUMS + PREFIXES_MAX * 48;
export const TEXT_BYTES: usize = 2 << 20;
export const MEMORY_END: usize = TEXTS + TEXT_BYTES + SLACK_BYTES;
