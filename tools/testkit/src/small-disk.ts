/**
 * A real file system of a few megabytes, for tests of what happens when a disk is full.
 *
 * It is a tmpfs, which only root may mount. Where that is not allowed, the tests that need one count as skipped and say so.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { mkdtemp, rm, rmdir, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe } from "vitest";

export interface SmallDisk {
  /** Its root, empty but for what holds the place of fill(). */
  readonly path: string;
  /** Takes all of its room but so many bytes. */
  fill(leaveBytes: number): Promise<void>;
  /** Gives back what fill() took. */
  makeRoom(): Promise<void>;
}

/** A suite whose tests call withSmallDisk(). */
export function describeWithSmallDisks(title: string, body: () => void): void {
  const refusal = refusalToMount();
  if (refusal === undefined) describe(title, body);
  else describe.skip(`${title}: skipped, no file system can be mounted here (${refusal})`, body);
}

/** Mounts a disk of this size, hands it over, and takes it away with everything on it. */
export async function withSmallDisk<T>(sizeBytes: number, use: (disk: SmallDisk) => Promise<T>): Promise<T> {
  const path = await mkdtemp(join(tmpdir(), "holdfast-disk-"));
  const ballast = join(path, ".ballast");
  mount(path, sizeBytes);
  try {
    return await use({
      path,
      fill: async (leaveBytes) => {
        const { bavail, bsize } = await statfs(path);
        await writeFile(ballast, new Uint8Array(Math.max(0, bavail * bsize - leaveBytes)));
      },
      makeRoom: () => rm(ballast, { force: true }),
    });
  } finally {
    unmount(path);
    await rmdir(path);
  }
}

/** What the system says against it; undefined when it does not. */
function refusalToMount(): string | undefined {
  const path = mkdtempSync(join(tmpdir(), "holdfast-disk-"));
  try {
    mount(path, 1 << 20);
    unmount(path);
    return undefined;
  } catch (error) {
    return String((error as { readonly stderr?: Buffer }).stderr ?? error).trim();
  } finally {
    rmdirSync(path);
  }
}

function mount(path: string, sizeBytes: number): void {
  const options = `size=${sizeBytes},mode=700`;
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "holdfast-test", path], { stdio: "pipe" });
}

/** Lazily: a file that a failed test left open does not keep it. */
function unmount(path: string): void {
  execFileSync("umount", ["-l", path], { stdio: "pipe" });
}
