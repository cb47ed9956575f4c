/** Feeds a reply decoder and writes down all that it gives, in a plain form that a test can spell out. */
import {
  type KeepAlive,
  type Reply,
  ReplyDecoder,
  type ReplyDecoderOptions,
  RespFormatError,
} from "../src/index.ts";

export interface ReplyReading {
  readonly replies: unknown[];
  readonly error: RespFormatError | undefined;
  readonly offset: number;
}

export function readReplies(chunks: Iterable<Uint8Array>, options: ReplyDecoderOptions = {}): ReplyReading {
  const decoder = new ReplyDecoder({ poison: true, ...options });
  const found: (Reply | KeepAlive)[] = [];
  let error: RespFormatError | undefined;
  try {
    for (const chunk of chunks) {
      decoder.push(chunk);
      pull(decoder, found);
    }
    decoder.end();
    pull(decoder, found);
  } catch (thrown) {
    if (!(thrown instanceof RespFormatError)) throw thrown;
    error = thrown;
  }
  return { replies: found.map(plainReply), error, offset: decoder.offset };
}

function pull(decoder: ReplyDecoder, found: (Reply | KeepAlive)[]): void {
  for (let reply = decoder.next(); reply !== undefined; reply = decoder.next()) found.push(reply);
}

/** Strings as text, numbers as numbers, arrays as arrays; everything else as an object with one telling name. */
export function plainReply(reply: Reply | KeepAlive): unknown {
  if (reply.kind === "keep-alive") return `keep-alive@${reply.offset}`;
  const value = plainValue(reply);
  return reply.attributes === undefined ? value : { attributes: plainPairs(reply.attributes), of: value };
}

function plainValue(reply: Reply): unknown {
  switch (reply.kind) {
    case "simple-string":
      return { simple: latin1(reply.bytes) };
    case "error":
      return { [reply.isLong ? "longError" : "error"]: latin1(reply.bytes) };
    case "integer":
    case "boolean":
      return reply.value;
    case "string":
      return latin1(reply.bytes);
    case "null":
      return { null: reply.of };
    case "double":
      return { double: reply.text };
    case "big-number":
      return { big: reply.value.toString() };
    case "verbatim":
      return { verbatim: reply.format, text: latin1(reply.bytes) };
    case "array":
      return reply.items.map(plainReply);
    case "map":
      return { map: plainPairs(reply.pairs) };
    default:
      return { [reply.kind]: reply.items.map(plainReply) };
  }
}

function plainPairs(pairs: readonly (readonly [Reply, Reply])[]): unknown {
  return pairs.map(([key, value]) => [plainReply(key), plainReply(value)]);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}
