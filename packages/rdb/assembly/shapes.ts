/** What the lane can do with a value type; src/lane.ts maps the rows of the format to these numbers. */

export const STRING: i32 = 1;
/** A count, then so many strings. */
export const LIST: i32 = 2;
/** The same, and no string stands twice. */
export const SET: i32 = 3;
/** A count, then so many fields and values. */
export const HASH: i32 = 4;
/** A count, then so many members, each with a binary double. */
export const ZSET: i32 = 5;
export const LISTPACK_SET: i32 = 6;
export const LISTPACK_HASH: i32 = 7;
export const LISTPACK_ZSET: i32 = 8;
export const ZIPLIST_LIST: i32 = 9;
export const ZIPLIST_HASH: i32 = 10;
export const ZIPLIST_ZSET: i32 = 11;
export const INTSET_SET: i32 = 12;
/** A count, then so many ziplists. */
export const ZIPLIST_QUICKLIST: i32 = 13;
/** A count, then so many nodes: a container, then a listpack or one plain string. */
export const QUICKLIST: i32 = 14;
/** Nodes, counters and groups with their pending entries, in the three forms up to RDB 12. */
export const STREAM: i32 = 15;
export const STREAM_2: i32 = 16;
export const STREAM_3: i32 = 17;

export const QUICKLIST_PLAIN: usize = 1;
export const QUICKLIST_PACKED: usize = 2;
