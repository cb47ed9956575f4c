/** Append-only directories for tests: sound and damaged ones, in a folder of their own. */
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { encodeCommand } from "@holdfast/resp";

export const INCR = "appendonlydir/appendonly.aof.1.incr.aof";
const MANIFEST = "appendonlydir/appendonly.aof.manifest";
const SECOND = "appendonlydir/appendonly.aof.2.incr.aof";
const oneLine = "file appendonly.aof.1.incr.aof seq 1 type i\n";

/** Commands as a log holds them: words parted by spaces. */
export function log(...commands: readonly string[]): string {
  return commands.map((line) => Buffer.from(encodeCommand(line.split(" "))).toString("latin1")).join("");
}

export const START = log("SELECT 0", "SET k1 v1", "SET k2 v2");
const THIRD = log("SET k3 v3");

/** Contents by name, each file by its path in the data directory. */
export const contents: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  truncated: { [INCR]: START + THIRD.slice(0, -6), [MANIFEST]: oneLine },
  torn: { [INCR]: START + THIRD + "\0".repeat(512), [MANIFEST]: oneLine },
  "corrupt-in-the-middle": { [INCR]: `${START}xyz${THIRD}${log("SET k4 v4")}`, [MANIFEST]: oneLine },
  "damaged-not-last": {
    [INCR]: START + THIRD.slice(0, -6),
    [SECOND]: log("SELECT 0", "SET k5 v5"),
    [MANIFEST]: `${oneLine}file appendonly.aof.2.incr.aof seq 2 type i\n`,
  },
  "crash-trap": { [INCR]: START + log("SET k3"), [MANIFEST]: oneLine },
  "missing-file": { [MANIFEST]: oneLine },
  "open-unit": { [INCR]: START + log("MULTI", "SET k3 v3"), [MANIFEST]: oneLine },
  timed: {
    [INCR]: `#TS:1700000000\r\n${START}#TS:1700000010\r\n${THIRD}`,
    [SECOND]: `#TS:1700000020\r\n${log("SELECT 0", "SET k5 v5")}`,
    [MANIFEST]: `${oneLine}file appendonly.aof.2.incr.aof seq 2 type i\n`,
  },
  "rdb-ignored": { [INCR]: "", [MANIFEST]: oneLine, "dump.rdb": `REDIS0011${"x".repeat(300)}` },
  stream: {
    [INCR]: log(
      "SELECT 0",
      "XADD s 1-1 f v",
      "XADD s 2-1 f v",
      "XDEL s 1-1",
      "XGROUP CREATE s g 0",
      "XGROUP CREATECONSUMER s g c",
      "XCLAIM s g c 0 2-1 TIME 1700000000000 RETRYCOUNT 1 FORCE JUSTID LASTID 2-1",
    ),
    [MANIFEST]: oneLine,
  },
  module: { [INCR]: START + log("JSON.SET doc $ {}"), [MANIFEST]: oneLine },
};

/** Writes the content into a fresh folder and gives its path. */
export async function directoryOf(content: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-"));
  for (const [path, text] of Object.entries(content)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), Buffer.from(text, "latin1"));
  }
  return folder;
}
