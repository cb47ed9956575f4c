/** What some options choose from, apart from what does it: to parse a command line, no more is loaded. */

/** What can be left out of a comparison. */
export const ignorable = ["ttl", "groups", "functions"] as const;

/** What keys can be ordered by. */
export const keyOrders = ["memory", "size", "elements", "ttl", "idle", "freq"] as const;
export type KeyOrder = (typeof keyOrders)[number];
