/**
 * The first words of a replica, one question after the other, and what the answers mean.
 *
 *   PING                                    +PONG, or that we have to say who we are
 *   AUTH [user] password                    if we have one
 *   REPLCONF listening-port N               only when an address is announced; refusals do not matter
 *   REPLCONF ip-address HOST                the same
 *   REPLCONF capa eof capa psync2           snapshots with a mark, +CONTINUE with an id; refusals do not matter
 *   REPLCONF version 9.1.0                  how new a Valkey we pass for: Valkey 9 sends RDB 11 to others, and nothing at all when a
 *                                           hash has fields that expire. Redis does not know the question; refusals do not matter
 *   PSYNC replid N                          answered in replica-session.ts
 *
 * Every answer is waited for: a server refuses PSYNC while answers to earlier commands are still in its output. Two-channel
 * transfers (rdb-channel of Redis 8, dual-channel of Valkey 8) are not announced, so nobody uses them with us.
 * Source: syncWithMaster() in replication.c of Redis 7.0 and Valkey 9.1; what Valkey 9.1 does with fields that expire was seen.
 */
import { encodeCommand } from "@holdfast/resp";
import { ResyncError } from "./errors.ts";

/** A password alone is that of `requirepass`, or of the user "default". */
export interface Credentials {
  readonly user?: string;
  readonly password: string;
}

/** Where the primary tells others that we can be reached. */
export interface AnnouncedAddress {
  readonly port: number;
  /** Default: the address that our connection comes from. */
  readonly host?: string;
}

export interface HandshakeOptions {
  readonly credentials?: Credentials | undefined;
  /**
   * Default: none. The primary then lists us with port 0, and Sentinel never takes us for a replica that could be promoted. Who
   * announces an address has to answer INFO there, with `slave_priority:0` if it must not become a primary.
   */
  readonly announce?: AnnouncedAddress | undefined;
}

/** One question. `judge` says what is wrong with an answer, if anything. */
export interface HandshakeStep {
  readonly command: Uint8Array;
  readonly judge: (answer: string) => ResyncError | undefined;
}

/** The newest Valkey whose snapshots are read. */
const VALKEY_VERSION = "9.1.0";

/** All questions before PSYNC, in order. */
export function handshakeSteps(options: HandshakeOptions): HandshakeStep[] {
  const { credentials, announce } = options;
  const steps = [{ command: encodeCommand(["PING"]), judge: judgePing(credentials !== undefined) }];
  if (credentials !== undefined) {
    const who = credentials.user === undefined ? [] : [credentials.user];
    steps.push({ command: encodeCommand(["AUTH", ...who, credentials.password]), judge: judgeAuth });
  }
  const tell = (...words: string[]) =>
    steps.push({ command: encodeCommand(["REPLCONF", ...words]), judge: judgeAnnouncement });
  if (announce !== undefined) {
    tell("listening-port", String(announce.port));
    if (announce.host !== undefined) tell("ip-address", announce.host);
  }
  tell("capa", "eof", "capa", "psync2");
  tell("version", VALKEY_VERSION);
  return steps;
}

/** The error that an answer beginning with "-" stands for. */
export function refusalOf(answer: string): ResyncError {
  const word = answer.slice(1).split(" ", 1)[0];
  if (word === "NOAUTH")
    return new ResyncError("RESYNC_AUTH_REQUIRED", `the primary wants a password: ${answer}`);
  if (NOT_READY_WORDS.includes(word))
    return new ResyncError("RESYNC_NOT_READY", `the primary is not ready: ${answer}`);
  return new ResyncError("RESYNC_REFUSED", `the primary refused: ${answer}`);
}

/** Answers of a server that may serve us a moment later. */
const NOT_READY_WORDS = ["LOADING", "NOMASTERLINK", "MASTERDOWN", "BUSY", "TRYAGAIN"];

function judgePing(hasCredentials: boolean): HandshakeStep["judge"] {
  return (answer) => {
    if (answer.startsWith("+")) return undefined;
    // A server that wants to know first who we are says so in one of three ways, by its version.
    const asksWho = /^-(NOAUTH|NOPERM|ERR operation not permitted)/.test(answer);
    if (asksWho && hasCredentials) return undefined;
    return answer.startsWith("-") ? refusalOf(answer) : badReply("PING", answer);
  };
}

function judgeAuth(answer: string): ResyncError | undefined {
  if (answer.startsWith("+")) return undefined;
  if (!answer.startsWith("-")) return badReply("AUTH", answer);
  return answer.startsWith("-LOADING")
    ? refusalOf(answer)
    : new ResyncError("RESYNC_AUTH_FAILED", `the primary does not let us in: ${answer}`);
}

/** Old servers know fewer of these: a refusal costs a feature, not the link. Except when we may not speak at all. */
function judgeAnnouncement(answer: string): ResyncError | undefined {
  if (answer.startsWith("-NOAUTH") || answer.startsWith("-NOPERM")) return refusalOf(answer);
  return /^[+-]/.test(answer) ? undefined : badReply("REPLCONF", answer);
}

export function badReply(command: string, answer: string): ResyncError {
  const shown = answer.length > 80 ? `${answer.slice(0, 80)}…` : answer;
  return new ResyncError("RESYNC_BAD_REPLY", `the answer to ${command} is not understood: "${shown}"`);
}
