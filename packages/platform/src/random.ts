/** The fourth door: bytes that nobody can foresee, or, in a test, that a seed decides. */
export interface Random {
  /** Fresh random bytes, owned by the caller. */
  bytes(count: number): Uint8Array;
}
