/** SETBIT, BITFIELD, BITOP: strings as rows of bits. */
import type { CommandArguments } from "../arguments.ts";
import { bitOperationOf, combineBits, setBit, sourceCounts } from "../bits/bit-operations.ts";
import { applyBitfield, bitfieldSize, parseBitfield } from "../bits/bitfield.ts";
import { applied, appliedIf, type Outcome, Refusal, refusal, unchanged } from "../outcome.ts";
import { bytesOfString, stringValueOf } from "../values/bytes-value.ts";
import { type CommandContext, rowsOf } from "./command.ts";
import { stringBytesMax } from "./strings.ts";

const badOffset = new Refusal("ERR bit offset is not an integer or out of range");

function set({ db }: CommandContext, args: CommandArguments): Outcome {
  const bit = args.integer(2, badOffset);
  if (bit < 0 || bit >= 8 * stringBytesMax) throw badOffset;
  const isOn = args.is(3, "1");
  if (!isOn && !args.is(3, "0")) throw new Refusal("ERR bit is not an integer or out of range");
  const value = db.editBytes(args.text(1));
  value.growTo(Math.floor(bit / 8) + 1);
  setBit(value.bytes, bit, isOn);
  return applied;
}

function setFields({ db }: CommandContext, args: CommandArguments): Outcome {
  const writes = parseBitfield(args.views().slice(2));
  if (writes === undefined) throw refusal.syntax;
  const size = bitfieldSize(writes);
  if (size > stringBytesMax) throw badOffset;
  db.findString(args.text(1));
  if (writes.length === 0) return unchanged;
  const value = db.editBytes(args.text(1));
  value.growTo(size);
  applyBitfield(value.bytes, writes);
  return applied;
}

function combine({ db }: CommandContext, args: CommandArguments): Outcome {
  const operation = bitOperationOf(args.text(1));
  if (operation === undefined) throw refusal.syntax;
  const [fewest, most] = sourceCounts(operation);
  const count = args.count - 3;
  if (count < fewest || count > most)
    throw new Refusal(`ERR BITOP ${args.word(1)} takes another number of sources`);
  const sources = args.texts(3).map((key) => bytesOfString(db.findString(key) ?? ""));
  const result = combineBits(operation, sources);
  const target = args.text(2);
  if (result.length === 0) return appliedIf(db.delete(target));
  db.replace(target, stringValueOf(result));
  return applied;
}

export const bitCommands = rowsOf("bits", [
  ["SETBIT", 4, set],
  ["BITFIELD", -2, setFields],
  ["BITOP", -4, combine],
]);
