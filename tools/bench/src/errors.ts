/** What can go wrong before there is a number. */

export type BenchErrorCode =
  /** The official server that makes the corpus and is measured against is not here. */
  | "BENCH_NO_SERVER"
  /** The server refused commands of the corpus, or holds fewer keys than were sent. */
  | "BENCH_CORPUS_REFUSED"
  /** A measured process ended with an exit code other than 0, or said too little; the message tells. */
  | "BENCH_COMMAND_FAILED"
  /** README.md lacks the marks between which the table goes. */
  | "BENCH_README_WITHOUT_MARKS";

export class BenchError extends Error {
  override readonly name = "BenchError";
  readonly code: BenchErrorCode;

  constructor(code: BenchErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
