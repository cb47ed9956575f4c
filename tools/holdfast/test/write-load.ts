/** A load of writes that ends, and shows what was lost or applied twice: every command of it depends on how often it ran. */
import type { ServerClient } from "@holdfast/testkit";

export interface WriteLoad {
  /** Ends the load behind a mark; resolves when the server has all of it. */
  stop(): Promise<void>;
}

export const MARK = "the load is over";

/** Every command is understood by all servers of the project, and shows in the data how often it was applied. */
function commandsOf(round: number, withRenames: boolean): string[][] {
  const of = (name: string, count: number) => `${name}:${round % count}`;
  return [
    ["INCR", of("counter", 40)],
    ["INCRBYFLOAT", of("float", 7), "0.5"],
    ["APPEND", of("text", 11), `${round},`],
    ["RPUSH", of("list", 13), `${round}`],
    ["HINCRBY", of("hash", 17), of("field", 5), "3"],
    ["ZINCRBY", of("zset", 9), "1.5", of("member", 4)],
    ["SADD", of("set", 5), `${round}`],
    ["XADD", of("stream", 3), `${round + 1}-1`, "n", `${round}`],
    ["SET", of("expiring", 6), `${round}`, "EX", "100000"],
    ["LPOP", of("list", 13)],
    ...(round % 20 === 0 ? [["DEL", of("text", 11), of("counter", 40)]] : []),
    ...(withRenames && round % 33 === 0 ? [["RENAME", of("float", 7), "renamed"]] : []),
  ];
}

export interface LoadOptions {
  /** Default: 0 and 2. */
  readonly dbs?: readonly string[];
  /** Commands with two keys: a cluster refuses them. Default true. */
  readonly withRenames?: boolean;
  /** After each round, for others who need the processor. Default: none. */
  readonly pauseMs?: number;
}

export function startLoad(client: ServerClient, options: LoadOptions = {}): WriteLoad {
  const { dbs = ["0", "2"], withRenames = true, pauseMs = 0 } = options;
  let isOver = false;
  const running = (async () => {
    for (let round = 0; !isOver; round++) {
      const db = dbs[round % 4 === 3 ? dbs.length - 1 : 0];
      const inTransaction = round % 5 === 0;
      const commands = [
        ["SELECT", db],
        ...(inTransaction ? [["MULTI"]] : []),
        ...commandsOf(round, withRenames),
        ...(inTransaction ? [["EXEC"]] : []),
      ];
      // RENAME of a key that is not there is refused, and is part of the load.
      const answers = await Promise.allSettled(commands.map((words) => client.sendCommand(words)));
      const [first] = answers;
      if (first.status === "rejected")
        throw new Error("the server of the load is gone", { cause: first.reason });
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    await client.sendCommand(["SELECT", "0"]);
    await client.sendCommand(["SET", MARK, "1"]);
  })();
  return {
    stop: () => {
      isOver = true;
      return running;
    },
  };
}

/** Asks until the mark is there. */
export async function untilMarked(client: ServerClient): Promise<void> {
  await client.sendCommand(["SELECT", "0"]);
  while (Number(await client.sendCommand(["EXISTS", MARK])) === 0)
    await new Promise((resolve) => setTimeout(resolve, 5));
}
