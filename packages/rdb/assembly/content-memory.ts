/**
 * What the kernel for fingerprints of content keeps behind what every lane has:
 *
 *   CONTENT    32 KiB    eight words a row: four of the key, four of key and content (src/content/content-lane.ts)
 *   DIGITS     32 B      an integer's decimal text
 *   FIELDS     64 KiB    states of the field names that the entries of a stream's node share
 */

import { LANE_END, ROWS_MAX } from "./memory";

export const CONTENT: usize = (LANE_END + 15) & ~(<usize>15);
export const CONTENT_ROW_BYTES: usize = 32;
export const DIGITS: usize = CONTENT + <usize>ROWS_MAX * CONTENT_ROW_BYTES;
export const FIELDS: usize = DIGITS + 32;
/** Entries with more fields are left to JavaScript. */
export const FIELDS_MAX: i64 = 4096;
