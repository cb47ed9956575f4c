/** What tests of `pull` and `serve` with real servers have in common. */
import type { ServerId } from "@holdfast/servers";
import { certPem, keyPem, type ServerClient } from "@holdfast/testkit";

/** Files in a server's directory, and the options that name them. */
export const pem = { "cert.pem": Buffer.from(certPem), "key.pem": Buffer.from(keyPem) };
export const tlsArgs = [
  ...["--tls-cert-file", "cert.pem"],
  ...["--tls-key-file", "key.pem"],
  ...["--tls-ca-cert-file", "cert.pem"],
];

/** Redis 6.0 knows no such option: DEBUG is always allowed there. */
export function debugArgs(id: ServerId): string[] {
  return id === "redis-6.0" ? [] : ["--enable-debug-command", "yes"];
}

export async function digestOf(client: ServerClient): Promise<string> {
  return String(await client.sendCommand(["DEBUG", "DIGEST"]));
}
