/**
 * Scores on their way out: binary, as text with a size byte (type 3), or as an entry of a packed encoding.
 *
 * Texts are the shortest that read back as the same double; older servers print 17 digits and read either.
 */
import type { ListpackWriter } from "./listpack-writer.ts";
import type { RdbOutput } from "./rdb-output.ts";
import type { ZiplistWriter } from "./ziplist-writer.ts";

const sizeInfinity = 254;
const sizeMinusInfinity = 255;

/** Type 3: size, text; infinities are sizes of their own. */
export function writeTextScore(output: RdbOutput, score: number): void {
  if (!Number.isFinite(score)) {
    output.byte(score > 0 ? sizeInfinity : sizeMinusInfinity);
    return;
  }
  const text = scoreText(score);
  output.byte(text.length);
  output.bytes(text);
}

/** An integer where the score is one, else its text. */
export function packScore(packed: ListpackWriter | ZiplistWriter, score: number): void {
  if (Number.isSafeInteger(score) && !Object.is(score, -0)) packed.integer(score);
  else packed.text(scoreText(score));
}

function scoreText(score: number): Uint8Array {
  if (score === Number.POSITIVE_INFINITY) return Buffer.from("inf");
  if (score === Number.NEGATIVE_INFINITY) return Buffer.from("-inf");
  return Buffer.from(Object.is(score, -0) ? "-0" : String(score));
}
