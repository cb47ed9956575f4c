/**
 * The async skin of the encoder: batches of events in, chunks of bytes out. Whoever pulls slowly holds everything back.
 */
import type { RdbEvent } from "../events.ts";
import { RdbEncoder, type RdbEncoderOptions } from "./encoder.ts";

/** A chunk is at least so large, except for the last. */
const chunkBytes = 1 << 16;

/**
 * Encodes what decodeRdb() yields, or something made of it. The chunks are the caller's. Throws RdbEncodeError, and what the
 * source throws.
 */
export async function* encodeRdb(
  source: AsyncIterable<readonly RdbEvent[]>,
  options: RdbEncoderOptions,
): AsyncGenerator<Uint8Array, void, void> {
  const encoder = new RdbEncoder(options);
  for await (const events of source) {
    for (const event of events) encoder.write(event);
    const chunk = encoder.pendingBytes < chunkBytes ? undefined : encoder.take();
    if (chunk !== undefined) yield chunk;
  }
  const rest = encoder.take();
  if (rest !== undefined) yield rest;
}
