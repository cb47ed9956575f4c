/**
 * Why a replication link ended, for people: the exit code and the next step.
 *
 *   20   no connection, no answer, or it broke; asked again as often as --retries says, since the next attempt may well succeed
 *   21   the server does not let us: password, ACL, PSYNC
 *   10…13   the snapshot itself is wrong, by the codes of damaged files
 */
import { type ExitCode, exitCode, exitCodeOfDamage, Problem } from "@holdfast/command-line";
import { ConnectionError } from "@holdfast/platform";
import { RdbFormatError } from "@holdfast/rdb";
import type { Credentials, ResyncError } from "@holdfast/resync";
import { withoutSecrets } from "../credentials.ts";

/** Whether another attempt can end otherwise. */
export function isWorthRetrying({ code, cause }: ResyncError): boolean {
  if (code === "RESYNC_DISCONNECTED") return !(cause instanceof ConnectionError && isAboutTls(cause.code));
  return code === "RESYNC_CLOSED" || code === "RESYNC_TIMEOUT" || code === "RESYNC_NOT_READY";
}

/** The problem to end with. `server` is the URL as it may be shown. */
export function linkProblem(
  error: ResyncError,
  server: string,
  credentials: Credentials | undefined,
): Problem {
  const { code, nextStep } = judge(error);
  const cause = causeText(error.cause);
  const { offset } = error;
  const place = error.code === "RESYNC_BAD_STREAM" && offset !== undefined ? ` at offset ${offset}` : "";
  const detail = said(error.message.replace(/^resync: /, ""), credentials) + place;
  return new Problem(code, `${server}: ${detail}${error.code === "RESYNC_CLOSED" ? cause : ""}`, {
    nextStep,
    cause: error,
  });
}

/** Our words, then the server's, in which the password may stand. In ours it would be told by what is hidden: `does ***t`. */
function said(message: string, credentials: Credentials | undefined): string {
  const answerAt = Math.max(0, message.indexOf(": -"));
  return message.slice(0, answerAt) + withoutSecrets(message.slice(answerAt), credentials);
}

function causeText(cause: unknown): string {
  return cause instanceof Error ? `: ${cause.message}` : "";
}

interface Judgement {
  readonly code: ExitCode;
  readonly nextStep: string;
}

function judge(error: ResyncError): Judgement {
  const { connection, authentication } = exitCode;
  switch (error.code) {
    case "RESYNC_AUTH_REQUIRED":
      return {
        code: authentication,
        nextStep:
          "put the password into REDISCLI_AUTH or a --pass-file; a user into the URL, as in redis://USER:@host",
      };
    case "RESYNC_AUTH_FAILED":
      return {
        code: authentication,
        nextStep: "check user and password; ACL LIST on the server shows who is on",
      };
    case "RESYNC_REFUSED":
      return { code: authentication, nextStep: stepAfterRefusal(error.message) };
    case "RESYNC_NOT_READY":
      return {
        code: connection,
        nextStep: "wait until the server has loaded its data, or give more --retries: one a second",
      };
    case "RESYNC_TIMEOUT":
      return {
        code: connection,
        nextStep:
          "check network, firewall, and whether this port wants TLS or not; --timeout sets how long silence is borne",
      };
    case "RESYNC_DISCONNECTED":
      return { code: connection, nextStep: stepAfterNoConnection(error.cause) };
    case "RESYNC_CLOSED":
      return { code: connection, nextStep: stepAfterEnd(error.message) };
    case "RESYNC_BAD_STREAM":
      return {
        code: connection,
        nextStep: "what was kept is sound: check the network, and what stands between here and the server",
      };
    case "RESYNC_BAD_SNAPSHOT":
      return {
        code: damageCode(error.cause),
        nextStep: "nothing was kept: check the server's log, memory and disk, then pull again",
      };
    default:
      return { code: connection, nextStep: "check that a Redis or Valkey server listens there" };
  }
}

function damageCode(cause: unknown): ExitCode {
  return cause instanceof RdbFormatError ? exitCodeOfDamage(cause.code) : exitCode.corrupt;
}

function stepAfterRefusal(message: string): string {
  if (message.includes("NOPERM"))
    return "give the user what a replica needs: ACL SETUSER name +psync +replconf +ping";
  if (message.includes("DENIED"))
    return "the server is in protected mode: set a password there, or run this on its machine";
  return "the address has to be that of a server that can have replicas: no Sentinel, no proxy, PSYNC not renamed";
}

function stepAfterNoConnection(cause: unknown): string {
  const code = cause instanceof ConnectionError ? cause.code : "";
  if (code === "ECONNREFUSED" || code === "ENOENT")
    return "nobody listens there: check host and port, and that the server runs";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "check the name of the host";
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID")
    return "the certificate is for another name: give that name with --sni, or connect to it";
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER" || code === "EPROTO" || code.startsWith("ERR_SSL_PACKET"))
    return "this port does not seem to speak TLS: use redis:// without --tls, or the server's tls-port";
  if (isAboutTls(code))
    return "give the authority that signed the server's certificate with --cacert, or --insecure to trust anybody";
  return "check host, port and network";
}

/** Node names certificates' faults after OpenSSL's, without a common prefix. */
function isAboutTls(code: string): boolean {
  return /^ERR_(SSL|TLS|OSSL)|^EPROTO$|CERT|SIGNATURE|ISSUER/.test(code);
}

function stepAfterEnd(message: string): string {
  if (message.includes("during handshake"))
    return "a port that speaks TLS ends plain connections so, and one that asks for a certificate those without: try rediss://, --cert and --key";
  return "look into the server's log: client-output-buffer-limit and repl-timeout end transfers; nothing was kept";
}
