/**
 * What a server answered instead of doing what it was asked, for people: a code, the exit code, the next step.
 *
 *   NOAUTH WRONGPASS NOPERM READONLY     21   it does not let us
 *   LOADING MASTERDOWN BUSY CLUSTERDOWN  20   it cannot, for now
 *   OOM MISCONF                          23   it has no room, or cannot save
 *   unknown command, payload versions    12   it is older than what it was given, or of the other family
 *   anything else                        40   what is there does not fit what it was told: WRONGTYPE and its like
 *
 * Source: shared errors of server.c of Redis 7.0 and Valkey 9.1; texts observed on the servers of the project.
 */
import { type ExitCode, exitCode, Problem } from "@holdfast/command-line";
import type { Credentials } from "@holdfast/resync";
import { withoutSecrets } from "../credentials.ts";

export type ServerProblemCode =
  | "SERVER_AUTH"
  | "SERVER_READONLY"
  | "SERVER_NOT_READY"
  | "SERVER_FULL"
  | "SERVER_UNKNOWN_COMMAND"
  | "SERVER_PAYLOAD_VERSION"
  | "SERVER_KEY_EXISTS"
  | "SERVER_MOVED"
  | "SERVER_REFUSED"
  | "SERVER_UNREACHABLE";

/** A problem whose kind a program can tell without reading text. */
export class ServerProblem extends Problem {
  readonly code: ServerProblemCode;

  constructor(
    code: ServerProblemCode,
    message: string,
    options: { readonly nextStep?: string; readonly cause?: unknown } = {},
  ) {
    super(judgements[code].exit, message, { nextStep: judgements[code].nextStep, ...options });
    this.code = code;
  }
}

interface Judgement {
  readonly exit: ExitCode;
  readonly nextStep: string;
}

const judgements: Readonly<Record<ServerProblemCode, Judgement>> = {
  SERVER_AUTH: {
    exit: exitCode.authentication,
    nextStep: "check user and password, and with ACL LIST on the server what the user may do",
  },
  SERVER_READONLY: {
    exit: exitCode.authentication,
    nextStep: "give the address of the primary: INFO replication on that server says where it is",
  },
  SERVER_NOT_READY: {
    exit: exitCode.connection,
    nextStep: "wait until the server is ready, and run it again",
  },
  SERVER_FULL: {
    exit: exitCode.localIo,
    nextStep:
      "raise maxmemory or free memory there (OOM), or see why it cannot save (MISCONF); then run it again",
  },
  SERVER_UNKNOWN_COMMAND: {
    exit: exitCode.unsupported,
    nextStep: "give a target that is not older than the source, or --on-refused skip to count such commands",
  },
  SERVER_PAYLOAD_VERSION: {
    exit: exitCode.unsupported,
    nextStep: "give a newer target, or leave such keys out with --not-match",
  },
  SERVER_KEY_EXISTS: {
    exit: exitCode.targetExists,
    nextStep: "give --on-exists replace or skip, or a target without such keys",
  },
  SERVER_MOVED: {
    exit: exitCode.connection,
    nextStep: "slots are moving in the cluster: run it again, it goes on where it was",
  },
  SERVER_REFUSED: {
    exit: exitCode.differences,
    nextStep: "look at the key on both sides: something else writes to the target, or it differs already",
  },
  SERVER_UNREACHABLE: {
    exit: exitCode.connection,
    nextStep: "check host, port and network, then run it again",
  },
};

/** The kind of an error that a server answers, such as `READONLY You can't write against a read only replica.` */
export function codeOfAnswer(answer: string): ServerProblemCode {
  const word = answer.split(" ", 1)[0];
  switch (word) {
    case "NOAUTH":
    case "WRONGPASS":
    case "NOPERM":
    case "DENIED":
      return "SERVER_AUTH";
    case "READONLY":
      return "SERVER_READONLY";
    case "LOADING":
    case "MASTERDOWN":
    case "BUSY":
    case "CLUSTERDOWN":
    case "TRYAGAIN":
      return "SERVER_NOT_READY";
    case "OOM":
    case "MISCONF":
    case "NOREPLICAS":
      return "SERVER_FULL";
    case "BUSYKEY":
      return "SERVER_KEY_EXISTS";
    case "MOVED":
    case "ASK":
    case "CROSSSLOT":
      return "SERVER_MOVED";
  }
  if (/^ERR unknown (sub)?command|^ERR Unknown subcommand/i.test(answer)) return "SERVER_UNKNOWN_COMMAND";
  if (/DUMP payload version|Bad data format/.test(answer)) return "SERVER_PAYLOAD_VERSION";
  if (/invalid password|without any password|operation not permitted|no password is set/i.test(answer))
    return "SERVER_AUTH";
  return "SERVER_REFUSED";
}

/** `what` says what was asked, and of which key. */
export function problemOfAnswer(
  answer: string,
  server: { readonly shown: string; readonly credentials: Credentials | undefined },
  what: string,
): ServerProblem {
  const said = withoutSecrets(answer, server.credentials);
  return new ServerProblem(codeOfAnswer(answer), `${server.shown} refused ${what}: ${said}`);
}
