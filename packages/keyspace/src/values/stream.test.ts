/** Streams against a plain model: entries, pending entries, forks that must not notice each other, and the way through events. */
import { crc64 } from "@holdfast/bytes";
import { type SeededRandom, seededRandom, testSeed } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { KeyspaceError } from "../errors.ts";
import { ConsumerGroup, nobody } from "../streams/consumer-group.ts";
import { type EntryId, entryIdOf, idMin, idText } from "../streams/entry-id.ts";
import { Idempotency } from "../streams/idempotency.ts";
import { StreamValue } from "./stream.ts";

const idOf = (ms: number, seq = 0) => entryIdOf({ ms: BigInt(ms), seq: BigInt(seq) });

/** All that can be seen of a stream; fields by their checksums. */
function described(stream: StreamValue): unknown {
  return {
    rows: [...stream.rows()].map(
      ({ id, fields }) => `${idText(id)} ${fields.map((field) => crc64(field.view()))}`,
    ),
    counters: [stream.length, idText(stream.lastId), idText(stream.maxDeletedId), stream.entriesAdded],
    groups: stream.groups().map((group) => ({
      name: group.name,
      lastId: idText(group.lastDeliveredId),
      read: group.entriesRead,
      pending: [...group.pendingEntries()].map(({ id, deliveryCount }) => `${idText(id)} ${deliveryCount}`),
      consumers: group.consumers().map(({ name, number }) => [name, group.pendingIdsOf(number).map(idText)]),
      nacked: group.nackZone.map(idText),
    })),
    idempotency: stream.idempotency?.producers().map(([name, ids]) => [name, [...ids]]),
  };
}

function reloaded(stream: StreamValue): StreamValue {
  const loaded = new StreamValue();
  for (const { items } of stream.batches()) loaded.load(items);
  return loaded;
}

/** A change drawn from chance; ids that are not there are named as well. */
function change(stream: StreamValue, random: SeededRandom, nextMs: () => number): void {
  const anyId = (): EntryId => idOf(1 + random.below(nextMs()));
  const group = stream.group("g");
  switch (random.below(group === undefined ? 6 : 10)) {
    case 0:
      stream.delete(anyId());
      break;
    case 1:
      if (random.below(9) === 0) stream.trimToLength(random.below(stream.length + 2), "keepref");
      break;
    case 2:
      if (random.below(9) === 0) stream.trimBelow(anyId(), random.pick(["keepref", "delref", "acked"]));
      break;
    case 3:
      if (group === undefined) stream.addGroup(new ConsumerGroup("g", idMin, 0n));
      break;
    case 6: {
      const consumer = group!.consumer("c") ?? group!.addConsumer("c", 1);
      group!.setPending(anyId(), {
        deliveredAtMs: 5,
        deliveryCount: random.below(9),
        consumer: consumer.number,
      });
      break;
    }
    case 7:
      group!.removePending(anyId());
      break;
    case 8:
      group!.lastDeliveredId = anyId();
      break;
    case 9:
      if (random.below(30) === 0) group!.removeConsumer("c");
      break;
    default: {
      const names = random.pick([["a"], ["a", "b"], ["x"]]);
      const size = random.below(40) === 0 ? 20_000 : random.below(60);
      stream.append(
        idOf(nextMs()),
        names.flatMap((name) => [Buffer.from(name), random.bytes(size)]),
      );
    }
  }
}

test("a fork and its original change without noticing each other, and both survive the way through events", () => {
  const random = seededRandom(testSeed());
  let ms = 1;
  const nextMs = () => (ms += 1);
  let stream = new StreamValue();
  for (let round = 0; round < 60; round++) {
    const before = described(stream);
    const frozen = stream.clone();
    for (let step = 0; step < 60; step++) change(stream, random, nextMs);
    expect(described(frozen)).toEqual(before);
    const now = described(stream);
    for (let step = 0; step < 20; step++) change(frozen, random, nextMs);
    expect(described(stream)).toEqual(now);
    expect(described(reloaded(stream))).toEqual(now);
    if (random.below(4) === 0) stream = frozen;
  }
});

test("entries are what a list of them would be, page borders or not", () => {
  const random = seededRandom(testSeed());
  const stream = new StreamValue();
  let model: string[] = [];
  const numberOf = (text: string) => Number(text.split("-")[0]);
  for (let ms = 1; ms <= 6000; ms++) {
    stream.append(idOf(ms), [Buffer.from("f"), Buffer.from(String(ms))]);
    model.push(`${ms}-0`);
    const old = 1 + random.below(ms);
    const draw = random.below(900);
    if (draw < 300) {
      expect(stream.delete(idOf(old))).toBe(model.includes(`${old}-0`));
      model = model.filter((text) => text !== `${old}-0`);
    } else if (draw < 302) {
      const left = random.below(model.length + 10);
      expect(stream.trimToLength(left, "keepref")).toBe(Math.max(0, model.length - left));
      model = left === 0 ? [] : model.slice(-left);
    } else if (draw < 304) {
      const kept = model.filter((text) => numberOf(text) >= old);
      expect(stream.trimBelow(idOf(old), "keepref")).toBe(model.length - kept.length);
      model = kept;
    }
    if (ms % 500 !== 0) continue;
    expect([...stream.rows()].map(({ id }) => idText(id))).toEqual(model);
    expect(stream.length).toBe(model.length);
    const from = idOf(old);
    expect([...stream.rows(from)].map(({ id }) => idText(id))).toEqual(
      model.filter((text) => numberOf(text) >= old),
    );
    expect(stream.has(from)).toBe(model.includes(`${old}-0`));
  }
});

test("pending entries are found wherever they come in", () => {
  const random = seededRandom(testSeed());
  const group = new ConsumerGroup("g", idMin, undefined);
  const model = new Map<EntryId, number>();
  for (let step = 0; step < 5000; step++) {
    const id = idOf(random.below(1500));
    if (random.below(3) === 0) {
      expect(group.removePending(id)).toBe(model.delete(id));
    } else {
      group.setPending(id, { deliveredAtMs: step, deliveryCount: step, consumer: step % 3 });
      model.set(id, step);
    }
  }
  const listed = [...group.pendingEntries()].map(({ id, deliveryCount }) => [id, deliveryCount]);
  expect(listed).toEqual([...model].sort(([first], [second]) => (first < second ? -1 : 1)));
  expect(group.pendingCount).toBe(model.size);
  for (const [id, step] of model) expect(group.pending(id)?.deliveredAtMs).toBe(step);
});

test("an acked entry goes, one that a group has not read or not acknowledged stays", () => {
  const stream = new StreamValue();
  for (const ms of [1, 2, 3, 4]) stream.append(idOf(ms), [Buffer.from("f"), Buffer.from("v")]);
  const group = new ConsumerGroup("g", idOf(3), undefined);
  stream.addGroup(group);
  group.setPending(idOf(2), { deliveredAtMs: 1, deliveryCount: 1, consumer: nobody });
  expect(stream.trimToLength(0, "acked")).toBe(2);
  expect([...stream.rows()].map(({ id }) => idText(id))).toEqual(["2-0", "4-0"]);
  expect(stream.trimToLength(0, "delref")).toBe(2);
  expect(group.pendingCount).toBe(0);
});

test("the row of the type table is the least that holds what the stream has", () => {
  const stream = new StreamValue();
  expect(stream.rowName).toBe("STREAM_LISTPACKS_3");
  stream.idempotency = new Idempotency();
  expect(stream.rowName).toBe("STREAM_LISTPACKS_4");
  const group = new ConsumerGroup("g", idMin, undefined);
  stream.addGroup(group);
  group.setPending(idOf(1), { deliveredAtMs: 1, deliveryCount: 1, consumer: nobody });
  group.nackZone.push(idOf(1));
  expect(stream.rowName).toBe("STREAM_LISTPACKS_5");
  expect(described(reloaded(stream))).toEqual(described(stream));
});

test("a base that contradicts itself is refused", () => {
  const id = { ms: 1n, seq: 0n };
  const name = { buffer: Buffer.from("n"), start: 0, end: 1, view: () => Buffer.from("n") } as never;
  const group = { kind: "group", name, lastDeliveredId: id, entriesRead: undefined } as const;
  const consumer = { kind: "consumer", name, seenAtMs: 1, activeAtMs: undefined } as const;
  const pending = { kind: "pending", id, deliveredAtMs: 1, deliveryCount: 1 } as const;
  const owned = { kind: "owned", id } as const;
  const entry = { kind: "entry", id, fields: [] } as const;
  const contradictions = [
    [entry, entry],
    [group, group],
    [group, pending, pending],
    [group, consumer, consumer],
    [group, consumer, owned],
    [group, pending, consumer, owned, owned],
    [group, { kind: "nacked", id } as const],
  ];
  for (const parts of contradictions) {
    const stream = new StreamValue();
    const load = () => stream.load({ of: "stream", parts });
    expect(load).toThrow(expect.objectContaining({ code: "KEYSPACE_BAD_STREAM" }));
  }
  expect(() => new StreamValue().load({ of: "stream", parts: [pending] })).toThrow(KeyspaceError);
  expect(() => new StreamValue().load({ of: "elements", elements: [] })).toThrow(
    expect.objectContaining({ code: "KEYSPACE_EVENTS" }),
  );
});
