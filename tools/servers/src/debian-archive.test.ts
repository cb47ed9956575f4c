/** How the machine's own Debian archive is told from everything else in its package configuration. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import fs from "fs-extra";
import { describe, expect, onTestFinished, test } from "vitest";
import { findDebianArchive } from "./debian-archive.ts";

async function aptFolder(files: Record<string, string>): Promise<string> {
  const folder = await fs.mkdtemp(join(tmpdir(), "apt-"));
  onTestFinished(() => fs.remove(folder));
  for (const [name, text] of Object.entries(files)) await fs.outputFile(join(folder, name), text);
  return folder;
}

describe("the machine's Debian archive", () => {
  test("is found in a deb822 file, with its keyring", async () => {
    const folder = await aptFolder({
      "sources.list.d/debian.sources":
        "Types: deb\n# URIs: http://snapshot.invalid/debian\nURIs: http://archive.invalid/debian\n" +
        "Suites: bookworm bookworm-updates\nComponents: main\nSigned-By: /keys/debian.gpg\n",
    });
    expect(await findDebianArchive(folder)).toEqual({
      uri: "http://archive.invalid/debian",
      signedBy: "/keys/debian.gpg",
    });
  });

  test("is found in a one-line file, with or without options", async () => {
    const folder = await aptFolder({
      "sources.list":
        "# deb http://old.invalid/debian buster main\n" +
        "deb [arch=amd64 signed-by=/keys/own.gpg] http://archive.invalid/debian trixie main contrib # ours\n",
    });
    expect(await findDebianArchive(folder)).toEqual({
      uri: "http://archive.invalid/debian",
      signedBy: "/keys/own.gpg",
    });
  });

  test("is not a vendor's repository, a security suite, a source entry or a disabled one", async () => {
    const folder = await aptFolder({
      "sources.list": "deb-src http://archive.invalid/debian sid main\n",
      "sources.list.d/a.list": "deb http://vendor.invalid cloud-bookworm main\n",
      "sources.list.d/b.list": "deb http://vendor.invalid/linux/debian bookworm stable\n",
      "sources.list.d/c.sources":
        "Types: deb\nURIs: http://security.invalid/debian-security\nSuites: bookworm-security\nComponents: main\n",
      "sources.list.d/d.sources":
        "Enabled: no\nTypes: deb\nURIs: http://archive.invalid/debian\nSuites: sid\nComponents: main\n",
      "sources.list.d/e.sources.save": "deb http://archive.invalid/debian sid main\n",
    });
    expect(await findDebianArchive(folder)).toBeUndefined();
  });
});
