/** What can go wrong between a server's id and a running process. */

export type ServerErrorCode =
  /** This machine has no package client, or its configuration names no Debian archive. */
  | "SERVERS_NO_ARCHIVE"
  /** No suite of the recipe offers the wanted release (any more). */
  | "SERVERS_NOT_OFFERED"
  /** A command of the package client failed; the message carries its last lines. */
  | "SERVERS_COMMAND_FAILED"
  /** The programs were unpacked, but one of them does not run. */
  | "SERVERS_DOES_NOT_RUN"
  /** The process ended, or did not answer PING in time; the message carries its log. */
  | "SERVERS_DID_NOT_START";

export class ServerError extends Error {
  readonly code: ServerErrorCode;

  constructor(code: ServerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ServerError";
    this.code = code;
  }
}
