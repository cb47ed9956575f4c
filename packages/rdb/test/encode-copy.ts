/** A file through decoder and encoder, perhaps with a lane that hands over runs of records, and what came out. */
import {
  type CopyLane,
  RdbDecoder,
  type RdbDecoderOptions,
  RdbEncoder,
  RdbFormatError,
  type RdbLoss,
  type RdbTarget,
} from "@holdfast/rdb";

export interface EncodedCopy {
  readonly file: Buffer;
  readonly keyCount: number;
  /** Keys among them that came in runs. */
  readonly inRuns: number;
  readonly losses: readonly RdbLoss[];
  /** Code and offset of the damage that ended the reading. */
  readonly error: readonly unknown[] | undefined;
}

export function encodeCopy(
  chunks: Iterable<Uint8Array>,
  target: RdbTarget,
  lane: CopyLane | undefined,
  options: RdbDecoderOptions,
  lendsRecords = false,
): EncodedCopy {
  const losses: RdbLoss[] = [];
  const out: Uint8Array[] = [];
  const encoder = new RdbEncoder({
    target,
    lendsRecords,
    onLoss: (loss) => losses.push({ ...loss, key: loss.key?.slice() } as RdbLoss),
  });
  const decoder = new RdbDecoder({ ...options, lane, reuseKeys: true });
  let inRuns = 0;
  let error: readonly unknown[] | undefined;
  const drain = () => {
    for (let event = decoder.next(); event !== undefined; event = decoder.next()) {
      if (event.kind === "header") lane?.copyFor(target);
      if (event.kind === "records") inRuns += event.keyCount;
      encoder.write(event);
    }
    for (let piece = encoder.take(); piece !== undefined; piece = encoder.take()) {
      out.push(piece.slice());
      encoder.recycle(piece);
    }
  };
  try {
    for (const chunk of chunks) {
      decoder.push(chunk);
      drain();
    }
    decoder.end();
    drain();
  } catch (thrown) {
    if (!(thrown instanceof RdbFormatError)) throw thrown;
    error = [thrown.code, thrown.offset];
  }
  return { file: Buffer.concat(out), keyCount: decoder.keyCount, inRuns, losses, error };
}
