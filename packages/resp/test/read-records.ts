/** Feeds a decoder and writes down all that it gives, copied at once, so that runs can be compared. */
import { CommandDecoder, type CommandDecoderOptions, RespFormatError } from "../src/index.ts";

export interface Reading {
  /** Such as "0: SET|k|v" and "31# #TS:17", bytes as latin-1, each with its stream offset. */
  readonly records: string[];
  readonly error: RespFormatError | undefined;
  readonly offset: number;
}

export function readRecords(chunks: Iterable<Uint8Array>, options: CommandDecoderOptions = {}): Reading {
  const decoder = new CommandDecoder({ poison: true, ...options });
  return readAll(chunks, decoder, (records) => pull(decoder, records));
}

/** Feeds any of the decoders; `pull` writes down what it has. */
export function readAll(
  chunks: Iterable<Uint8Array>,
  decoder: { push(chunk: Uint8Array): void; end(): void; readonly offset: number },
  pullInto: (records: string[]) => void,
): Reading {
  const records: string[] = [];
  try {
    for (const chunk of chunks) {
      decoder.push(chunk);
      pullInto(records);
    }
    decoder.end();
    pullInto(records);
  } catch (error) {
    if (!(error instanceof RespFormatError)) throw error;
    return { records, error, offset: decoder.offset };
  }
  return { records, error: undefined, offset: decoder.offset };
}

function pull(decoder: CommandDecoder, records: string[]): void {
  for (let found = decoder.next(); found !== undefined; found = decoder.next()) {
    if (found.kind === "annotation") {
      records.push(`${found.offset}# ${latin1(found.line)}`);
      continue;
    }
    for (let command = 0; command < found.count; command++) {
      records.push(`${found.offsetOf(command)}: ${found.args(command).map(latin1).join("|")}`);
    }
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}
