/**
 * Events as the commands that make the data again, in the form that servers read: RESP arrays.
 *
 *   commands   SELECT, SET, RPUSH, SADD, HSET, ZADD, XADD, … in commands of bounded size, then the expiry;
 *              what has no commands (modules, arrays) as RESTORE
 *   restore    one RESTORE a key with the value as stored, exact to the last counter
 *   either     RESTORE where the target takes the value as it is stored, commands where it does not; strings that replace what is there
 *              as SET, which costs a server less than RESTORE, unless an expiry or a hint comes with them: RESTORE says all in one command
 *
 * What neither form can say to the target is left out, and told.
 */
import type { ItemBatch, KeyEvent, RdbEvent } from "../events.ts";
import type { KeyHead } from "../key-record.ts";
import { type CommandTarget, commandTargetHas, type FileOrigin, footerVersion } from "./command-target.ts";
import { type CommandSink, CommandWriter } from "./command-writer.ts";
import type { LeaveOut } from "./left-out.ts";
import { RestoreWriter } from "./restore-writer.ts";
import { StreamCommands } from "./stream-commands.ts";
import { ValueCommands } from "./value-commands.ts";

/** Types that no ordinary command makes. */
const withoutCommands: ReadonlySet<string> = new Set(["module", "array"]);

/** What of a key decides whether it goes as RESTORE. */
type PayloadHead = Pick<KeyHead, "row"> &
  Partial<Pick<KeyHead, "expireAtMs" | "idleSec" | "frequency" | "meta">>;

export interface EventCommandsOptions {
  readonly sink: CommandSink;
  readonly form: "commands" | "restore" | "either";
  /** Asked once, when the first key or function has come: the file may have to say it first. */
  readonly target: () => CommandTarget;
  /** Whose stored values these are; asked for every key that goes out as RESTORE. */
  readonly origin: () => FileOrigin;
  /** Existing keys of the target are replaced. */
  readonly isReplacing: boolean;
  readonly leaveOut: LeaveOut;
  /** Whether SELECT is written where the db changes. Default true; who says false selects by himself. */
  readonly selects?: boolean;
}

export class EventCommands {
  readonly #options: EventCommandsOptions;
  readonly #commands: CommandWriter;
  readonly #restore: RestoreWriter;
  #parts:
    | { readonly target: CommandTarget; readonly values: ValueCommands; readonly streams: StreamCommands }
    | undefined;
  #db: number | undefined;
  #event!: KeyEvent;
  #key: Uint8Array = new Uint8Array(0);
  #meta: Uint8Array | undefined;
  #isRestored = false;

  constructor(options: EventCommandsOptions) {
    this.#options = options;
    this.#commands = new CommandWriter(options.sink);
    this.#restore = new RestoreWriter(this.#commands, options.leaveOut);
  }

  /** The level at which a decoder has to read this key. */
  levelOf(head: PayloadHead): "raw" | "items" {
    return this.#goesAsPayload(head) ? "raw" : "items";
  }

  /** Name of the key that came last, as long as that key is not over or no other has come. */
  get key(): { readonly db: number; readonly name: Uint8Array } {
    return { db: this.#event.db, name: this.#key };
  }

  /** Commands written so far: a server answers as many times. */
  get commandCount(): number {
    return this.#commands.count;
  }

  /** Takes the next event; what is borrowed is copied. Returns whether what has been written ends with a whole key or record. */
  take(event: RdbEvent): boolean {
    switch (event.kind) {
      case "key":
        this.#beginKey(event);
        this.#add(event.items);
        if (event.last) this.#endKey();
        return event.last;
      case "items":
        this.#add(event.items);
        if (event.last) this.#endKey();
        return event.last;
      case "function":
        return this.#writeFunction(event.code, event.preGa !== undefined);
      case "aux":
        return (
          Buffer.from(event.name).toString("latin1").toLowerCase() === "lua" && this.#writeScript(event.value)
        );
      case "module-aux":
        this.#options.leaveOut({ kind: "module-aux" });
    }
    return false;
  }

  get #known() {
    if (this.#parts !== undefined) return this.#parts;
    const target = this.#options.target();
    const { leaveOut } = this.#options;
    const values = new ValueCommands(this.#commands, target, leaveOut);
    const streams = new StreamCommands(this.#commands, target, leaveOut);
    return (this.#parts = { target, values, streams });
  }

  /** A hash that refers to templates of the file goes as commands in either form. */
  #goesAsPayload(head: PayloadHead): boolean {
    const { row } = head;
    if (withoutCommands.has(row.type)) return true;
    const { form, origin } = this.#options;
    if (form === "either")
      return !this.#goesAsSet(head) && footerVersion(this.#known.target, row, origin()) !== undefined;
    return form === "restore" && row.encoding !== "template";
  }

  /** SET replaces a key of any type, and its expiry; what else stands with a key RESTORE says in the same command. */
  #goesAsSet({ row, expireAtMs, idleSec, frequency, meta }: PayloadHead): boolean {
    const { form, isReplacing } = this.#options;
    if (form !== "either" || !isReplacing || row.type !== "string") return false;
    return expireAtMs === undefined && idleSec === undefined && frequency === undefined && meta === undefined;
  }

  #beginKey(event: KeyEvent): void {
    this.#event = event;
    this.#key = event.last ? event.key : event.key.slice();
    this.#meta = event.last ? event.meta : event.meta?.slice();
    this.#isRestored = this.#goesAsPayload(event);
    const { target, values, streams } = this.#known;
    if (this.#isRestored) {
      this.#restore.begin(event, target, this.#options.origin());
      return;
    }
    this.#select(event.db);
    if (this.#options.isReplacing && !this.#goesAsSet(event)) {
      this.#commands.begin("DEL", 1);
      this.#commands.bytes(this.#key);
    }
    if (event.type === "stream") streams.begin(event);
    else values.begin(event.type, this.#key);
  }

  #add(batch: ItemBatch): void {
    if (this.#isRestored) {
      if (batch.of === "opaque") this.#restore.add(batch.bytes);
      else this.#restore.refuse();
      return;
    }
    const { values, streams } = this.#known;
    if (batch.of === "stream") for (const part of batch.parts) streams.add(part);
    else values.add(batch);
  }

  #endKey(): void {
    if (!this.#isRestored) {
      this.#endCommands(this.#event);
      return;
    }
    if (!this.#restore.hasPayload) return;
    this.#select(this.#event.db);
    this.#restore.write({ event: this.#event, key: this.#key, meta: this.#meta }, this.#options.isReplacing);
  }

  #endCommands({ type, expireAtMs, idleSec, frequency }: KeyEvent): void {
    const { leaveOut } = this.#options;
    if (type === "stream") this.#known.streams.end();
    if (expireAtMs !== undefined) {
      this.#commands.begin("PEXPIREAT", 2);
      this.#commands.bytes(this.#key);
      this.#commands.number(expireAtMs);
    }
    if (idleSec !== undefined) leaveOut({ kind: "idle-time" });
    if (frequency !== undefined) leaveOut({ kind: "frequency" });
    if (this.#meta !== undefined) leaveOut({ kind: "key-metadata" });
  }

  #select(db: number): void {
    if (db === this.#db || this.#options.selects === false) return;
    this.#db = db;
    this.#commands.begin("SELECT", 1);
    this.#commands.number(db);
  }

  #writeFunction(code: Uint8Array, isPreGa: boolean): boolean {
    if (isPreGa || !commandTargetHas(this.#known.target, "functions")) {
      this.#options.leaveOut({ kind: "function" });
      return false;
    }
    this.#commands.begin("FUNCTION LOAD", 2);
    this.#commands.text("REPLACE");
    this.#commands.bytes(code);
    return true;
  }

  #writeScript(body: Uint8Array): true {
    this.#commands.begin("SCRIPT LOAD", 1);
    this.#commands.bytes(body);
    return true;
  }
}
