/**
 * Where the writers keep things, behind what the lane of `rdb` needs:
 *
 *   LABELS       8 KiB     address and size of the text for a type and the form of a string, by 4 * number + form
 *   LABEL_TEXTS  24 KiB    those texts, written by JavaScript
 *   SLOTS        512 B     the table of CRC-16
 *   PRICES       32 KiB    estimated memory of each row, written by JavaScript
 *   OUT          16 MiB    what is written
 */

import { LANE_END, ROWS_MAX, SLACK_BYTES } from "../../../packages/rdb/assembly/memory";

export const LABELS: usize = (LANE_END + 15) & ~(<usize>15);
export const LABEL_TEXTS: usize = LABELS + 8192;
export const SLOTS: usize = LABEL_TEXTS + 24576;
export const PRICES: usize = SLOTS + 512;
export const OUT: usize = PRICES + <usize>ROWS_MAX * 8;
export const OUT_END: usize = OUT + (16 << 20);
/** Behind OUT_END; loops may write there without meaning. */
export const MEMORY_END: usize = OUT_END + SLACK_BYTES;
