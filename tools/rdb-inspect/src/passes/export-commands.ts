/**
 * The pass behind `rdb-inspect export --format resp|restore`: commands that make the data again.
 *
 *   resp      SELECT, SET, RPUSH, SADD, HSET, ZADD, XADD, … in commands of bounded size, then the expiry;
 *             what has no commands (modules, arrays) as RESTORE
 *   restore   one RESTORE a key with the value as stored, exact to the last counter
 *
 * What neither form can say to the target is left out, counted and named. A value for RESTORE is held as
 * a whole, because a command announces its size: up to `payloadMax`, which is the most a server takes.
 */
import { Crc64 } from "@holdfast/bytes";
import type {
  ByteSlice,
  HashField,
  ItemBatch,
  ItemsEvent,
  KeyEvent,
  KeyHead,
  RdbDialect,
  RdbEvent,
} from "@holdfast/rdb";
import { type FileFacts, FileFactsCollector } from "../file-facts.ts";
import { KeyFilter } from "../filters.ts";
import { ByteSink } from "../output/byte-sink.ts";
import { CommandWriter } from "../output/command-writer.ts";
import type { Pass, SectionedPassKind } from "../pass.ts";
import {
  footerVersion,
  hasFieldExpiry,
  hasFunctions,
  hasVectorSets,
  type Target,
  targetOf,
  targetOfFile,
} from "../targets.ts";
import { type ExportResult, type ExportSettings, LeftOutList, mergeExports } from "./export-settings.ts";
import { ModuleHead } from "./module-head.ts";
import { selectBy } from "./select.ts";
import { StreamCommands } from "./stream-commands.ts";

/** What decides how a stored value can be restored. */
export interface FileOrigin {
  readonly dialect: RdbDialect;
  readonly version: number;
}

export interface ExportCommandsSettings extends ExportSettings {
  readonly form: "commands" | "restore";
  /** Undefined: the server that wrote the file. */
  readonly targetName: string | undefined;
  /** Existing keys of the target are replaced. */
  readonly isReplacing: boolean;
  /** For a section that does not begin with the header. */
  readonly file?: FileOrigin;
}

/** A server's default limit for one argument (proto-max-bulk-len). */
const payloadMax = 512 << 20;
const keyMetaOpcode = 0xf3;
const footerBytes = 10;

/** Types that no ordinary command makes. */
const withoutCommands: ReadonlySet<string> = new Set(["module", "array"]);

class ExportCommandsPass implements Pass<ExportResult> {
  readonly decoder: Pass<ExportResult>["decoder"];
  readonly #settings: ExportCommandsSettings;
  readonly #file = new FileFactsCollector();
  readonly #sink = new ByteSink();
  readonly #commands = new CommandWriter(this.#sink);
  readonly #leftOut = new LeftOutList();
  #chosenTarget: Target | undefined;
  #streams: StreamCommands | undefined;
  #keyCount = 0;
  #db: number | undefined;
  #key!: KeyEvent;
  #keyBytes!: Uint8Array;
  #meta: Uint8Array | undefined;
  #isFirstString = true;
  /** Pieces of the value for RESTORE; undefined while the key goes out as commands or not at all. */
  #payload: { pieces: Uint8Array[]; sizeBytes: number; version: number } | undefined;
  #isLeftOut = false;

  constructor(settings: ExportCommandsSettings) {
    this.#settings = settings;
    const levelOf = (head: KeyHead) => (this.#goesAsPayload(head) ? "raw" : "items");
    this.decoder = { level: "items", ...selectBy(new KeyFilter(settings.filters), levelOf, settings.chosen) };
  }

  get pendingBytes(): number {
    return this.#sink.size;
  }

  consume(event: RdbEvent): void {
    switch (event.kind) {
      case "key":
        this.#beginKey(event);
        break;
      case "items":
        this.#addItems(event);
        break;
      case "function":
        this.#writeFunction(event.code, event.preGa !== undefined);
        break;
      case "aux":
        if (Buffer.from(event.name).toString("latin1").toLowerCase() === "lua")
          this.#writeScript(event.value);
        break;
      case "module-aux":
        this.#leftOut.add("records of module data beside the keys", { isLoss: true });
        break;
    }
    this.#file.take(event);
  }

  takeOutput(): Uint8Array | undefined {
    return this.#sink.take();
  }

  finish(): ExportResult {
    const isTorn = this.#sink.isTorn;
    const tornKey = isTorn ? { db: this.#key.db, key: this.#keyBytes } : undefined;
    if (!isTorn) this.#sink.rollback();
    return { file: this.#file.facts, keyCount: this.#keyCount, leftOut: this.#leftOut.finish(), tornKey };
  }

  get #target(): Target {
    this.#chosenTarget ??=
      this.#settings.targetName === undefined
        ? targetOfFile(this.#file.facts)
        : targetOf(this.#settings.targetName);
    return this.#chosenTarget;
  }

  /** A hash that refers to templates of the file goes as commands in either form. */
  #goesAsPayload({ row }: Pick<KeyHead, "row">): boolean {
    if (withoutCommands.has(row.type)) return true;
    return this.#settings.form === "restore" && row.encoding !== "template";
  }

  #beginKey(event: KeyEvent): void {
    this.#key = event;
    this.#keyBytes = event.last ? event.key : event.key.slice();
    this.#meta = event.last ? event.meta : event.meta?.slice();
    this.#isFirstString = true;
    this.#isLeftOut = false;
    this.#payload = undefined;
    if (this.#goesAsPayload(event)) this.#beginPayload(event);
    else this.#beginCommands(event);
    this.#add(event.items);
    if (event.last) this.#endKey();
  }

  #addItems(event: ItemsEvent): void {
    this.#add(event.items);
    if (event.last) this.#endKey();
  }

  #endKey(): void {
    this.#keyCount++;
    if (this.#payload !== undefined) this.#writePayload(this.#payload);
    else if (!this.#isLeftOut) this.#endCommands();
    this.#payload = undefined;
    this.#sink.commit();
  }

  #select(db: number): void {
    if (db === this.#db) return;
    this.#db = db;
    this.#commands.begin("SELECT", 1);
    this.#commands.number(db);
  }

  // Commands

  #beginCommands(event: KeyEvent): void {
    this.#select(event.db);
    if (this.#settings.isReplacing) {
      this.#commands.begin("DEL", 1);
      this.#commands.bytes(this.#keyBytes);
    }
    if (event.type !== "stream") return;
    this.#streams ??= new StreamCommands(this.#commands, this.#target, this.#leftOut);
    this.#streams.begin(event);
  }

  #add(batch: ItemBatch): void {
    switch (batch.of) {
      case "opaque":
        this.#addPayload(batch.bytes);
        break;
      case "chunks":
        this.#writeString(batch.chunks);
        break;
      case "elements":
        this.#writeElements(this.#key.type === "list" ? "RPUSH" : "SADD", batch.elements);
        break;
      case "fields":
        this.#writeFields(batch.fields);
        break;
      case "scored":
        if (batch.members.length === 0) break;
        this.#commands.begin("ZADD", 1 + 2 * batch.members.length);
        this.#commands.bytes(this.#keyBytes);
        for (const { member, score } of batch.members) {
          this.#commands.text(scoreText(score));
          this.#commands.slice(member);
        }
        break;
      case "stream":
        for (const part of batch.parts) this.#streams?.add(part);
        break;
    }
  }

  #endCommands(): void {
    const { type, expireAtMs, idleSec, frequency } = this.#key;
    if (type === "stream") this.#streams?.end();
    if (expireAtMs !== undefined) {
      this.#commands.begin("PEXPIREAT", 2);
      this.#commands.bytes(this.#keyBytes);
      this.#commands.number(expireAtMs);
    }
    if (idleSec !== undefined) this.#leftOut.add("idle times (use --format restore)", { isLoss: false });
    if (frequency !== undefined)
      this.#leftOut.add("access frequencies (use --format restore)", { isLoss: false });
    if (this.#meta !== undefined)
      this.#leftOut.add("key metadata of modules (use --format restore)", { isLoss: true });
  }

  /** The first chunks are SET, later ones of the same value are appended. */
  #writeString(chunks: readonly Uint8Array[]): void {
    this.#commands.begin(this.#isFirstString ? "SET" : "APPEND", 2);
    this.#isFirstString = false;
    this.#commands.bytes(this.#keyBytes);
    this.#commands.beginPieces(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    for (const chunk of chunks) this.#commands.piece(chunk);
    this.#commands.endPieces();
  }

  #writeElements(name: string, elements: readonly ByteSlice[]): void {
    if (elements.length === 0) return;
    this.#commands.begin(name, 1 + elements.length);
    this.#commands.bytes(this.#keyBytes);
    for (const element of elements) this.#commands.slice(element);
  }

  #writeFields(fields: readonly HashField[]): void {
    if (fields.length === 0) return;
    this.#commands.begin("HSET", 1 + 2 * fields.length);
    this.#commands.bytes(this.#keyBytes);
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
    if (!hasFieldExpiry(this.#target)) {
      this.#leftOut.add("expiries of hash fields, which the target does not have", {
        isLoss: true,
        count: fields.length,
      });
      return;
    }
    this.#commands.begin("HPEXPIREAT", 4 + fields.length);
    this.#commands.bytes(this.#keyBytes);
    this.#commands.number(expireAtMs);
    this.#commands.text("FIELDS");
    this.#commands.number(fields.length);
    for (const { field } of fields) this.#commands.slice(field);
  }

  #writeFunction(code: Uint8Array, isPreGa: boolean): void {
    if (isPreGa || !hasFunctions(this.#target)) {
      this.#leftOut.add("function libraries, which the target cannot load", { isLoss: true });
      return;
    }
    this.#commands.begin("FUNCTION LOAD", 2);
    this.#commands.text("REPLACE");
    this.#commands.bytes(code);
    this.#sink.commit();
  }

  #writeScript(body: Uint8Array): void {
    this.#commands.begin("SCRIPT LOAD", 1);
    this.#commands.bytes(body);
    this.#sink.commit();
  }

  // RESTORE

  #beginPayload(event: KeyEvent): void {
    const file = this.#settings.file ?? originOf(this.#file.facts);
    const footer = footerVersion(this.#target, event.row, file);
    if (footer !== undefined) this.#payload = { pieces: [], sizeBytes: 0, version: footer };
    else
      this.#leaveOut(
        `${event.type} keys in a form (${event.row.name}) that ${this.#target.name} does not restore`,
      );
  }

  #leaveOut(what: string): void {
    this.#isLeftOut = true;
    this.#payload = undefined;
    this.#leftOut.add(what, { isLoss: true });
  }

  #addPayload(piece: Uint8Array): void {
    const payload = this.#payload;
    if (payload === undefined) return;
    if (payload.sizeBytes === 0 && this.#isForeignModule(piece)) return;
    payload.sizeBytes += piece.length;
    if (payload.sizeBytes > payloadMax)
      this.#leaveOut("values above 512 MiB, which no server takes in one command");
    else payload.pieces.push(this.#key.last ? piece : piece.slice());
  }

  /** Vector sets look like a module's value, but only Redis 8 has them. */
  #isForeignModule(piece: Uint8Array): boolean {
    if (this.#key.type !== "module" || hasVectorSets(this.#target)) return false;
    const head = new ModuleHead();
    head.take(piece);
    if (head.name !== "vectorset") return false;
    this.#leaveOut(`vector sets, which ${this.#target.name} does not have`);
    return true;
  }

  #writePayload({
    pieces,
    sizeBytes,
    version,
  }: {
    pieces: Uint8Array[];
    sizeBytes: number;
    version: number;
  }): void {
    const { row, expireAtMs, idleSec, frequency } = this.#key;
    const meta = this.#meta;
    this.#select(this.#key.db);
    const head =
      meta === undefined
        ? Uint8Array.of(row.number)
        : Buffer.concat([Uint8Array.of(keyMetaOpcode), meta, Uint8Array.of(row.number)]);
    const options = restoreOptions({
      expireAtMs,
      idleSec,
      frequency,
      isReplacing: this.#settings.isReplacing,
    });
    this.#commands.begin("RESTORE", 3 + options.length);
    this.#commands.bytes(this.#keyBytes);
    // RESTORE takes no time of 0 or below; any time that is past makes it drop the key, as loading would.
    this.#commands.number(expireAtMs === undefined ? 0 : Math.max(1, expireAtMs));
    this.#commands.beginPieces(head.length + sizeBytes + footerBytes);
    const crc = new Crc64();
    for (const piece of [head, ...pieces, versionBytes(version)]) {
      crc.update(piece);
      this.#commands.piece(piece);
    }
    this.#commands.piece(checksumBytes(crc.value));
    this.#commands.endPieces();
    for (const option of options) this.#commands.text(option);
  }
}

function restoreOptions(key: {
  readonly expireAtMs: number | undefined;
  readonly idleSec: number | undefined;
  readonly frequency: number | undefined;
  readonly isReplacing: boolean;
}): string[] {
  const options: string[] = [];
  if (key.isReplacing) options.push("REPLACE");
  if (key.expireAtMs !== undefined) options.push("ABSTTL");
  // A server follows one policy and refuses both; files carry one.
  if (key.frequency !== undefined) options.push("FREQ", String(key.frequency));
  else if (key.idleSec !== undefined) options.push("IDLETIME", String(key.idleSec));
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

/** A score as servers read it back exactly. */
function scoreText(score: number): string {
  if (Number.isFinite(score)) return Object.is(score, -0) ? "-0" : String(score);
  return score > 0 ? "inf" : "-inf";
}

/** A section does not see the header: what follows from it is said in its settings. */
function sectionSettings(settings: ExportCommandsSettings, facts: FileFacts): ExportCommandsSettings {
  const targetName = settings.targetName ?? targetOfFile(facts).name;
  return { ...settings, targetName, file: originOf(facts) };
}

function originOf({ dialect, version }: FileFacts): FileOrigin {
  return { dialect: dialect ?? "redis", version: version ?? 1 };
}

export const exportCommandsPass: SectionedPassKind<ExportCommandsSettings, ExportResult> = {
  name: "export-commands",
  create: (settings) => new ExportCommandsPass(settings),
  sections: (settings) =>
    settings.chosen === undefined
      ? { isOrderFree: false, settingsFor: (facts) => sectionSettings(settings, facts) }
      : undefined,
  merge: mergeExports,
};
