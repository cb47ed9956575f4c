/**
 * A key as one RESTORE: its value as stored, with the footer of a dump payload.
 *
 *   RESTORE key ttl payload [REPLACE] [ABSTTL] [IDLETIME n] [FREQ n]
 *   payload: [key metadata] type, value as stored, version (2), CRC-64 (8)
 *
 * The value is held as a whole, because a command announces its size: up to `payloadMax`, which is the most a server takes.
 */
import { Crc64 } from "@holdfast/bytes";
import type { KeyEvent } from "../events.ts";
import { type CommandTarget, commandTargetHas, type FileOrigin, footerVersion } from "./command-target.ts";
import type { CommandWriter } from "./command-writer.ts";
import type { LeaveOut, LeftOutPart } from "./left-out.ts";
import { ModuleHead } from "./module-head.ts";

/** A server's default limit for one argument (proto-max-bulk-len). */
const payloadMax = 512 << 20;
const keyMetaOpcode = 0xf3;
const footerBytes = 10;

/** What of a key stands around its value. */
export interface RestoredKey {
  readonly event: KeyEvent;
  readonly key: Uint8Array;
  readonly meta: Uint8Array | undefined;
}

export class RestoreWriter {
  readonly #commands: CommandWriter;
  readonly #leaveOut: LeaveOut;
  #target!: CommandTarget;
  #event!: KeyEvent;
  /** Pieces of the value; undefined once the key is left out. */
  #payload: { readonly pieces: Uint8Array[]; readonly version: number; sizeBytes: number } | undefined;

  constructor(commands: CommandWriter, leaveOut: LeaveOut) {
    this.#commands = commands;
    this.#leaveOut = leaveOut;
  }

  begin(event: KeyEvent, target: CommandTarget, origin: FileOrigin): void {
    this.#event = event;
    this.#target = target;
    const version = footerVersion(target, event.row, origin);
    this.#payload = version === undefined ? undefined : { pieces: [], version, sizeBytes: 0 };
    if (version === undefined) this.#leave(this.#strangeForm());
  }

  /** A piece of the value as stored, borrowed. */
  add(piece: Uint8Array): void {
    const payload = this.#payload;
    if (payload === undefined) return;
    if (payload.sizeBytes === 0 && this.#isForeignModule(piece)) {
      this.#leave({ kind: "vector-set" });
      return;
    }
    payload.sizeBytes += piece.length;
    if (payload.sizeBytes > payloadMax) this.#leave({ kind: "too-large" });
    else payload.pieces.push(this.#event.last ? piece : piece.slice());
  }

  /** The value comes as elements, of which no payload can be made here. */
  refuse(): void {
    if (this.#payload !== undefined) this.#leave(this.#strangeForm());
  }

  /** Whether there is something to write. */
  get hasPayload(): boolean {
    return this.#payload !== undefined;
  }

  write({ event, key, meta }: RestoredKey, isReplacing: boolean): void {
    const { pieces, version, sizeBytes } = this.#payload!;
    const type = Uint8Array.of(event.row.number);
    const head = meta === undefined ? type : Buffer.concat([Uint8Array.of(keyMetaOpcode), meta, type]);
    const options = restoreOptions(event, isReplacing);
    const commands = this.#commands;
    commands.begin("RESTORE", 3 + options.length);
    commands.bytes(key);
    // RESTORE takes no time of 0 or below; any time that is past makes it drop the key, as loading would.
    commands.number(event.expireAtMs === undefined ? 0 : Math.max(1, event.expireAtMs));
    commands.beginPieces(head.length + sizeBytes + footerBytes);
    const crc = new Crc64();
    for (const piece of [head, ...pieces, versionBytes(version)]) {
      crc.update(piece);
      commands.piece(piece);
    }
    commands.piece(checksumBytes(crc.value));
    commands.endPieces();
    for (const option of options) commands.text(option);
    this.#payload = undefined;
  }

  #leave(part: LeftOutPart): void {
    this.#payload = undefined;
    this.#leaveOut(part);
  }

  #strangeForm(): LeftOutPart {
    return { kind: "form", type: this.#event.type, row: this.#event.row };
  }

  /** Vector sets look like a module's value, but only Redis 8 has them. */
  #isForeignModule(piece: Uint8Array): boolean {
    if (this.#event.type !== "module" || commandTargetHas(this.#target, "vectorSets")) return false;
    const head = new ModuleHead();
    head.take(piece);
    return head.name === "vectorset";
  }
}

function restoreOptions({ expireAtMs, idleSec, frequency }: KeyEvent, isReplacing: boolean): string[] {
  const options: string[] = [];
  if (isReplacing) options.push("REPLACE");
  if (expireAtMs !== undefined) options.push("ABSTTL");
  // A server follows one policy and refuses both; files carry one.
  if (frequency !== undefined) options.push("FREQ", String(frequency));
  else if (idleSec !== undefined) options.push("IDLETIME", String(idleSec));
  return options;
}

function versionBytes(version: number): Uint8Array {
  return Uint8Array.of(version & 255, version >> 8);
}

function checksumBytes(value: bigint): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}
