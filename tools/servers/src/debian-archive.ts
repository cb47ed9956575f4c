/**
 * Finds the Debian archive that this machine already uses: its address and the key that signs it.
 *
 * Two notations, both read from /etc/apt/sources.list and /etc/apt/sources.list.d/:
 *
 *   one line   deb [signed-by=KEYRING] URI SUITE COMPONENT…                   *.list
 *   deb822     Types: / URIs: / Suites: / Components: / Signed-By: stanzas    *.sources
 *
 * An entry counts as the archive when one of its suites is a Debian release by its plain name and it
 * has the component `main`. Vendors' own repositories name their suites or components differently.
 *
 * Source: sources.list(5).
 */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

export interface DebianArchive {
  readonly uri: string;
  /** Path of the keyring; absent when the package client's default keys sign the archive. */
  readonly signedBy?: string;
}

interface SourceEntry {
  readonly types: readonly string[];
  readonly uris: readonly string[];
  readonly suites: readonly string[];
  readonly components: readonly string[];
  readonly signedBy?: string;
}

const releases =
  /^(oldoldstable|oldstable|stable|testing|unstable|sid|experimental|buster|bullseye|bookworm|trixie|forky|duke)$/;
const archiveKeyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** The first Debian archive in the package client's configuration, or undefined when it names none. */
export async function findDebianArchive(aptFolder = "/etc/apt"): Promise<DebianArchive | undefined> {
  const folder = join(aptFolder, "sources.list.d");
  const names = existsSync(folder) ? (await readdir(folder)).sort() : [];
  for (const file of [join(aptFolder, "sources.list"), ...names.map((name) => join(folder, name))]) {
    if (!existsSync(file) || !/\.(list|sources)$/.test(file)) continue;
    const archive = archiveIn(await readFile(file, "utf8"), file.endsWith(".sources"));
    if (archive !== undefined) return archive;
  }
  return undefined;
}

function archiveIn(text: string, isDeb822: boolean): DebianArchive | undefined {
  for (const entry of isDeb822 ? parseStanzas(text) : parseLines(text)) {
    if (!entry.types.includes("deb") || !entry.components.includes("main")) continue;
    if (entry.uris.length === 0 || !entry.suites.some((suite) => releases.test(suite))) continue;
    const signedBy = entry.signedBy ?? (existsSync(archiveKeyring) ? archiveKeyring : undefined);
    return { uri: entry.uris[0], ...(signedBy === undefined ? {} : { signedBy }) };
  }
  return undefined;
}

function parseLines(text: string): SourceEntry[] {
  return text.split("\n").flatMap((line) => {
    const match = /^\s*(deb)\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line);
    if (match === null) return [];
    const [, type, options = "", uri, suite, components] = match;
    const signedBy = /signed-by=(\/\S+)/.exec(options)?.[1];
    return [
      {
        types: [type],
        uris: [uri],
        suites: [suite],
        components: words(components),
        ...(signedBy === undefined ? {} : { signedBy }),
      },
    ];
  });
}

function parseStanzas(text: string): SourceEntry[] {
  const withoutComments = text.replace(/^#.*\n?/gm, "");
  return withoutComments.split(/\n\s*\n/).flatMap((stanza) => {
    const fields = parseFields(stanza);
    if (fields.get("enabled") === "no") return [];
    // A key may also stand in the file itself; then the default keyring has to do.
    const keyring = fields.get("signed-by");
    return [
      {
        types: words(fields.get("types")),
        uris: words(fields.get("uris")),
        suites: words(fields.get("suites")),
        components: words(fields.get("components")),
        ...(keyring?.startsWith("/") ? { signedBy: words(keyring)[0] } : {}),
      },
    ];
  });
}

/** Field names in lower case; a value may go on in lines that begin with a blank. */
function parseFields(stanza: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of stanza.replace(/\n[ \t]+/g, " ").split("\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) fields.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return fields;
}

function words(text = ""): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}
