/**
 * Replies to bytes, in the form that a server sends to a client of RESP2 or of RESP3.
 *
 *   value          RESP3           RESP2
 *   map            %n              *2n, keys and values in turn
 *   set, push      ~n  >n          *n
 *   null           _               $-1, or *-1 for that of an array
 *   boolean        #t #f           :1 :0
 *   double         ,text           a string of the text
 *   big-number     (digits         a string of the digits
 *   verbatim       =n fmt:         a string, the format is dropped
 *   long error     !n              -text, its line ends as spaces
 *   attributes     |n in front     dropped
 *
 * Source: networking.c of Redis 7.0 to 8.6 and Valkey 9.1 (addReplyDouble and its kin); a test compares answers of live servers.
 */
import { ByteWriter } from "@holdfast/bytes";
import type { Reply, ReplyPairs } from "./reply.ts";

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const FORMAT_CHARACTERS = 3;

/**
 * The bytes of one reply, fresh memory.
 *
 * Throws RangeError for what has no such form: a line end in a simple string or a short error, an integer of more than 64 bits, a format that
 * is not three ASCII characters.
 */
export function encodeReply(reply: Reply, protocol: 2 | 3): Uint8Array {
  const writer = new ByteWriter();
  writeReply(writer, reply, protocol);
  return writer.take();
}

function writeReply(writer: ByteWriter, reply: Reply, protocol: 2 | 3): ByteWriter {
  if (protocol === 3 && reply.attributes !== undefined) writePairs(writer, "|", reply.attributes);
  switch (reply.kind) {
    case "simple-string":
      return writeTextLine(writer, "+", reply.bytes);
    case "error":
      return writeError(writer, reply, protocol);
    case "integer":
      return writeLine(writer, `:${int64Text(reply.value)}`);
    case "string":
      return writeSized(writer, "$", reply.bytes);
    case "array":
      return writeItems(writer, "*", reply.items, protocol);
    case "set":
      return writeItems(writer, protocol === 3 ? "~" : "*", reply.items, protocol);
    case "push":
      return writeItems(writer, protocol === 3 ? ">" : "*", reply.items, protocol);
    case "map":
      return protocol === 3
        ? writePairs(writer, "%", reply.pairs)
        : writeItems(writer, "*", reply.pairs.flat(), 2);
    case "null":
      return writeLine(writer, protocol === 3 ? "_" : reply.of === "array" ? "*-1" : "$-1");
    default:
      return protocol === 3 ? writeScalar3(writer, reply) : writeScalar2(writer, reply);
  }
}

type Scalar = Extract<Reply, { readonly kind: "boolean" | "double" | "big-number" | "verbatim" }>;

function writeScalar3(writer: ByteWriter, reply: Scalar): ByteWriter {
  switch (reply.kind) {
    case "boolean":
      return writeLine(writer, reply.value ? "#t" : "#f");
    case "double":
      return writeLine(writer, `,${reply.text}`);
    case "big-number":
      return writeLine(writer, `(${reply.value}`);
    case "verbatim":
      return writeSized(writer, "=", verbatimBytes(reply.format, reply.bytes));
  }
}

function writeScalar2(writer: ByteWriter, reply: Scalar): ByteWriter {
  switch (reply.kind) {
    case "boolean":
      return writeLine(writer, reply.value ? ":1" : ":0");
    case "double":
      return writeSized(writer, "$", Buffer.from(reply.text, "latin1"));
    case "big-number":
      return writeSized(writer, "$", Buffer.from(String(reply.value), "latin1"));
    case "verbatim":
      return writeSized(writer, "$", reply.bytes);
  }
}

function writeItems(
  writer: ByteWriter,
  prefix: string,
  items: readonly Reply[],
  protocol: 2 | 3,
): ByteWriter {
  writeLine(writer, `${prefix}${items.length}`);
  for (const item of items) writeReply(writer, item, protocol);
  return writer;
}

function writePairs(writer: ByteWriter, prefix: "%" | "|", pairs: ReplyPairs): ByteWriter {
  writeLine(writer, `${prefix}${pairs.length}`);
  for (const [key, value] of pairs) {
    writeReply(writer, key, 3);
    writeReply(writer, value, 3);
  }
  return writer;
}

function writeError(
  writer: ByteWriter,
  error: { bytes: Uint8Array; isLong: boolean },
  protocol: 2 | 3,
): ByteWriter {
  if (!error.isLong) return writeTextLine(writer, "-", error.bytes);
  if (protocol === 3) return writeSized(writer, "!", error.bytes);
  return writeTextLine(
    writer,
    "-",
    error.bytes.map((byte) => (byte === CR || byte === LF ? SPACE : byte)),
  );
}

function writeTextLine(writer: ByteWriter, prefix: "+" | "-", bytes: Uint8Array): ByteWriter {
  if (bytes.includes(CR) || bytes.includes(LF))
    throw new RangeError("a text of one line has a line end in it");
  return writer.ascii(prefix).bytes(bytes).ascii("\r\n");
}

function writeSized(writer: ByteWriter, prefix: string, bytes: Uint8Array): ByteWriter {
  return writer.ascii(`${prefix}${bytes.length}\r\n`).bytes(bytes).ascii("\r\n");
}

/** Text of digits and signs. */
function writeLine(writer: ByteWriter, text: string): ByteWriter {
  return writer.ascii(`${text}\r\n`);
}

function int64Text(value: number | bigint): string {
  const exact = BigInt(value);
  if (BigInt.asIntN(64, exact) !== exact) throw new RangeError(`${value} does not fit in 64 bits`);
  return exact.toString();
}

function verbatimBytes(format: string, bytes: Uint8Array): Uint8Array {
  if (format.length !== FORMAT_CHARACTERS || !/^[\x20-\x7e]*$/.test(format))
    throw new RangeError(`${JSON.stringify(format)} is no format of three ASCII characters`);
  return Buffer.concat([Buffer.from(`${format}:`, "latin1"), bytes]);
}
