/** Lines for people: each event in words, and no line again and again for a replica that gets nowhere. */
import { Readable } from "node:stream";
import { BrokenPipe } from "@holdfast/command-line";
import { nodePlatform } from "@holdfast/platform";
import { describe, expect, test } from "vitest";
import type { ServeEvent } from "./serve-events.ts";
import { eventLine } from "./serve-lines.ts";
import { type ServeFormat, ServeOutput } from "./serve-output.ts";

function outputOf(
  format: ServeFormat = "text",
  writeOut: (bytes: Uint8Array) => Promise<void> = async () => {},
) {
  const lines: string[] = [];
  const screen = { isTerminal: false, columns: undefined };
  const host = {
    ...nodePlatform(),
    passwords: {},
    temporaryDirectory: "/tmp",
    stdin: Readable.from([]),
    writeOut,
    writeErr: (text: string) => void lines.push(text.trimEnd()),
    stdoutScreen: screen,
    stderrScreen: screen,
    colors: { noColor: undefined, forceColor: undefined },
    signal: new AbortController().signal,
  };
  return { output: new ServeOutput(host, format), lines };
}

const replica = "10.0.0.7:6379";
const asks: ServeEvent = { event: "resync", replica, kind: "full", why: "asked" };
const fails: ServeEvent = {
  event: "left",
  replica,
  hadAll: false,
  code: "RESYNC_CLOSED",
  detail: "it ended",
};

describe("lines of serve", () => {
  test.each<[ServeEvent, string | undefined]>([
    [asks, "10.0.0.7:6379: full resync, it has nothing yet"],
    [{ event: "resync", replica, kind: "partial", fromOffset: 12 }, "10.0.0.7:6379: goes on at offset 12"],
    [
      { event: "snapshot-sent", replica, sizeBytes: 3 << 20, ms: 1500 },
      "10.0.0.7:6379: snapshot sent, 3.0 MiB in 1s, 2.0 MiB/s",
    ],
    [{ event: "complete", replica, offset: 77, count: 1 }, "10.0.0.7:6379: has all of it, offset 77"],
    [fails, "10.0.0.7:6379: left: it ended"],
    [{ ...fails, hadAll: true }, "10.0.0.7:6379: left with all of it: it ended"],
    [{ event: "refused", replica: "10.0.0.7", detail: "no password" }, "10.0.0.7: refused: no password"],
    [
      { event: "progress", replica, sentBytes: 1 << 20, totalBytes: 3 << 20 },
      "10.0.0.7:6379: 33 % of 3.0 MiB sent",
    ],
    [{ event: "done", outcome: "timeout", complete: 0, wanted: 1, dataEndOffset: 1 }, undefined],
  ])("say %o", (event, line) => expect(eventLine(event)).toBe(line));

  test("are told at the 1st, 2nd, 4th and 8th attempt that comes to nothing, and anew when one came to something", () => {
    const { output, lines } = outputOf();
    const attempts: number[] = [];
    for (let attempt = 1; attempt <= 10; attempt++) {
      for (const event of [asks, fails]) output.emit(event);
      if (lines.splice(0).length > 0) attempts.push(attempt);
    }
    expect(attempts).toEqual([1, 2, 4, 8]);
    output.emit({ event: "complete", replica, offset: 1, count: 1 });
    lines.length = 0;
    output.emit(asks);
    expect(lines).toHaveLength(1);
  });

  test("tell of another reason at once, and of other replicas whatever one does", () => {
    const { output, lines } = outputOf();
    for (let attempt = 0; attempt < 3; attempt++) output.emit(fails);
    output.emit({ ...fails, detail: "something else" });
    output.emit({ ...fails, replica: "10.0.0.8:6379" });
    expect(lines).toEqual([
      "holdfast: 10.0.0.7:6379: left: it ended",
      "holdfast: 10.0.0.7:6379: left: it ended",
      "holdfast: 10.0.0.7:6379: left: something else",
      "holdfast: 10.0.0.8:6379: left: it ended",
    ]);
  });

  test("leave every event as an object, and tell when nobody reads them any more", async () => {
    const written: string[] = [];
    const { output, lines } = outputOf(
      "ndjson",
      async (bytes) => void written.push(Buffer.from(bytes).toString()),
    );
    for (let attempt = 0; attempt < 5; attempt++) output.emit(fails);
    await output.flush();
    expect(lines).toEqual([]);
    expect(written.map((text) => JSON.parse(text).event)).toEqual(Array(5).fill("left"));
    const closed = outputOf("ndjson", () => Promise.reject(new BrokenPipe("the reader has gone"))).output;
    closed.emit(fails);
    await expect(closed.failure).rejects.toThrow(BrokenPipe);
  });
});
