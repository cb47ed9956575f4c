/** The built command as a process: streams kept apart, signals, secrets out of `ps`, completion. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describeWithServer, fixturePath, withServer } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";

const program = fileURLToPath(new URL("../bin/holdfast.js", import.meta.url));
const dump = fixturePath("rdb", "redis-7.0-types.rdb");

class Run {
  stdout = "";
  stderr = "";
  readonly child: ChildProcessWithoutNullStreams;
  readonly code: Promise<number | null>;
  #changed = () => {};

  constructor(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    this.child = spawn(process.execPath, [program, ...args], {
      stdio: "pipe",
      env: { ...process.env, ...environment },
    });
    this.child.stdout.on("data", (text) => {
      this.stdout += text;
      this.#changed();
    });
    this.child.stderr.on("data", (text) => {
      this.stderr += text;
      this.#changed();
    });
    this.code = new Promise((resolve) => this.child.once("close", resolve));
    void this.code.then(() => this.#changed());
  }

  /** What the pattern finds on stderr, once it is there. */
  async told(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = pattern.exec(this.stderr);
      if (found !== null) return found[1] ?? found[0];
      if (this.child.exitCode !== null)
        throw new Error(`it ended without saying ${pattern}:\n${this.stderr}`);
      await new Promise<void>((resolve) => (this.#changed = resolve));
    }
  }
}

describe("the process", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("serves until %s, and then answers %i", async (signal, code) => {
    const run = new Run(["serve", dump, "--listen", ":0", "--json"]);
    await run.told(/listening on/);
    run.child.kill(signal);
    expect(await run.code).toBe(code);
    expect(JSON.parse(run.stdout)).toMatchObject({ format: "holdfast-serve", outcome: "interrupted" });
  });

  test("shows no password where others can see it, and asks replicas for it", async () => {
    const run = new Run(["serve", dump, "--listen", "127.0.0.1:0"], { HOLDFAST_LISTEN_AUTH: "secret-word" });
    await run.told(/with masterauth set/);
    const commandLine = await readFile(`/proc/${run.child.pid}/cmdline`, "latin1");
    expect(commandLine).not.toContain("secret-word");
    run.child.kill("SIGINT");
    await run.code;
    expect(run.stdout + run.stderr).not.toContain("secret-word");
  });

  test("ends quietly when the reader of its events goes away", async () => {
    const run = new Run(["serve", dump, "--listen", ":0", "--format", "ndjson"]);
    run.child.stdout.destroy();
    expect(await run.code).toBe(0);
  });

  test.each([[["pull"]], [["pull", "redis://127.0.0.1:1", "-o"]], [["serve", dump]], [["relocate", dump]]])(
    "answers %j with 2, on stderr alone",
    async (args) => {
      const run = new Run(args);
      expect(await run.code).toBe(2);
      expect(run.stdout).toBe("");
      expect(run.stderr).toContain("--help");
    },
  );

  test("completes its commands and their options in every shell", async () => {
    for (const shell of ["bash", "zsh", "fish"]) {
      const run = new Run(["completion", shell]);
      expect(await run.code).toBe(0);
      for (const word of ["pull", "serve", "until-acked", "ndjson"]) expect(run.stdout).toContain(word);
    }
  });
});

describeWithServer("valkey-9.1", "the process", () => {
  test("hands a dump to a server and pulls it back out of it", async () => {
    await withServer("valkey-9.1", {}, async ({ server, client }) => {
      const run = new Run([
        "serve",
        fixturePath("rdb", "valkey-9.1-types.rdb"),
        "--listen",
        ":0",
        "--until-acked",
      ]);
      await client.sendCommand(["REPLICAOF", "127.0.0.1", await run.told(/listening on [\d.]+:(\d+)/)]);
      expect(await run.code, run.stderr).toBe(0);
      expect(run.stdout).toMatch(/^1 replica has all of .*valkey-9\.1-types\.rdb, offset 1\n$/);
      await client.sendCommand(["REPLICAOF", "NO", "ONE"]);
      const back = new Run(["pull", `unix://${server.socketPath}`, "-o", "-"]);
      expect(await back.code).toBe(0);
      expect(back.stderr).toContain("190 keys, checksum right");
    });
  });
});
