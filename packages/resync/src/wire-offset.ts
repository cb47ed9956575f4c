/**
 * Offsets as the protocol spells them. Inside, an offset is how many bytes of the stream lie before a point; on the wire some
 * numbers say that and some say the number of the next byte, counted from 1:
 *
 *   text                               says                       example at offset 122
 *   +FULLRESYNC id N                   bytes before               122
 *   REPLCONF ACK N                     bytes before               122
 *   RDB aux repl-offset N              bytes before               122
 *   PSYNC id N                         the byte that is wanted    123
 *   INFO second_repl_offset:N          the first byte not shared  123
 *   INFO repl_backlog_first_byte_offset:N  the first byte kept    123
 *
 * Source: replication.c of Redis 7.0; observed on all servers.
 */

/** No stream is as long: larger numbers are not exact. */
const OFFSET_TEXT = /^\d{1,16}$/;

/** The argument of PSYNC of who has everything before `offset`. */
export function nextByteText(offset: number): string {
  return String(offset + 1);
}

/** The offset that an argument of PSYNC stands for; -1 for the -1 of `PSYNC ? -1`, undefined when it is no such number. */
export function offsetOfNextByte(text: string): number | undefined {
  if (text === "-1") return -1;
  const number = offsetOfCount(text);
  // Byte 0 is never wanted by a server; it can only mean the start.
  return number === undefined ? undefined : Math.max(0, number - 1);
}

/** The offset that a count of bytes stands for; undefined when the text is no such number. */
export function offsetOfCount(text: string): number | undefined {
  if (!OFFSET_TEXT.test(text)) return undefined;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : undefined;
}
