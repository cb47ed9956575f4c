/** The parts of a consumer group and of what a stream remembers of its producers, as an RDB has them, in its order. */
import { ByteSlice, type StreamPart } from "@holdfast/rdb";
import { bytesOf } from "../latin1.ts";
import type { ConsumerGroup } from "./consumer-group.ts";
import { streamIdOf } from "./entry-id.ts";
import type { Idempotency } from "./idempotency.ts";

/** The group, what is pending, its consumers each with what it owns, and what was handed back. */
export function* groupParts(group: ConsumerGroup): Generator<StreamPart> {
  const { name, lastDeliveredId, entriesRead } = group;
  yield { kind: "group", name: slice(name), lastDeliveredId: streamIdOf(lastDeliveredId), entriesRead };
  for (const { id, deliveredAtMs, deliveryCount } of group.pendingEntries())
    yield { kind: "pending", id: streamIdOf(id), deliveredAtMs, deliveryCount };
  const owned = group.pendingIdsByConsumer();
  for (const consumer of group.consumers()) {
    const { seenAtMs, activeAtMs = -1 } = consumer;
    yield { kind: "consumer", name: slice(consumer.name), seenAtMs, activeAtMs };
    for (const id of owned.get(consumer.number) ?? []) yield { kind: "owned", id: streamIdOf(id) };
  }
  for (const id of group.nackZone) yield { kind: "nacked", id: streamIdOf(id) };
}

/** The settings, each producer with its ids, and the totals. */
export function* idempotencyParts(idempotency: Idempotency): Generator<StreamPart> {
  const { durationSec, entriesMax, added, duplicates } = idempotency;
  yield { kind: "idmp", durationSec, entriesMax };
  for (const [producer, ids] of idempotency.producers()) {
    yield { kind: "producer", id: slice(producer) };
    for (const [iid, id] of ids) yield { kind: "idempotency", iid: slice(iid), id: streamIdOf(id) };
  }
  yield { kind: "idmp-totals", added, duplicates };
}

function slice(text: string): ByteSlice {
  return ByteSlice.of(bytesOf(text));
}
