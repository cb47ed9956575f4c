/**
 * What the process answers with: one table, the same for every command line of the project.
 *
 * A damaged file has four answers, so that a script can tell "cut short, the rest is good" from "wrong
 * bytes" without reading text.
 */
export const exitCode = {
  ok: 0,
  bug: 1,
  usage: 2,
  corrupt: 10,
  truncated: 11,
  unsupported: 12,
  checksum: 13,
  gap: 14,
  notCovered: 15,
  connection: 20,
  authentication: 21,
  localIo: 23,
  targetExists: 30,
  differences: 40,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** The answer for bytes that are not sound. Codes that no case names mean wrong bytes. */
export function exitCodeOfDamage(code: string): ExitCode {
  switch (code) {
    case "RDB_TRUNCATED":
    case "COMPRESSION_TRUNCATED":
      return exitCode.truncated;
    case "RDB_UNSUPPORTED_VERSION":
    case "RDB_UNSUPPORTED_TYPE":
    case "RDB_UNKNOWN_TYPE":
    case "COMPRESSION_UNSUPPORTED":
      return exitCode.unsupported;
    case "RDB_CHECKSUM_MISMATCH":
      return exitCode.checksum;
    default:
      return exitCode.corrupt;
  }
}

/** What to do with a container (zstd, gzip) that could not be unpacked, by the code of what was wrong. */
export function stepAfterUnpacking(code: string): string {
  return code === "COMPRESSION_UNSUPPORTED"
    ? "unpack it with zstd -d first, and with the dictionary (-D) if it has one"
    : "what is packed cannot be unpacked: fetch the file again, or take another copy";
}
