/** A directory of its own for each test, removed when the test is over. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

export async function scratchDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "holdfast-platform-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
