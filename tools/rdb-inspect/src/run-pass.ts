/**
 * Runs a pass over a whole input: reads chunks, decodes, hands over events, writes the pass's output.
 *
 *   input → decoder → pass → write        one await per chunk, and one when much output has gathered
 *
 * Damage is an expected outcome here: the pass finishes with what it has, and the failure is returned.
 */

import { FormatError } from "@holdfast/bytes";
import type { Progress } from "@holdfast/command-line";
import { RdbDecoder, type RdbDecoderOptions } from "@holdfast/rdb";
import type { Input } from "./input.ts";
import type { Pass, PassKind } from "./pass.ts";

export interface PassRun<Result> {
  readonly result: Result;
  /** Why the walk ended early; undefined when it reached the end of the input. */
  readonly failure: FormatError | undefined;
  /** Keys whose records were read to their end, filtered ones too. */
  readonly keyCount: number;
  /** Where the decoder stood at the end: behind the last record that was read for good. */
  readonly offset: number;
}

export interface RunOptions {
  /** Receives what the pass writes, in order. Without it the pass must write nothing. */
  readonly write?: (bytes: Uint8Array) => Promise<void>;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
  /** More for the decoder, such as a place to start at. */
  readonly decoder?: Pick<RdbDecoderOptions, "resume" | "verifyChecksum">;
  /** First byte to read, with `decoder.resume`. Default 0. */
  readonly start?: number;
}

/** Output that has gathered within one chunk beyond this is written before decoding goes on. */
const pendingMax = 4 << 20;

export async function runPass<Settings, Result>(
  kind: PassKind<Settings, Result>,
  settings: Settings,
  input: Input,
  options: RunOptions = {},
): Promise<PassRun<Result>> {
  const lane = kind.makeLane?.(settings);
  const pass = kind.create(settings, lane);
  const decoder = new RdbDecoder({
    ...decoderOptions(input),
    reuseKeys: true,
    lane,
    ...pass.decoder,
    ...options.decoder,
  });
  const flush = async () => {
    for (let output = pass.takeOutput(); output !== undefined; output = pass.takeOutput())
      await options.write?.(output);
  };
  const drain = async () => {
    while (consumeEvents(decoder, pass)) await flush();
    await flush();
    options.progress?.update(input.consumedBytes(), decoder.keyCount);
  };
  let failure: FormatError | undefined;
  try {
    for await (const chunk of input.chunks(options.start ?? 0, {
      signal: options.signal,
      into: lane?.slots,
    })) {
      decoder.push(chunk);
      await drain();
    }
    decoder.end();
    await drain();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    failure = error;
  }
  const result = pass.finish();
  await flush();
  return { result, failure, keyCount: decoder.keyCount, offset: decoder.offset };
}

function decoderOptions(input: Input): RdbDecoderOptions {
  return input.contentBytes === undefined
    ? { path: input.name }
    : { path: input.name, totalBytes: input.contentBytes };
}

/** Everything the decoder can say; true when it stopped because the pass holds much output. */
function consumeEvents(decoder: RdbDecoder, pass: Pass<unknown>): boolean {
  for (let event = decoder.next(); event !== undefined; event = decoder.next()) {
    pass.consume(event);
    if (pass.pendingBytes > pendingMax) return true;
  }
  return false;
}
