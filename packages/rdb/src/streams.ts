/**
 * The async skin of the decoder: one await per chunk, never per event.
 */
import { RdbDecoder } from "./decoder.ts";
import type { RdbDecoderOptions } from "./decoder-options.ts";
import type { RdbEvent } from "./events.ts";

/** Events of one batch at most: what a batch borrows is held until the next is asked for. */
const batchEventsMax = 1024;

/**
 * Decodes a stream of chunks into batches of events. A batch is valid until the next one is asked for.
 * Throws RdbFormatError; what was read before has been handed over by then.
 */
export async function* decodeRdb(
  source: AsyncIterable<Uint8Array>,
  options?: RdbDecoderOptions,
): AsyncGenerator<readonly RdbEvent[], void, void> {
  const decoder = new RdbDecoder(options);
  for await (const chunk of source) {
    decoder.push(chunk);
    yield* batches(decoder);
  }
  decoder.end();
  yield* batches(decoder);
}

/** Decodes bytes in hand. An event is valid until the next one is asked for. Throws RdbFormatError. */
export function* decodeRdbBytes(
  bytes: Uint8Array,
  options?: RdbDecoderOptions,
): Generator<RdbEvent, void, void> {
  const decoder = new RdbDecoder({ totalBytes: bytes.length, ...options });
  decoder.push(bytes);
  yield* eventsOf(decoder);
  decoder.end();
  yield* eventsOf(decoder);
}

/** Everything the decoder can say without more bytes. */
function* eventsOf(decoder: RdbDecoder): Generator<RdbEvent, void, void> {
  for (let event = decoder.next(); event !== undefined; event = decoder.next()) yield event;
}

function* batches(decoder: RdbDecoder): Generator<readonly RdbEvent[], void, void> {
  let batch: RdbEvent[] = [];
  try {
    for (const event of eventsOf(decoder)) {
      batch.push(event);
      // A run of commands is much by itself, and lies where the next one will.
      if (batch.length < batchEventsMax && event.kind !== "commands") continue;
      yield batch;
      batch = [];
    }
  } catch (error) {
    if (batch.length > 0) yield batch;
    throw error;
  }
  if (batch.length > 0) yield batch;
}
