/** Real short-lived processes: what is measured of them and when they count as failed. */
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fs from "fs-extra";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Contestant, compare } from "./compare.ts";
import { runProcess } from "./run-process.ts";

function node(script: string, ...args: readonly string[]): string[] {
  return [process.execPath, "-e", script, ...args];
}

describe("running a process", () => {
  test("counts the lines of its output when asked, and throws the output away otherwise", async () => {
    const argv = node("console.log('a\\nb\\nc')");
    expect((await runProcess(argv, "count")).lineCount).toBe(3);
    expect((await runProcess(argv, "discard")).lineCount).toBe(0);
  });

  test("covers its whole life", async () => {
    const { wallMs } = await runProcess(node("setTimeout(() => {}, 200)"), "discard");
    expect(wallMs).toBeGreaterThan(200);
  });

  test.skipIf(!existsSync("/proc/self/status"))(
    "sees memory that was given back before the end",
    async () => {
      const script = `
      const bytes = () => new Uint8Array(150e6).fill(1);
      bytes();
      setTimeout(() => {}, 100);`;
      const small = await runProcess(node("setTimeout(() => {}, 100)"), "discard");
      const large = await runProcess(node(script), "discard");
      expect(large.peakBytes! - small.peakBytes!).toBeGreaterThan(140e6);
    },
  );

  test("fails with the exit code and the last words on stderr", async () => {
    const run = runProcess(node("console.error('out of luck'); process.exitCode = 10"), "discard");
    await expect(run).rejects.toMatchObject({
      code: "BENCH_COMMAND_FAILED",
      message: expect.stringMatching(/ended with 10: out of luck/),
    });
  });

  test("fails when there is no such program, or when a signal ends it", async () => {
    await expect(runProcess(["/no/such/program"], "discard")).rejects.toThrow(/ENOENT/);
    const killed = runProcess(node("process.kill(process.pid, 'SIGKILL')"), "discard");
    await expect(killed).rejects.toThrow(/ended with SIGKILL/);
  });
});

describe("comparing two programs", () => {
  test("lets them take turns after one warm-up of each, and keeps the measured runs only", async () => {
    const folder = await fs.mkdtemp(join(tmpdir(), "bench-"));
    onTestFinished(() => fs.remove(folder));
    const log = join(folder, "log");
    const contestant = (title: string): Contestant => ({
      title,
      argv: node("fs.appendFileSync(process.argv[1], process.argv[2]); console.log()", log, title),
      linesAtLeast: 1,
    });
    const steps: string[] = [];
    const options = { runCount: 3, onRun: (step: string) => steps.push(step) };
    const { ours, official } = await compare(contestant("A"), contestant("B"), options);
    expect(await fs.readFile(log, "utf8")).toBe("ABABABAB");
    expect(steps.slice(0, 3)).toEqual(["A, warm-up", "B, warm-up", "A, run 1 of 3"]);
    expect([ours.wallMs.length, official.wallMs.length]).toEqual([3, 3]);
    expect(ours.minMs).toBe(Math.min(...ours.wallMs));
  });

  test("adds up two programs of one contestant, the second behind the first", async () => {
    const folder = await fs.mkdtemp(join(tmpdir(), "bench-"));
    onTestFinished(() => fs.remove(folder));
    const log = join(folder, "log");
    const said = (text: string) =>
      node("fs.appendFileSync(process.argv[1], process.argv[2]); console.log()", log, text);
    const both: Contestant = { title: "both", argv: said("1"), thenArgv: said("2"), linesAtLeast: 2 };
    const one: Contestant = { title: "one", argv: said("3"), linesAtLeast: 1 };
    const { ours, official } = await compare(both, one, { runCount: 1, onRun: () => {} });
    expect(await fs.readFile(log, "utf8")).toBe("123123");
    expect(ours.medianMs).toBeGreaterThan(official.medianMs);
  });

  test("refuses a program that says less than the whole job makes it say", async () => {
    const silent: Contestant = { title: "silent", argv: node(""), linesAtLeast: 1 };
    await expect(compare(silent, silent, { runCount: 1, onRun: () => {} })).rejects.toMatchObject({
      code: "BENCH_COMMAND_FAILED",
      message: expect.stringContaining("printed 0 lines, 1 are the least"),
    });
  });
});
