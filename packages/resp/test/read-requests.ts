/** Feeds a request decoder and writes down all that it gives, copied at once. */
import { RequestDecoder, type RequestDecoderOptions } from "../src/index.ts";
import { type Reading, readAll } from "./read-records.ts";

/** Records such as "0: SET|k|v", "31! PING" for an inline command and "37." for bytes that ask for nothing. */
export function readRequests(chunks: Iterable<Uint8Array>, options: RequestDecoderOptions = {}): Reading {
  const decoder = new RequestDecoder({ poison: true, ...options });
  return readAll(chunks, decoder, (records) => pull(decoder, records));
}

function pull(decoder: RequestDecoder, records: string[]): void {
  for (let found = decoder.next(); found !== undefined; found = decoder.next()) {
    if (found.kind === "blank") records.push(`${found.offset}.`);
    else if (found.kind === "inline-command") records.push(`${found.offset}! ${words(found.args)}`);
    else
      for (let command = 0; command < found.count; command++)
        records.push(`${found.offsetOf(command)}: ${words(found.args(command))}`);
  }
}

function words(args: readonly Uint8Array[]): string {
  return args.map((arg) => Buffer.from(arg).toString("latin1")).join("|");
}
