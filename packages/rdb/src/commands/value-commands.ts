/**
 * Values as the ordinary commands that make them: one for each batch of elements.
 *
 *   SET, APPEND      the first chunk of a string, and each further one
 *   RPUSH, SADD      elements;  ZADD  scores and members
 *   HSET             fields, then HPEXPIREAT for those that expire
 */
import type { ByteSlice } from "../byte-slice.ts";
import type { HashField, ItemBatch } from "../events.ts";
import type { RdbType } from "../format.ts";
import { type CommandTarget, commandTargetHas } from "./command-target.ts";
import type { CommandWriter } from "./command-writer.ts";
import type { LeaveOut } from "./left-out.ts";

export class ValueCommands {
  readonly #commands: CommandWriter;
  readonly #leaveOut: LeaveOut;
  readonly #target: CommandTarget;
  #type: RdbType = "string";
  #key: Uint8Array = new Uint8Array(0);
  #isFirstString = true;

  constructor(commands: CommandWriter, target: CommandTarget, leaveOut: LeaveOut) {
    this.#commands = commands;
    this.#target = target;
    this.#leaveOut = leaveOut;
  }

  /** `key` stays as it is until the value is over. */
  begin(type: RdbType, key: Uint8Array): void {
    this.#type = type;
    this.#key = key;
    this.#isFirstString = true;
  }

  add(batch: ItemBatch): void {
    switch (batch.of) {
      case "chunks":
        this.#writeString(batch.chunks);
        break;
      case "elements":
        this.#writeElements(this.#type === "list" ? "RPUSH" : "SADD", batch.elements);
        break;
      case "fields":
        this.#writeFields(batch.fields);
        break;
      case "scored":
        if (batch.members.length === 0) break;
        this.#commands.begin("ZADD", 1 + 2 * batch.members.length);
        this.#commands.bytes(this.#key);
        for (const { member, score } of batch.members) {
          this.#commands.text(scoreArgument(score));
          this.#commands.slice(member);
        }
        break;
    }
  }

  #writeString(chunks: readonly Uint8Array[]): void {
    this.#commands.begin(this.#isFirstString ? "SET" : "APPEND", 2);
    this.#isFirstString = false;
    this.#commands.bytes(this.#key);
    this.#commands.beginPieces(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    for (const chunk of chunks) this.#commands.piece(chunk);
    this.#commands.endPieces();
  }

  #writeElements(name: string, elements: readonly ByteSlice[]): void {
    if (elements.length === 0) return;
    this.#commands.begin(name, 1 + elements.length);
    this.#commands.bytes(this.#key);
    for (const element of elements) this.#commands.slice(element);
  }

  #writeFields(fields: readonly HashField[]): void {
    if (fields.length === 0) return;
    this.#commands.begin("HSET", 1 + 2 * fields.length);
    this.#commands.bytes(this.#key);
    for (const { field, value } of fields) {
      this.#commands.slice(field);
      this.#commands.slice(value);
    }
    let start = 0;
    for (let index = 1; index <= fields.length; index++) {
      if (index < fields.length && fields[index].expireAtMs === fields[start].expireAtMs) continue;
      this.#writeFieldExpiry(fields.slice(start, index));
      start = index;
    }
  }

  /** Fields in a row that expire together, or not at all. */
  #writeFieldExpiry(fields: readonly HashField[]): void {
    const { expireAtMs } = fields[0];
    if (expireAtMs === undefined) return;
    if (!commandTargetHas(this.#target, "fieldExpiry")) {
      this.#leaveOut({ kind: "field-expiry", count: fields.length });
      return;
    }
    this.#commands.begin("HPEXPIREAT", 4 + fields.length);
    this.#commands.bytes(this.#key);
    this.#commands.number(expireAtMs);
    this.#commands.text("FIELDS");
    this.#commands.number(fields.length);
    for (const { field } of fields) this.#commands.slice(field);
  }
}

/** A score as servers read it back exactly. */
function scoreArgument(score: number): string {
  if (Number.isFinite(score)) return Object.is(score, -0) ? "-0" : String(score);
  return score > 0 ? "inf" : "-inf";
}
