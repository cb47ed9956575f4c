/** SAVE as something to measure, on a small corpus, and what counts as the whole of it. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeWithServer } from "@holdfast/testkit";
import fs from "fs-extra";
import { expect, onTestFinished, test } from "vitest";
import { openCorpus, requireServer } from "../corpus/corpus.ts";
import { withSavingServer } from "../measure/saving-server.ts";
import { requireWhole } from "./against-save.ts";

describeWithServer("redis-7.0", "a server to be measured", () => {
  test("saves the whole corpus again and again, tells its memory, and leaves the corpus alone", async () => {
    const folder = await fs.mkdtemp(join(tmpdir(), "bench-"));
    onTestFinished(() => fs.remove(folder));
    const official = await requireServer();
    const onStep = () => {};
    const corpus = await openCorpus(official, { seed: 1, corpusMb: 1, folder, onStep });
    const before = await fs.readFile(corpus.path);
    await withSavingServer(official, { corpus, folder, onStep }, async (save) => {
      await save.warmUp();
      const { wallMs, peakBytes } = await save.run();
      expect(wallMs).toBeGreaterThan(0);
      expect(peakBytes ?? 1e9).toBeGreaterThan(1e6);
      const saved = join(folder, "server", "corpus.rdb");
      requireWhole(saved, corpus);
      expect((await fs.stat(saved)).ino).not.toBe((await fs.stat(corpus.path)).ino);
      expect(() => requireWhole(saved, { keyCount: corpus.keyCount + 1 })).toThrow(
        expect.objectContaining({ code: "BENCH_COMMAND_FAILED" }),
      );
    });
    expect((await fs.readFile(corpus.path)).equals(before)).toBe(true);
  });
});
