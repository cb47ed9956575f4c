/** The primary's session does in every conversation of fixtures/resync/primary what is written there, however bytes are cut. */
import { conversationText, shortReplids } from "@holdfast/testkit";
import { describe } from "vitest";
import {
  newHistory,
  type PrimaryAction,
  PrimarySession,
  parseReplicationId,
  shiftHistory,
} from "../src/index.ts";
import { type TestedSide, testConversations } from "./repeat-conversation.ts";
import { smallSnapshot } from "./small-snapshots.ts";

describe("in a conversation, a primary", () => {
  testConversations("primary", (given) => new TestedPrimary(given));
});

/** The mark that snapshots get here. */
const mark = Buffer.from("c".repeat(40));

class TestedPrimary implements TestedSide {
  readonly #session: PrimarySession;
  #actions: PrimaryAction[] = [];
  #nowMs = 0;
  #chunk: { readonly name: string; readonly bytes: Uint8Array } | undefined;

  constructor(given: ReadonlyMap<string, string>) {
    const replid = parseReplicationId(given.get("replid")!)!;
    const before = parseReplicationId(given.get("before") ?? "");
    const through = Number(given.get("through"));
    const [firstOffset, endOffset] = (given.get("backlog") ?? "").split("-").map(Number);
    const password = given.get("password");
    const facts = {
      history: before === undefined ? newHistory(replid) : shiftHistory(newHistory(before), replid, through),
      backlog: endOffset === undefined ? undefined : { firstOffset, endOffset },
      refusal: given.get("refusal"),
    };
    const authenticate = (user: string | undefined, word: string) =>
      word === password && (user ?? "default") === (given.get("user") ?? "default");
    this.#session = new PrimarySession(
      { facts, authenticate: password === undefined ? undefined : authenticate },
      this.#nowMs,
    );
  }

  receive(bytes: Uint8Array): void {
    this.#actions.push(...this.#session.receive(bytes, this.#nowMs));
  }

  instruct(word: string, value: string): string | undefined {
    const session = this.#session;
    if (word === "sent") session.sent(Number(value));
    else if (word === "facts") return `facts ${this.#factsText()}`;
    else this.#actions.push(...this.#act(word, value));
    return undefined;
  }

  #act(word: string, value: string): readonly PrimaryAction[] {
    const session = this.#session;
    switch (word) {
      case "at":
        this.#nowMs = Number(value);
        return session.tick(this.#nowMs);
      case "started":
        return session.snapshotStarted(Number(value));
      case "ready": {
        const sizeBytes = Number(value);
        return session.snapshotReady(
          value === "mark" ? { by: "mark", mark } : { by: "length", sizeBytes },
          this.#nowMs,
        );
      }
      case "chunk":
        this.#chunk = { name: value, bytes: smallSnapshot(value) };
        return session.snapshotChunk(this.#chunk.bytes, this.#nowMs);
      case "done":
        return session.snapshotDone(this.#nowMs);
      case "failed":
        return session.snapshotFailed(new Error("no space"));
      case "behind":
        return session.fellBehind();
      case "changed":
        return session.historyChanged();
      case "ended":
        return session.ended();
      default:
        throw new Error(`a conversation knows no "${word}"`);
    }
  }

  #factsText(): string {
    const { phase, sentOffset, acknowledgedOffset, fsyncedOffset, profile } = this.#session;
    const address = `${profile.host ?? ""}:${profile.port}`;
    return `${phase} ${address} sent=${sentOffset} ack=${acknowledgedOffset} fack=${fsyncedOffset}`;
  }

  take(): string[] {
    const actions = this.#actions;
    this.#actions = [];
    return actions.map((action) =>
      action.kind === "send" ? `> ${this.#bytesText(action.bytes)}` : `! ${actionText(action)}`,
    );
  }

  #bytesText(bytes: Uint8Array): string {
    return this.#chunk?.bytes === bytes ? `<${this.#chunk.name}>` : conversationText(bytes);
  }
}

function actionText(action: Exclude<PrimaryAction, { kind: "send" }>): string {
  if (action.kind === "online") return `online from ${action.fromOffset}`;
  if (action.kind === "close") return `close ${action.error?.code ?? "done"}`;
  const { transfer, withKeys, withFunctions, replicaVersion, why } = action.wanted;
  const parts = [withKeys ? "keys" : "", withFunctions ? "functions" : ""].filter((part) => part !== "");
  const version = replicaVersion === undefined ? "" : ` for ${replicaVersion}`;
  return shortReplids(
    `start-snapshot by ${transfer} of ${parts.join(" and ") || "nothing"}${version}: ${why}`,
  );
}
