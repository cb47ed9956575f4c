/** Real servers accept the manifests that we accept, load the files that we would load, and refuse what we refuse. */

import { encodeCommand } from "@holdfast/resp";
import { describeWithServer, withServer } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { loadedFiles, parseManifest } from "../src/index.ts";
import { acceptedByValkey, acceptedManifests, manifestsThatServersRefuse } from "./manifest-cases.ts";

const NEWEST_AND_OLDEST = ["redis-7.0", "valkey-9.1"] as const;
const options = ["--appendonly", "yes", "--appenddirname", "d", "--appendfilename", "x"];

describeWithServer(NEWEST_AND_OLDEST, "manifests", (id) => {
  test.each([...acceptedManifests, ...(id === "valkey-9.1" ? acceptedByValkey : [])])(
    "may have %s",
    async (_what, text) => {
      const manifest = Buffer.from(text, "latin1");
      const listed = loadedFiles(parseManifest(manifest)).map(({ name }) => name);
      const contents = listed.map((name) => [`d/${name}`, encodeCommand(["SET", name, "loaded"])]);
      const files = { "d/x.manifest": manifest, ...Object.fromEntries(contents) };
      await withServer(id, { args: options, files }, async ({ client }) => {
        for (const name of listed) expect(String(await client.sendCommand(["GET", name]))).toBe("loaded");
      });
    },
  );
});

// Valkey 9.1 refuses the same ones; one server is enough for what takes a start each.
describeWithServer("redis-7.0", "manifests", (id) => {
  test.each(manifestsThatServersRefuse)("with %s are refused", async (_what, text) => {
    const files = { "d/x.manifest": Buffer.from(text, "latin1"), "d/a": Buffer.of(), "d/c": Buffer.of() };
    const starting = withServer(id, { args: options, files }, async () => {});
    await expect(starting).rejects.toThrow(
      /FATAL AOF MANIFEST FILE ERROR|AOF loading error|empty AOF manifest/i,
    );
  });
});
