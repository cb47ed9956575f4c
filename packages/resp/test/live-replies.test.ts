/** What real servers answer is read to the last byte, and is what our encoder would have sent; inline commands are split as they split them. */
import { once } from "node:events";
import { connect } from "node:net";
import { describeWithServer, seededRandom, testSeed, withServer } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { encodeCommand, encodeReply, type Reply, ReplyDecoder, splitInline } from "../src/index.ts";
import { plainReply } from "./read-replies.ts";

const SERVERS = ["redis-6.0", "redis-7.0", "redis-8.0", "redis-8.6", "valkey-8.1", "valkey-9.1"] as const;
const DEBUG_TYPES = [
  "string",
  "integer",
  "double",
  "null",
  "array",
  "set",
  "map",
  "attrib",
  "verbatim",
  "true",
  "false",
];

describeWithServer(SERVERS, "a real server", (id) => {
  test.each([2, 3] as const)("answers what we read and would have sent, in RESP%i", async (protocol) => {
    await withServer(id, { args: debugArgs(id) }, async ({ server, client }) => {
      await client.sendCommand(["ZADD", "z", "1.5", "a", "inf", "b"]);
      const commands = [
        ["HELLO", String(protocol)],
        ["PING"],
        ["SET", "k", "é\r\n"],
        ["GET", "k"],
        ["GET", "none"],
        ["INCR", "k"],
        ["ZRANGE", "z", "0", "-1", "WITHSCORES"],
        ["CONFIG", "GET", "maxmemory*"],
        ["BLPOP", "none", "0.01"],
        ["COMMAND"],
        ["SUBSCRIBE", "c"],
        // In RESP2 a server sends these only to clients that have not subscribed.
        ["UNSUBSCRIBE", "c"],
        ...DEBUG_TYPES.map((type) => ["DEBUG", "PROTOCOL", type]),
      ];
      const { replies, raw } = await converse(server.socketPath, commands);
      const sent = Buffer.concat(replies.map((reply) => encodeReply(reply, protocol)));
      expect(sent.equals(raw)).toBe(true);
      expect(plainReply(replies[3])).toBe(latin1(Buffer.from("é\r\n")));
      if (protocol === 3)
        expect(plainReply(replies[6])).toEqual([
          ["a", { double: "1.5" }],
          ["b", { double: "inf" }],
        ]);
    });
  });

  test("splits inline commands where we do", async () => {
    await withServer(id, {}, async ({ server }) => {
      const random = seededRandom(testSeed());
      const alphabet = [..."ab \"'\\nx4\t\v\f"];
      const lines = Array.from({ length: 400 }, () =>
        Array.from({ length: random.below(12) }, () => random.pick(alphabet)).join(""),
      );
      const rules = id === "valkey-9.1" ? "lax" : "strict";
      // ECHO takes one word, so that the answer says how many there were and what they are.
      for (const line of lines) {
        const words = splitInline(Buffer.from(`ECHO ${line}`), rules);
        const [reply] = (await converse(server.socketPath, [`ECHO ${line}\r\n`])).replies;
        const said = plainReply(reply) as string | { error: string };
        if (words === undefined) expect({ line, said }).toEqual({ line, said: { error: unbalanced } });
        else if (words.length === 2) expect({ line, said }).toEqual({ line, said: latin1(words[1]) });
        else expect(said).toEqual({ error: "ERR wrong number of arguments for 'echo' command" });
      }
    });
  });
});

const unbalanced = "ERR Protocol error: unbalanced quotes in request";

function debugArgs(id: string): string[] {
  return id === "redis-6.0" ? [] : ["--enable-debug-command", "yes"];
}

/** Sends the commands one behind the other, each when the one before is answered. Strings are sent as they are. */
async function converse(socketPath: string, commands: readonly (string | readonly string[])[]) {
  const socket = connect(socketPath);
  const decoder = new ReplyDecoder();
  const replies: Reply[] = [];
  const received: Buffer[] = [];
  let wanted = 0;
  try {
    for (const command of commands) {
      socket.write(typeof command === "string" ? command : encodeCommand(command));
      wanted++;
      while (replies.length < wanted) {
        const [chunk] = (await once(socket, "data")) as [Buffer];
        received.push(chunk);
        decoder.push(chunk);
        for (let reply = decoder.next(); reply !== undefined; reply = decoder.next())
          if (reply.kind !== "keep-alive") replies.push(reply);
      }
    }
  } finally {
    socket.destroy();
  }
  return { replies, raw: Buffer.concat(received) };
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}
