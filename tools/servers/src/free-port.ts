/**
 * A loopback port that nobody listens on.
 *
 *   10000 … 22767    taken from here: the cluster bus at port + 10000 exists too
 *   32768 … 60999    what Linux gives to outgoing connections and to port 0: one of those could be gone again before it is used
 */
import { randomInt } from "node:crypto";
import { createServer } from "node:net";

const FIRST = 10_000;
const COUNT = 12_768;

/** Nobody listens there now, and only who names it will. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + randomInt(COUNT);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
