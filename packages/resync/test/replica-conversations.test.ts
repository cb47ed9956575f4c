/** The replica's session does in every conversation of fixtures/resync/replica what is written there, however bytes are cut. */
import { conversationText, shortReplids } from "@holdfast/testkit";
import { describe, expect } from "vitest";
import { parseReplicationId, type ReplicaAction, ReplicaSession, type ReplicaState } from "../src/index.ts";
import { type TestedSide, testConversations } from "./repeat-conversation.ts";

describe("in a conversation, a replica", () => {
  testConversations("replica", (given) => new TestedReplica(given));
});

class TestedReplica implements TestedSide {
  readonly #session: ReplicaSession;
  #actions: ReplicaAction[] = [];
  #nowMs = 0;

  constructor(given: ReadonlyMap<string, string>) {
    this.#session = new ReplicaSession(optionsOf(given));
  }

  receive(bytes: Uint8Array): void {
    this.#actions.push(...this.#session.receive(bytes, this.#nowMs));
  }

  instruct(word: string, value: string): string | undefined {
    if (word === "state") return `state ${stateText(this.#session.state!)}`;
    this.#actions.push(...this.#act(word, value));
    return undefined;
  }

  #act(word: string, value: string): readonly ReplicaAction[] {
    const session = this.#session;
    switch (word) {
      case "start":
        return session.start(0);
      case "at":
        this.#nowMs = Number(value);
        return session.tick(this.#nowMs);
      case "stored":
        return session.snapshotStored(this.#nowMs);
      case "settled":
        return session.settled(Number(value), this.#nowMs);
      case "ended":
        return session.ended();
      default:
        throw new Error(`a conversation knows no "${word}"`);
    }
  }

  take(): string[] {
    const actions = merged(this.#actions);
    this.#actions = [];
    return actions.map((action) =>
      action.kind === "send" ? `> ${conversationText(action.bytes)}` : `! ${actionText(action)}`,
    );
  }
}

function optionsOf(given: ReadonlyMap<string, string>): ConstructorParameters<typeof ReplicaSession>[0] {
  const text = (name: string) => given.get(name);
  const number = (name: string) => (text(name) === undefined ? undefined : Number(text(name)));
  const optional = <T>(name: string, value: T | undefined) => (value === undefined ? {} : { [name]: value });
  const replid = parseReplicationId(text("replid") ?? "");
  const history = replid && { replid, previous: [] };
  const password = text("password");
  const port = number("port");
  return {
    resumeFrom: history && { history, offset: number("offset")!, db: number("db") },
    credentials: password === undefined ? undefined : { password, ...optional("user", text("user")) },
    announce: port === undefined ? undefined : { port, ...optional("host", text("host")) },
    ...optional("timeoutMs", number("timeout")),
    ...optional("ackEveryMs", number("ack")),
  };
}

/** However the bytes were cut, neighbours that say the same are one. */
function merged(actions: readonly ReplicaAction[]): ReplicaAction[] {
  const result: ReplicaAction[] = [];
  for (const action of actions) {
    const last = result.at(-1);
    if (action.kind === "snapshot-bytes" && last?.kind === "snapshot-bytes") {
      result[result.length - 1] = { ...last, bytes: Buffer.concat([last.bytes, action.bytes]) };
    } else if (action.kind === "stream" && last?.kind === "stream") {
      expect(action.offset).toBe(last.state.offset);
      result[result.length - 1] = { ...last, bytes: [...last.bytes, ...action.bytes], state: action.state };
    } else {
      // How much of a damaged snapshot was handed over before the damage was seen depends on the cuts.
      const isDamage = action.kind === "close" && action.error.code === "RESYNC_BAD_SNAPSHOT";
      if (isDamage && last?.kind === "snapshot-bytes") result.pop();
      result.push(action);
    }
  }
  return result;
}

function actionText(action: Exclude<ReplicaAction, { kind: "send" }>): string {
  switch (action.kind) {
    case "full-resync":
      return `full-resync ${shortReplids(action.replid)} at ${action.offset}`;
    case "snapshot-start":
      return `snapshot-start of ${action.sizeBytes === undefined ? "unknown size" : `${action.sizeBytes} bytes`}`;
    case "snapshot-bytes":
      return `snapshot-bytes ${action.bytes.length}`;
    case "snapshot-end":
    case "continued":
      return `${action.kind} ${stateText(action.state)}`;
    case "stream":
      expect(Buffer.concat(action.bytes).length).toBe(action.state.offset - action.offset);
      return `stream ${action.offset} to ${action.state.offset}, db ${action.state.db ?? "none"}`;
    case "settle-wanted":
      return `settle-wanted ${action.offset}`;
    case "close":
      return `close ${action.error.code}`;
  }
}

function stateText({ history, offset, db }: ReplicaState): string {
  const before = history.previous.map((each) => `, before ${each.replid} to ${each.validThrough}`);
  return shortReplids(`${history.replid} at ${offset}, db ${db ?? "none"}${before.join("")}`);
}
