/** What real servers had dumped becomes a base in either form, and is for them the same data again. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodePlatform } from "@holdfast/platform";
import { commandTarget, decodeRdbBytes, type RdbEvent, rdbTarget } from "@holdfast/rdb";
import { describeWithServer, fixturePath, withServer } from "@holdfast/testkit";
import { expect, onTestFinished, test } from "vitest";
import {
  AofRewriter,
  type AofSnapshot,
  type BaseForm,
  openAof,
  writeCommandBase,
  writeRdbBase,
} from "../src/index.ts";
import { soundLength } from "./directory-content.ts";

const { files, clock } = nodePlatform();
/** Only these three: one of each family, and the oldest. */
const SERVERS = ["redis-7.0", "redis-8.6", "valkey-9.1"] as const;
type Server = (typeof SERVERS)[number];

/** What commands cannot say of these fixtures, on any server: pending entries of which the stream entry is gone. */
const knownLosses = new Set(["deleted-pending-entry"]);

/** A snapshot that is the dump itself; values that no command makes come as stored. */
function snapshotOf(bytes: Uint8Array): AofSnapshot {
  const select = ({ row }: { row: { type: string } }) =>
    row.type === "module" || row.type === "array" ? "raw" : "items";
  function* events(): Generator<RdbEvent[]> {
    for (const event of decodeRdbBytes(bytes, { level: "items", select })) yield [event];
  }
  return { events };
}

async function directoryOf(
  server: Server,
  form: BaseForm,
  dump: Uint8Array,
): Promise<{ path: string; losses: string[] }> {
  const path = await mkdtemp(join(tmpdir(), "holdfast-aof-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  const place = { dataDirectory: path };
  const opened = await openAof({ files, clock, place, fsync: "no", soundLength, onBadTail: "refuse" });
  const losses: string[] = [];
  const onLoss = ({ kind }: { kind: string }) => losses.push(kind);
  const rewriter = new AofRewriter({
    files,
    clock,
    ...opened,
    form,
    takeSnapshot: () => snapshotOf(dump),
    writeBase: (file, snapshot) =>
      form === "rdb"
        ? writeRdbBase(file, snapshot, { target: rdbTarget(server)!, onLoss })
        : writeCommandBase(file, snapshot, {
            target: commandTarget(server)!,
            onLoss,
            annotationSec: 1_700_000_000,
          }),
  });
  await rewriter.rewrite();
  await opened.writer.close();
  return { path, losses };
}

const debug = ["--enable-debug-command", "yes"];

async function digestAndSize(
  server: Server,
  options: Parameters<typeof withServer>[1],
): Promise<readonly string[]> {
  return withServer(server, options, async ({ client }) => {
    const ask = async (...words: string[]) => String(await client.sendCommand(words));
    expect(await ask("INFO", "keyspace")).toMatch(/keys=/);
    return [
      await ask("DEBUG", "DIGEST"),
      (await ask("INFO", "keyspace")).replaceAll(/avg_ttl=\d+/g, ""),
      (await ask("FUNCTION", "LIST")).split(",").sort().join(),
    ];
  });
}

describeWithServer(SERVERS, "a base", (id) => {
  const server = id as Server;
  test.each(["types", "streams", "functions"])("of %s is the same in either form", async (name) => {
    const dump = await readFile(fixturePath("rdb", `${server}-${name}.rdb`));
    const expected = await digestAndSize(server, { args: debug, files: { "dump.rdb": dump } });
    for (const form of ["rdb", "aof"] as const) {
      const { path, losses } = await directoryOf(server, form, dump);
      const unexpected = losses.filter((kind) => form === "rdb" || !knownLosses.has(kind));
      expect(unexpected).toEqual([]);
      const found = await digestAndSize(server, { args: [...debug, "--appendonly", "yes", "--dir", path] });
      expect(found).toEqual(expected);
    }
  });
});
