/**
 * Which commands of a stream are about the stream and its servers, and not about data.
 *
 *   PING, REPLCONF …                        between primary and replica
 *   PUBLISH __sentinel__:hello …            between Sentinels: where their primary is
 *
 * Chained replicas get all of it, because every byte counts. Whoever passes commands on to another deployment must leave it out: a hello
 * message that gets there makes two sets of Sentinels believe that they watch one set of servers.
 * Source: replicationFeedSlaves() and pubsub.c of Redis 7.0; sentinel.c for the channel.
 */

const SENTINEL_CHANNEL = "__sentinel__:hello";

export type StreamCommandKind = "data" | "link" | "sentinel-hello";

/** What a command is about; `args` as a CommandBatch gives them, the name first. */
export function streamCommandKind(args: readonly Uint8Array[]): StreamCommandKind {
  const name = lowerCase(args[0]);
  if (name === "ping" || name === "replconf") return "link";
  const isPublish = (name === "publish" || name === "spublish") && args.length > 1;
  return isPublish && Buffer.from(args[1]).toString("latin1") === SENTINEL_CHANNEL
    ? "sentinel-hello"
    : "data";
}

/** Names are short: what is longer is none of these. */
function lowerCase(name: Uint8Array): string {
  return name.length > 16 ? "" : Buffer.from(name).toString("latin1").toLowerCase();
}
