/**
 * Who we are to a server: the user of the URL, and the password from the first of these places that has one.
 *
 *   --pass-file FILE        the first line of a file; - is standard input
 *   the URL                 told about on stderr, because other users of the machine can see it in `ps`
 *   REDISCLI_AUTH or VALKEYCLI_AUTH, first the one of the URL's family; empty is as good as not set
 */
import { UsageError } from "@holdfast/command-line";
import type { Credentials } from "@holdfast/resync";
import type { Host } from "./host.ts";
import { readSmallFile } from "./read-small-file.ts";
import type { ServerUrl } from "./server-url.ts";

export interface CredentialOptions {
  readonly passFile?: string;
}

/** Undefined when no password is given anywhere. Throws UsageError when two are, or a user is without one. */
export async function readCredentials(
  host: Host,
  url: ServerUrl,
  { passFile }: CredentialOptions,
): Promise<Credentials | undefined> {
  if (passFile !== undefined && url.password !== undefined)
    throw new UsageError("there is a password in the URL and one in --pass-file", {
      nextStep: "take the one in the URL away",
    });
  if (url.password !== undefined)
    host.writeErr(
      "holdfast: a password in a URL can be seen by others in ps; REDISCLI_AUTH and --pass-file hide it\n",
    );
  const { redis, valkey } = host.passwords;
  const fromEnvironment = url.family === "valkey" ? valkey || redis : redis || valkey;
  const password =
    passFile === undefined ? url.password || fromEnvironment : await readPasswordFile(host, passFile);
  if (password) return url.user === undefined ? { password } : { user: url.user, password };
  if (url.user === undefined) return undefined;
  throw new UsageError(`there is no password for the user ${url.user}`, {
    nextStep: "put it into REDISCLI_AUTH, VALKEYCLI_AUTH or the file of --pass-file",
  });
}

/**
 * A text of elsewhere, with the password hidden wherever it stands in it: a server that does not know AUTH answers with the words it
 * was sent. Control characters, which could move a terminal's cursor, become question marks.
 */
export function withoutSecrets(text: string, credentials: Credentials | undefined): string {
  const { password } = credentials ?? {};
  const hidden =
    password === undefined ? text : text.replaceAll(latin1(password), "***").replaceAll(password, "***");
  return hidden.replace(/\p{Cc}/gu, "?");
}

/** As the bytes of the password look in an answer, which is read as latin-1. */
function latin1(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** The first line of a file. */
export async function readPasswordFile(host: Host, path: string): Promise<string> {
  const text = await readSmallFile(host, "--pass-file", path);
  const [password] = text.split(/\r?\n/, 1);
  if (password === "") throw new UsageError(`the first line of ${path} is empty: there is no password in it`);
  return password;
}
