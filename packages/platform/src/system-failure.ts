/**
 * Reads an error of the operating system as Node reports it: `ENOSPC: no space left on device, write`, with the name in
 * `code` as well.
 */

/** The system's name for a failure and its words; for anything else "EUNKNOWN" and the error's own message. */
export function systemFailure(error: unknown): { readonly code: string; readonly detail: string } {
  const message = error instanceof Error ? error.message : String(error);
  const named = error as { readonly code?: unknown } | null | undefined;
  const code = typeof named?.code === "string" ? named.code : "EUNKNOWN";
  const words = /^E[A-Z0-9]+: ([^,]+)/.exec(message);
  return { code, detail: words?.[1] ?? message };
}
