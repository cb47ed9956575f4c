/** A primary in a memory network that says what a test wants, connection by connection. */
import { type Connection, MemoryNetwork, nodePlatform } from "@holdfast/platform";

export const replid = "7ae4511efad73c4e983a2f06a69c0d5c440cc1f8";

/** Sends `snapshot` by its length, of which only the first `sentBytes` come; then `after` ends the connection or not. */
export interface ScriptedAnswer {
  readonly snapshot: Uint8Array;
  readonly sentBytes?: number;
  readonly after?: (connection: Connection) => void;
}

/** Each connection takes the next answer, the last one again and again. */
export async function scriptedPrimary(...answers: readonly ScriptedAnswer[]): Promise<MemoryNetwork> {
  const network = new MemoryNetwork({ clock: nodePlatform().clock });
  let connections = 0;
  await network.listen({ address: { host: "primary", port: 6379 } }, (connection) => {
    const answer = answers[Math.min(connections++, answers.length - 1)];
    // The test cuts connections: that ends the conversation.
    converse(connection, answer).catch(() => {});
  });
  return network;
}

async function converse(connection: Connection, answer: ScriptedAnswer): Promise<void> {
  const { snapshot, sentBytes = snapshot.length, after } = answer;
  for (const line of ["+PONG", "+OK", "+OK", `+FULLRESYNC ${replid} 100\r\n$${snapshot.length}`]) {
    if ((await connection.read()) === undefined) return;
    await connection.write(Buffer.from(`${line}\r\n`));
  }
  await connection.write(snapshot.subarray(0, sentBytes));
  after?.(connection);
}
