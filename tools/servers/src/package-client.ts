/**
 * Debian's package client with private folders: another suite than the machine's, no root, and no
 * trace in the machine's own package state.
 *
 *   <folder>/apt.conf           every directory setting, read after the machine's own configuration
 *   <folder>/sources.list       the machine's archive, this suite
 *   <folder>/lists, cache       indexes
 *   <folder>/archives           downloaded packages; a second run finds them there
 *
 * Source: apt.conf(5), apt-get(8), apt-cache(8). Proxies and the like stay as the machine has them.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DebianArchive } from "./debian-archive.ts";
import { runCommand } from "./run-command.ts";

export interface DownloadedPackages {
  /** Absolute paths of the package files. */
  readonly files: readonly string[];
}

export class PackageClient {
  readonly suite: string;
  readonly #folder: string;

  private constructor(suite: string, folder: string) {
    this.suite = suite;
    this.#folder = folder;
  }

  /** Writes the private configuration and fetches the suite's index. */
  static async open(archive: DebianArchive, suite: string, folder: string): Promise<PackageClient> {
    for (const part of ["lists/partial", "cache/archives/partial", "archives", "etc/preferences.d"]) {
      await mkdir(join(folder, part), { recursive: true });
    }
    await writeFile(join(folder, "apt.conf"), configuration(folder));
    await writeFile(join(folder, "sources.list"), sourcesList(archive, suite));
    await writeFile(join(folder, "etc/preferences"), preferences(suite));
    await writeFile(join(folder, "status"), "");
    const client = new PackageClient(suite, folder);
    await client.#run("apt-get", ["update", "--error-on=any"]);
    return client;
  }

  /** The version of `name` that would be installed from this suite, or undefined when it has none. */
  async candidate(name: string): Promise<string | undefined> {
    const policy = await this.#run("apt-cache", ["policy", name]);
    const version = /^\s*Candidate:\s*(\S+)/m.exec(policy)?.[1];
    return version === undefined || version === "(none)" ? undefined : version;
  }

  /**
   * `names` and every shared library package they need, directly or not.
   *
   * Only `lib…` and `lua-…` dependencies are followed: accounts, service managers and maintainer scripts are for an
   * installed system, not for an unpacked one.
   */
  async withLibraries(names: readonly string[]): Promise<string[]> {
    const found = new Set(names);
    let wave = [...names];
    while (wave.length > 0) {
      const output = await this.#run("apt-cache", ["depends", "--important", ...wave]);
      const dependencies = [...output.matchAll(/^\s*\|?(?:Pre)?Depends: ((?:lib|lua-)[^\s:<>]+)/gm)].map(
        (match) => match[1],
      );
      wave = [...new Set(dependencies)].filter((name) => !found.has(name));
      for (const name of wave) found.add(name);
    }
    return [...found].sort();
  }

  /** Fetches package files; those already complete in the archive folder are not fetched again. */
  async download(names: readonly string[]): Promise<DownloadedPackages> {
    const directory = join(this.#folder, "archives");
    // Asked from another folder, because the plan leaves out what is already in the current one.
    const plan = await this.#run("apt-get", ["download", "--print-uris", ...names]);
    const files = [...plan.matchAll(/^'[^']*' (\S+) \d+/gm)].map((match) => join(directory, match[1]));
    await this.#run("apt-get", ["download", ...names], directory);
    return { files };
  }

  #run(program: string, args: readonly string[], directory = this.#folder): Promise<string> {
    return runCommand([program, "-q", "-c", join(this.#folder, "apt.conf"), ...args], { directory });
  }
}

function configuration(folder: string): string {
  const settings = {
    "Dir::State": folder,
    "Dir::State::lists": join(folder, "lists"),
    "Dir::State::status": join(folder, "status"),
    "Dir::Cache": join(folder, "cache"),
    // Some machines switch these caches off; with them a question takes 20 ms instead of 900 ms.
    "Dir::Cache::pkgcache": "pkgcache.bin",
    "Dir::Cache::srcpkgcache": "srcpkgcache.bin",
    "Acquire::GzipIndexes": "false",
    "Dir::Etc": join(folder, "etc"),
    "Dir::Etc::sourcelist": join(folder, "sources.list"),
    "Dir::Etc::sourceparts": "-",
    "Dir::Etc::preferences": join(folder, "etc/preferences"),
    "APT::Sandbox::User": "",
    "APT::Get::List-Cleanup": "false",
    "Acquire::Languages": "none",
    "Acquire::Retries": "3",
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} "${value}";`);
  // The machine's hooks after an update look after its own cache, which this run has not touched.
  const hooks = ["APT::Update::Post-Invoke", "APT::Update::Post-Invoke-Success", "APT::Update::Pre-Invoke"];
  return [...hooks.map((name) => `#clear ${name};`), ...lines, ""].join("\n");
}

function sourcesList(archive: DebianArchive, suite: string): string {
  const options = archive.signedBy === undefined ? "" : `[signed-by=${archive.signedBy}] `;
  // Experimental holds only what differs from sid, so the libraries come from there.
  const suites = suite === "experimental" ? ["sid", "experimental"] : [suite];
  return suites.map((name) => `deb ${options}${archive.uri} ${name} main\n`).join("");
}

/** Experimental offers nothing by itself; the two families are asked for by name. */
function preferences(suite: string): string {
  if (suite !== "experimental") return "";
  return "Package: redis* valkey*\nPin: release a=experimental\nPin-Priority: 990\n";
}
