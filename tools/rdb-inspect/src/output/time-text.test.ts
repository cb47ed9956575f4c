import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteSink } from "./byte-sink.ts";
import { writeTime } from "./time-text.ts";

function written(unixMs: number): string {
  const sink = new ByteSink();
  writeTime(sink, unixMs);
  sink.commit();
  return Buffer.from(sink.take() ?? []).toString();
}

test("a time is written as Date prints it, in every year of four digits", () => {
  const times = fc.date({
    min: new Date("0000-01-01T00:00:00Z"),
    max: new Date("9999-12-31T23:59:59.999Z"),
    noInvalidDate: true,
  });
  fc.assert(
    fc.property(times, (date) => {
      expect(written(date.getTime())).toBe(date.toISOString());
    }),
    {
      numRuns: 1000,
      examples: [[new Date("2000-02-29T23:59:59.999Z")], [new Date("1900-03-01T00:00:00Z")], [new Date(0)]],
    },
  );
});

test("a time beyond the calendar is written as its number of ms", () => {
  expect(written(2 ** 48)).toBe("281474976710656");
});
