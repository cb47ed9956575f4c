/** What a caller may rely on when it starts a real server. Runs with every server that is here. */
import { existsSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fs from "fs-extra";
import { describe, expect, onTestFinished, test } from "vitest";
import { recipeOf, serverIds, serverTools } from "./catalogue.ts";
import { findServer } from "./installation.ts";
import { tryCommand } from "./run-command.ts";
import { startServer } from "./running-server.ts";

async function temporaryFolder(): Promise<string> {
  const folder = await fs.mkdtemp(join(tmpdir(), "servers-"));
  onTestFinished(() => fs.remove(folder));
  return folder;
}

test.runIf(process.env.HOLDFAST_REQUIRE_SERVERS === "1")(
  "every server is here when all are required",
  async () => {
    for (const id of serverIds) expect(await findServer(id), `${id}: pnpm servers fetch`).toBeDefined();
  },
);

for (const id of serverIds) {
  const installation = await findServer(id);
  describe.skipIf(installation === undefined)(`${id} (pnpm servers fetch ${id})`, () => {
    test("is of the release its id names", () => {
      expect(installation!.version.startsWith(`${recipeOf(id).release}.`)).toBe(true);
    });

    test("has all five tools, each of which knows by its name what it is", async () => {
      for (const tool of serverTools) {
        // The check tools would take any option for the name of a file.
        const help = tool.startsWith("check") ? [] : ["--help"];
        const result = await tryCommand([...installation!.command(tool), ...help]);
        expect(`${result.stdout}${result.stderr}`, tool).toMatch(new RegExp(`usage:[^]*${tool}`, "i"));
      }
    });

    test("answers on its socket when start returns, and is gone when stop returns", async () => {
      const server = await startServer(installation!, { directory: await temporaryFolder() });
      onTestFinished(() => server.stop());
      expect(server.socketPath.length).toBeLessThan(108);
      expect(await ask(createConnection(server.socketPath), "PING\r\n")).toBe("+PONG\r\n");
      await server.stop();
      await server.stop();
      expect(existsSync(server.socketPath)).toBe(false);
      expect(() => process.kill(server.pid, 0)).toThrow("ESRCH");
    });

    test("listens on a loopback port only when asked", async () => {
      const server = await startServer(installation!, { directory: await temporaryFolder(), port: "free" });
      onTestFinished(() => server.stop());
      expect(await ask(createConnection(server.port!, "127.0.0.1"), "PING\r\n")).toBe("+PONG\r\n");
    });

    test("that cannot start reports its log", async () => {
      const start = startServer(installation!, {
        directory: await temporaryFolder(),
        args: ["--no-such-option", "1"],
      });
      await expect(start).rejects.toMatchObject({
        code: "SERVERS_DID_NOT_START",
        message: expect.stringContaining("no-such-option"),
      });
    });
  });
}

function ask(socket: ReturnType<typeof createConnection>, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("data", (data) => {
      resolve(data.toString("latin1"));
      socket.destroy();
    });
    socket.write(line);
  });
}
