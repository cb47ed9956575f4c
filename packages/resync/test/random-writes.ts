/** Writes of many kinds to a real server, drawn from a seed. */
import type { SeededRandom, ServerClient } from "@holdfast/testkit";

export async function writeRandomly(
  client: ServerClient,
  random: SeededRandom,
  writes: number,
  valueBytesMax = 400,
): Promise<void> {
  for (let index = 0; index < writes; index++) await client.sendCommand(anyWrite(random, valueBytesMax));
}

/** One transaction over several keys, and another db for what follows. */
export async function writeTransaction(
  client: ServerClient,
  random: SeededRandom,
  valueBytesMax = 400,
): Promise<void> {
  await client.sendCommand(["SELECT", `${random.below(4)}`]);
  await client.sendCommand(["MULTI"]);
  for (let index = 0; index < 5; index++) await client.sendCommand(anyWrite(random, valueBytesMax));
  await client.sendCommand(["EXEC"]);
}

function anyWrite(random: SeededRandom, valueBytesMax: number): (string | Buffer)[] {
  const value = Buffer.from(random.bytes(random.below(valueBytesMax)));
  const name = `${random.below(20)}`;
  switch (random.below(7)) {
    case 0:
      return ["RPUSH", `list:${name}`, value];
    case 1:
      return ["HSET", `hash:${name}`, `${random.below(100)}`, value];
    case 2:
      return ["ZADD", `zset:${name}`, `${random.below(1000)}`, value];
    case 3:
      return ["INCRBY", `counter:${name}`, `${random.below(9)}`];
    case 4:
      return ["DEL", `string:${name}`];
    case 5:
      return ["SET", `string:${name}`, value, "EX", "100000"];
    default:
      return ["SET", `string:${name}`, value];
  }
}
