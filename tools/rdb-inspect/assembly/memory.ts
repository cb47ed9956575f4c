/**
 * Where the writers keep things, behind what the lane of `rdb` needs:
 *
 *   LABELS       8 KiB     address and size of the text for a type and the form of a string, by 4 * number + form
 *   LABEL_TEXTS  24 KiB    those texts, written by JavaScript
 *   SLOTS        512 B     the table of CRC-16
 *   PRICES       8 KiB     estimated memory of each row, written by JavaScript
 *   OUT          12 MiB    what is written
 *
 * or, in the place of OUT, what the summary adds up (tally.ts):
 *
 *   STRING_PRICES  1 MiB     estimates of string keys that JavaScript made, by sizes
 *   PAIR_PRICES    256 KiB   estimates of keys with a trace of two numbers, each with what it is for
 *   MEMBER_COSTS   32 KiB    costs of members by their length, of sets and then of sorted sets
 *   FIELD_COSTS    512 KiB   costs of fields by the lengths of field and value
 *   GROUPS         40 KiB    five sums for each type and form of a string, by 4 * number + form
 *   LIVES          64 B      keys by what is left of their life
 *   SEPARATORS …   2.5 MiB   the arrays of src/prefix-table.ts, one behind the other
 *
 * An instance does one or the other. With more than 64 MiB in all, the engine collects garbage at once, which takes 20 ms.
 */

import { LANE_END, ROWS_MAX } from "../../../packages/rdb/assembly/memory";

export const LABELS: usize = (LANE_END + 15) & ~(<usize>15);
export const LABEL_TEXTS: usize = LABELS + 8192;
export const SLOTS: usize = LABEL_TEXTS + 24576;
export const PRICES: usize = SLOTS + 512;
export const OUT: usize = PRICES + <usize>ROWS_MAX * 8;
/** Behind it, loops may write without meaning for SLACK_BYTES. */
export const OUT_END: usize = OUT + (12 << 20);

export const STRING_PRICES: usize = OUT;
/** Longer names and texts are priced by JavaScript each time. */
export const PRICED_KEY_BYTES: u32 = 64;
export const PRICED_TEXT_BYTES: u32 = 1024;
export const PAIR_PRICES: usize = STRING_PRICES + 4 * 4 * <usize>(PRICED_KEY_BYTES * PRICED_TEXT_BYTES);
export const PAIR_PRICE_BITS: u32 = 14;
export const MEMBER_COSTS: usize = PAIR_PRICES + ((<usize>16) << PAIR_PRICE_BITS);
/** Longer ones are asked for each time. */
export const MEMBER_BYTES_MAX: u32 = 2048;
export const FIELD_COSTS: usize = MEMBER_COSTS + 2 * 8 * <usize>MEMBER_BYTES_MAX;
export const FIELD_BYTES_MAX: u32 = 64;
export const VALUE_BYTES_MAX: u32 = 1024;
export const GROUPS: usize = FIELD_COSTS + 8 * <usize>(FIELD_BYTES_MAX * VALUE_BYTES_MAX);
export const GROUP_BYTES: usize = 40;
export const LIVES: usize = GROUPS + 1024 * GROUP_BYTES;
export const SEPARATORS: usize = LIVES + 64;
export const HINTS: usize = SEPARATORS + 256;
export const PREFIXES_MAX: usize = 8192;
export const MARKS: usize = HINTS + 8192;
export const SUMS: usize = MARKS + PREFIXES_MAX * 16;
export const TEXTS: usize = SUMS + PREFIXES_MAX * 48;
export const TEXT_BYTES: usize = 2 << 20;
