/**
 * Brings one server into the local folder: index, packages, unpack, proof that every tool runs, rename.
 *
 *   .servers/<id>/                 the unpacked server; appears only when it is complete and runs
 *   .servers/<id>/installed.json   its version, and which packages of which suite it was made of
 *   .servers/.packages/<suite>/    indexes and downloaded packages, so that a stopped run resumes
 *   .servers/.unpacking-<id>/      what a stopped run left; the next run clears it
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import fs from "fs-extra";
import { isOfRelease, type ServerRecipe, serverTools } from "./catalogue.ts";
import { type DebianArchive, findDebianArchive } from "./debian-archive.ts";
import { ServerError } from "./errors.ts";
import {
  findFetched,
  type InstallationStamp,
  parseVersion,
  type ServerInstallation,
  stampName,
  unpackedInstallation,
} from "./installation.ts";
import { PackageClient } from "./package-client.ts";
import { runCommand, tryCommand } from "./run-command.ts";

export interface FetchedServer {
  readonly installation: ServerInstallation;
  /** False when it was here already and nothing was done. */
  readonly isNew: boolean;
  readonly suite?: string;
  readonly packageCount?: number;
}

interface Offer {
  readonly client: PackageClient;
  /** The version of the packages, without epoch and Debian revision. */
  readonly version: string;
}

/** Fetches servers one after another and asks for each suite's index once. */
export class ServerFetcher {
  readonly #folder: string;
  readonly #report: (step: string) => void;
  readonly #clients = new Map<string, PackageClient>();
  #archive: DebianArchive | undefined;

  /** `report` hears what is being done, in a few words, while it is done. */
  constructor(folder: string, report: (step: string) => void) {
    this.#folder = folder;
    this.#report = report;
  }

  /**
   * The installed server, fetched if it was not there.
   *
   * Throws ServerError; the folder then holds either the whole server or nothing of it.
   */
  async fetch(recipe: ServerRecipe): Promise<FetchedServer> {
    const existing = await findFetched(recipe, this.#folder);
    if (existing !== undefined) return { installation: existing, isNew: false };

    const offer = await this.#findOffer(recipe);
    const { client } = offer;
    this.#report(`${client.suite}: downloading ${offer.version}`);
    const names = await client.withLibraries([`${recipe.family}-server`, `${recipe.family}-tools`]);
    const { files } = await client.download(names);

    const home = join(this.#folder, `.unpacking-${recipe.id}`);
    this.#report(`${client.suite}: unpacking ${files.length} packages`);
    await unpack(files, home);
    const unpacked = await unpackedInstallation(recipe, offer.version, home);
    const version = await proveThatToolsRun(unpacked);

    const stamp: InstallationStamp = { version, suite: client.suite, packages: names };
    await fs.writeFile(join(home, stampName), `${JSON.stringify(stamp, undefined, 2)}\n`);
    await fs.move(home, join(this.#folder, recipe.id), { overwrite: true });
    const installation = (await findFetched(recipe, this.#folder))!;
    return { installation, isNew: true, suite: client.suite, packageCount: files.length };
  }

  /** Removes indexes and packages (half a gigabyte), which only a run that has to be resumed still needs. */
  async tidyUp(): Promise<void> {
    await fs.remove(join(this.#folder, ".packages"));
  }

  /** The first suite of the recipe that offers the wanted release. */
  async #findOffer(recipe: ServerRecipe): Promise<Offer> {
    const refusals: string[] = [];
    for (const suite of recipe.suites) {
      try {
        const client = await this.#client(suite);
        const version = upstreamVersion((await client.candidate(`${recipe.family}-server`)) ?? "");
        if (isOfRelease(recipe, version)) return { client, version };
        refusals.push(`${suite} has ${version === "" ? `no ${recipe.family}` : version}`);
      } catch (error) {
        if (!(error instanceof ServerError) || error.code !== "SERVERS_COMMAND_FAILED") throw error;
        refusals.push(`${suite} cannot be read: ${error.message}`);
      }
    }
    throw new ServerError("SERVERS_NOT_OFFERED", `no suite offers ${recipe.release}: ${refusals.join("; ")}`);
  }

  async #client(suite: string): Promise<PackageClient> {
    const open = this.#clients.get(suite);
    if (open !== undefined) return open;
    this.#archive ??= await machineArchive();
    this.#report(`${suite}: reading the index`);
    const client = await PackageClient.open(this.#archive, suite, join(this.#folder, ".packages", suite));
    this.#clients.set(suite, client);
    return client;
  }
}

async function machineArchive(): Promise<DebianArchive> {
  for (const program of ["apt-get", "apt-cache", "dpkg"]) {
    if ((await tryCommand([program, "--version"])).exitCode === 0) continue;
    throw new ServerError("SERVERS_NO_ARCHIVE", `there is no ${program} on this machine to fetch it with`);
  }
  const archive = await findDebianArchive();
  if (archive !== undefined) return archive;
  throw new ServerError(
    "SERVERS_NO_ARCHIVE",
    "the package configuration in /etc/apt names no Debian archive",
  );
}

/** "7.0.15" from "5:7.0.15-1~deb12u7". */
function upstreamVersion(packageVersion: string): string {
  return /^(?:\d+:)?(\d+(?:\.\d+)*)/.exec(packageVersion)?.[1] ?? "";
}

async function unpack(files: readonly string[], home: string): Promise<void> {
  await fs.emptyDir(home);
  for (const file of files) {
    if (!existsSync(file)) {
      throw new ServerError("SERVERS_COMMAND_FAILED", `the package client did not leave ${file}`);
    }
    await runCommand(["dpkg", "-x", file, home]);
  }
  for (const part of ["usr/share", "etc", "var"]) await fs.remove(join(home, part));
}

/** Runs every tool once and returns the server's version; names the library that is missing. */
async function proveThatToolsRun(installation: ServerInstallation): Promise<string> {
  for (const tool of serverTools) {
    const result = await tryCommand([...installation.command(tool), "--version"]);
    const output = `${result.stdout}${result.stderr}`;
    const library = /loading shared libraries: ([^\s:]+)/.exec(output)?.[1];
    // Only the server and the client know --version everywhere; the others answer with their usage.
    const isRunning = result.exitCode === 0 || (tool !== "server" && result.exitCode === 1);
    if (library === undefined && isRunning) continue;
    const reason = library === undefined ? output.trim().split("\n")[0] : `library ${library} is missing`;
    throw new ServerError("SERVERS_DOES_NOT_RUN", `${tool} does not run: ${reason}`);
  }
  const { stdout } = await tryCommand([...installation.command("server"), "--version"]);
  return parseVersion(stdout) ?? installation.version;
}
