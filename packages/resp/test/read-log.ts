/** Feeds a log decoder and writes down all that it gives, pieces put together again. */
import { LogDecoder, type LogDecoderOptions, type LogEvent, RespFormatError } from "../src/index.ts";
import type { Reading } from "./read-records.ts";

export interface LogReading extends Reading {
  /** Such as "RESP_BAD_NUMBER@35 in 31". */
  readonly deviations: string[];
}

/** Records such as "0: SET|k|v", "31~ SET|k|v" for a command in pieces and "62# #TS:1". */
export function readLog(chunks: Iterable<Uint8Array>, options: LogDecoderOptions): LogReading {
  const decoder = new LogDecoder({ poison: true, ...options });
  const reading = { records: [] as string[], deviations: [] as string[] };
  const gatherer = new Gatherer(reading);
  try {
    for (const chunk of chunks) {
      decoder.push(chunk);
      pull(decoder, gatherer);
    }
    decoder.end();
    pull(decoder, gatherer);
  } catch (error) {
    if (!(error instanceof RespFormatError)) throw error;
    return { ...reading, error, offset: decoder.offset };
  }
  return { ...reading, error: undefined, offset: decoder.offset };
}

/** How many bytes of arguments come in pieces for a header and so many bytes behind it, and how much memory that takes. */
readLog.sizes = (header: Uint8Array, sizeBytes: number) => {
  const decoder = new LogDecoder({ deviations: "refuse", argumentBytesMax: sizeBytes });
  const chunk = new Uint8Array(1 << 20);
  const before = process.memoryUsage().arrayBuffers;
  let pieceBytes = 0;
  let peakBytes = 0;
  const count = () => {
    for (let found = decoder.next(); found !== undefined; found = decoder.next())
      if (found.kind === "argument-piece") pieceBytes += found.bytes.length;
  };
  decoder.push(header);
  count();
  for (let sent = 0; sent < sizeBytes; sent += chunk.length) {
    decoder.push(chunk);
    count();
    peakBytes = Math.max(peakBytes, process.memoryUsage().arrayBuffers - before);
  }
  return { pieceBytes, peakBytes };
};

function pull(decoder: LogDecoder, gatherer: Gatherer): void {
  for (let found = decoder.next(); found !== undefined; found = decoder.next())
    if (found.kind !== "run") gatherer.take(found);
}

class Gatherer {
  readonly #reading: { readonly records: string[]; readonly deviations: string[] };
  #args: string[] = [];
  #argumentCount = 0;

  constructor(reading: { readonly records: string[]; readonly deviations: string[] }) {
    this.#reading = reading;
  }

  take(event: LogEvent): void {
    const { records, deviations } = this.#reading;
    switch (event.kind) {
      case "annotation":
        records.push(`${event.offset}# ${latin1(event.line)}`);
        break;
      case "commands":
        for (let command = 0; command < event.count; command++)
          records.push(`${event.offsetOf(command)}: ${event.args(command).map(latin1).join("|")}`);
        break;
      case "deviation":
        deviations.push(`${event.code}@${event.offset} in ${event.commandOffset}`);
        break;
      case "command-start":
        this.#args = [];
        this.#argumentCount = event.argumentCount;
        break;
      case "argument-piece": {
        const before = this.#args[event.index] ?? "";
        if (before.length !== event.before) throw new Error("a piece at the wrong place");
        this.#args[event.index] = before + latin1(event.bytes);
        if (event.last && this.#args[event.index].length !== event.sizeBytes) throw new Error("a wrong size");
        break;
      }
      case "command-end":
        if (this.#args.length !== this.#argumentCount) throw new Error("a wrong number of arguments");
        records.push(`${event.offset}~ ${this.#args.join("|")}`);
        break;
    }
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}
