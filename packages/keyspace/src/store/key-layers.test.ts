import fc from "fast-check";
import { expect, test } from "vitest";
import { textOfSlice } from "../latin1.ts";
import { type BytesValue, textOfString } from "../values/bytes-value.ts";
import { SetValue } from "../values/set-value.ts";
import type { Value } from "../values/value.ts";
import { type FrozenKeys, KeyLayers } from "./key-layers.ts";
import { Records } from "./records.ts";
import { Slabs } from "./slabs.ts";

interface Held {
  /** The text, or the members. */
  readonly value: string | readonly string[];
  readonly expireAtMs: number | undefined;
}

const ops = ["text", "add", "remove", "take", "expire", "freeze", "release", "read half"] as const;
const steps = fc.array(
  fc.record({
    op: fc.constantFrom("text", "add", "add", ...ops),
    key: fc.constantFrom("a", "b", "c", "d", "e", `long ${"x".repeat(9000)}`),
    number: fc.nat(99),
  }),
  { maxLength: 80 },
);

/** Members of a set, and of a string its text: a long one is an object. */
function shown(value: Value): string | readonly string[] {
  return value instanceof SetValue ? [...value.members()] : textOfString(value as string | BytesValue);
}

function contentOf(records: Records, keys: Pick<FrozenKeys, "entries">): Map<string, Held> {
  const content = new Map<string, Held>();
  for (const { key, record, expireAtMs } of keys.entries()) {
    const name = textOfSlice(key);
    expect(content.has(name)).toBe(false);
    content.set(name, { value: shown(records.valueOf(record)), expireAtMs });
  }
  return content;
}

/** Puts a member into the set under the key, as Database does: a shared one is copied first. */
function add(layers: KeyLayers, key: string, member: string): readonly string[] {
  const record = layers.find(key);
  const found = record === 0 ? undefined : layers.records.objectOf(record);
  let set = found instanceof SetValue ? found : undefined;
  if (set === undefined || !layers.isOwned) {
    set = set === undefined ? new SetValue(layers.records.slabs) : set.clone();
    layers.putObject(set);
  }
  set.add(member);
  return [...set.members()];
}

test("frozen keys are what they were, whatever is written, frozen, read and released in any order; in the end nothing is used", () => {
  fc.assert(
    fc.property(steps, (script) => {
      const slabs = new Slabs();
      const records = new Records(slabs);
      const layers = new KeyLayers(records, [1, 2]);
      const model = new Map<string, Held>();
      const frozen: { readonly view: FrozenKeys; readonly content: ReadonlyMap<string, Held> }[] = [];
      const halfRead: IterableIterator<unknown>[] = [];
      for (const { op, key, number } of script) {
        const before = model.get(key);
        if (op === "text") {
          layers.find(key);
          layers.putText(`text ${number}`);
          model.set(key, { value: `text ${number}`, expireAtMs: before?.expireAtMs });
        } else if (op === "add") {
          const value = add(layers, key, `member ${number % 5}`);
          model.set(key, { value, expireAtMs: before?.expireAtMs });
        } else if (op === "remove" || op === "take") {
          const isThere = layers.find(key) !== 0;
          expect(isThere).toBe(model.delete(key));
          if (isThere && op === "remove") layers.remove();
          if (isThere && op === "take") {
            const taken = layers.take();
            expect(shown(taken)).toEqual(before?.value);
            if (taken instanceof SetValue) taken.dispose();
          }
        } else if (op === "expire" && layers.find(key) !== 0) {
          const expireAtMs = number % 3 === 0 ? undefined : number;
          layers.setExpiry(expireAtMs);
          model.set(key, { value: before!.value, expireAtMs });
        } else if (op === "freeze") frozen.push({ view: layers.freeze(), content: new Map(model) });
        else if (op === "release" && frozen.length > 0)
          frozen.splice(number % frozen.length, 1)[0].view.release();
        else if (op === "read half" && frozen.length > 0) {
          const entries = frozen[number % frozen.length].view.entries();
          entries.next();
          halfRead.push(entries);
          if (halfRead.length > 2) halfRead.shift()!.return?.();
        }
        expect(layers.size).toBe(model.size);
        const record = layers.find(key);
        expect(record === 0 ? undefined : shown(records.valueOf(record))).toEqual(model.get(key)?.value);
        expect(layers.expireAtMs()).toBe(model.get(key)?.expireAtMs);
        for (const { view, content } of frozen) {
          expect(contentOf(records, view)).toEqual(content);
          expect(view.size).toBe(content.size);
          expect(view.expiryCount).toBe([...content.values()].filter((held) => held.expireAtMs).length);
        }
      }
      for (const entries of halfRead) entries.return?.();
      expect(contentOf(records, layers)).toEqual(model);
      layers.abandon();
      for (const { view, content } of frozen) expect(contentOf(records, view)).toEqual(content);
      for (const { view } of frozen) view.release();
      expect(slabs.usedBytes).toBe(0);
    }),
    { numRuns: 400 },
  );
});

test("a value is owned from its first writing after a freeze until the next one", () => {
  const layers = new KeyLayers(new Records(new Slabs()), [1, 2]);
  add(layers, "a", "member");
  layers.find("a");
  expect(layers.isOwned).toBe(true);
  const frozen = layers.freeze();
  layers.find("a");
  expect(layers.isOwned).toBe(false);
  layers.setExpiry(7);
  expect(layers.isOwned).toBe(false);
  add(layers, "a", "other");
  layers.find("a");
  expect(layers.isOwned).toBe(true);
  frozen.release();
  layers.find("a");
  expect(layers.isOwned).toBe(true);
});
