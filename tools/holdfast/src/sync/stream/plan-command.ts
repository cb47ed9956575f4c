/**
 * What becomes of one command of a stream on its way to a target: the decision, without anything that is sent.
 *
 *   PING, REPLCONF, Sentinel's hello          dropped: about the servers of the source
 *   keys that no rule lets through            dropped
 *   DEL UNLINK MSET MSETNX, keys here and there      split exactly: each key by itself is as good
 *   anything else with keys here and there    cannot be: a problem with the command's name
 *   SET … PXAT for servers before 6.2         SET and PEXPIREAT, in the same transaction
 *   RESTORE of a newer or foreign payload     with the payload encoded for the target
 *   FLUSHALL, FLUSHDB, SWAPDB, MOVE           as they are when every key of a database passes, otherwise a problem
 */
import { slotOfKey } from "@holdfast/bytes";
import {
  acceptsDumpVersion,
  decodeDumpPayload,
  encodeDumpValue,
  parseDumpPayload,
  type RdbLoss,
  refootDumpPayload,
} from "@holdfast/rdb";
import { streamCommandKind } from "@holdfast/resync";
import type { KeyRules } from "../key-rules.ts";
import type { TargetFacts } from "../target/target-facts.ts";
import { keyIndices } from "./command-keys.ts";

/** A command for the target. */
export interface PlannedCommand {
  readonly db: number;
  readonly words: readonly Uint8Array[];
  /** Its keys under their new names; none: it is for the whole database or server. */
  readonly keys: readonly Uint8Array[];
}

export type CommandPlan =
  | { readonly kind: "send"; readonly commands: readonly PlannedCommand[] }
  | {
      readonly kind: "drop";
      readonly why: "of the source's servers" | "not selected" | "the source's own checkpoint";
    }
  | {
      readonly kind: "problem";
      readonly code: "unknown-command" | "mixed-keys" | "unknown-keys" | "cross-slot" | "whole-database";
      readonly detail: string;
    };

/** What splits without changing its meaning, with the words of each key. */
const splittable: Readonly<Record<string, { readonly step: number; readonly as: string }>> = {
  del: { step: 1, as: "DEL" },
  unlink: { step: 1, as: "UNLINK" },
  mset: { step: 2, as: "MSET" },
  // In a stream only when it did set.
  msetnx: { step: 2, as: "MSET" },
};

export class CommandPlanner {
  readonly #facts: TargetFacts;
  readonly #rules: KeyRules;

  readonly #onLoss: (loss: RdbLoss) => void;

  constructor(facts: TargetFacts, rules: KeyRules, onLoss: (loss: RdbLoss) => void) {
    this.#facts = facts;
    this.#rules = rules;
    this.#onLoss = onLoss;
  }

  /** `words` begin with the name, which `name` is in lower case; `db` is selected. */
  plan(name: string, words: readonly Uint8Array[], db: number): CommandPlan {
    if (streamCommandKind(words) !== "data") return { kind: "drop", why: "of the source's servers" };
    const facts = this.#facts.commands.get(name);
    if (facts === undefined)
      return {
        kind: "problem",
        code: "unknown-command",
        detail: `the target does not know ${shownName(name)}`,
      };
    const keys = keyIndices(name, words, facts);
    if (keys === undefined && (this.#rules.looksAtNames || this.#facts.isCluster))
      return {
        kind: "problem",
        code: "unknown-keys",
        detail: `where ${shownName(name)} has its keys is not known`,
      };
    if (keys === undefined || keys.length === 0) return this.#planKeyless(name, words, db);
    return this.#planKeys(name, words, { db, keys });
  }

  #planKeyless(name: string, words: readonly Uint8Array[], db: number): CommandPlan {
    const rules = this.#rules;
    const whole = (detail: string): CommandPlan => ({ kind: "problem", code: "whole-database", detail });
    const send = (...each: readonly (readonly Uint8Array[])[]): CommandPlan => ({
      kind: "send",
      commands: each.map((these) => ({ db: rules.dbOf(db), words: these, keys: [] })),
    });
    if (name === "flushall") {
      if (rules.isOpen && rules.dbOf(-1) === -1) return send(words);
      return whole("FLUSHALL of the source empties more than what is selected");
    }
    if (name === "flushdb") {
      if (!rules.takesDb(db)) return { kind: "drop", why: "not selected" };
      return rules.looksAtNames
        ? whole("FLUSHDB of the source empties more than what is selected")
        : send(words);
    }
    if (name === "swapdb") {
      if (rules.isOpen && rules.dbOf(-1) === -1) return send(words);
      return whole("SWAPDB exchanges databases of which not everything is selected");
    }
    return send(words);
  }

  #planKeys(
    name: string,
    words: readonly Uint8Array[],
    { db, keys }: { readonly db: number; readonly keys: readonly number[] },
  ): CommandPlan {
    const rules = this.#rules;
    const chosen = keys.filter((index) => rules.fits(db, words[index]));
    if (chosen.length === 0) {
      const isOwn = keys.some((index) => rules.isOwn(words[index]));
      return { kind: "drop", why: isOwn ? "the source's own checkpoint" : "not selected" };
    }
    const split = splittable[name];
    if (split !== undefined && (chosen.length < keys.length || (this.#facts.isCluster && chosen.length > 1)))
      return this.#split(words, db, chosen, split);
    if (chosen.length < keys.length)
      return {
        kind: "problem",
        code: "mixed-keys",
        detail: `${shownName(name)} has keys that are selected and keys that are not`,
      };
    const otherDb = otherDbOf(name, words);
    if (otherDb !== undefined && (!rules.takesDb(otherDb) || rules.dbOf(-1) !== -1))
      return {
        kind: "problem",
        code: "mixed-keys",
        detail: `${shownName(name)} goes to db ${otherDb}, which is not selected`,
      };
    const renamed = words.map((word, index) => (chosen.includes(index) ? rules.nameOf(word) : word));
    const names = chosen.map((index) => renamed[index]);
    if (this.#facts.isCluster && names.some((each) => slotOfKey(each) !== slotOfKey(names[0])))
      return {
        kind: "problem",
        code: "cross-slot",
        detail: `${shownName(name)} has keys in several slots, which a cluster refuses`,
      };
    return { kind: "send", commands: this.#adapted(name, renamed, { db: rules.dbOf(db), keys: names }) };
  }

  #split(
    words: readonly Uint8Array[],
    db: number,
    chosen: readonly number[],
    { step, as }: { readonly step: number; readonly as: string },
  ): CommandPlan {
    const commands = chosen.map((index): PlannedCommand => {
      const key = this.#rules.nameOf(words[index]);
      return {
        db: this.#rules.dbOf(db),
        words: [Buffer.from(as), key, ...words.slice(index + 1, index + step)],
        keys: [key],
      };
    });
    return { kind: "send", commands };
  }

  /** In a form that the target understands. */
  #adapted(
    name: string,
    words: readonly Uint8Array[],
    place: { readonly db: number; readonly keys: readonly Uint8Array[] },
  ): PlannedCommand[] {
    if (name === "set" && this.#facts.commandTarget.release < PXAT_SINCE) {
      const at = words.findIndex((word, index) => index > 2 && textOf(word).toLowerCase() === "pxat");
      if (at > 0)
        return [
          { ...place, words: words.filter((_, index) => index !== at && index !== at + 1) },
          { ...place, words: [Buffer.from("PEXPIREAT"), words[1], words[at + 1]] },
        ];
    }
    if (name === "restore" && words.length > 3) {
      const payload = this.#payloadFor(words[3]);
      if (payload !== undefined) return [{ ...place, words: words.with(3, payload) }];
    }
    return [{ ...place, words }];
  }

  /** The same value for the target; undefined when it takes the payload as it is, or nothing can be made of it. */
  #payloadFor(payload: Uint8Array): Uint8Array | undefined {
    const { commandTarget, rdbTarget } = this.#facts;
    const { version } = parseDumpPayload(payload);
    if (acceptsDumpVersion({ family: commandTarget.family, rdbVersion: commandTarget.rdbVersion }, version))
      return undefined;
    const refooted = refootDumpPayload(payload, rdbTarget);
    return (
      refooted ?? encodeDumpValue(decodeDumpPayload(payload), { target: rdbTarget, onLoss: this.#onLoss })
    );
  }
}

/** Redis 6.2, and every Valkey. */
const PXAT_SINCE = 602;

function otherDbOf(name: string, words: readonly Uint8Array[]): number | undefined {
  if (name === "move") return Number(textOf(words[2]));
  if (name !== "copy") return undefined;
  const at = words.findIndex((word, index) => index > 2 && textOf(word).toLowerCase() === "db");
  return at < 0 ? undefined : Number(textOf(words[at + 1]));
}

function shownName(name: string): string {
  return name.toUpperCase();
}

function textOf(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? "" : Buffer.from(bytes).toString("latin1");
}
