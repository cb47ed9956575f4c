/**
 * The manifest of a directory that is being written: what is in the file, and how it changes.
 *
 * A new manifest takes the name of the old one in one step (replaceFile of platform), and counts from then on.
 */
import { join } from "node:path";
import { type FileSystem, replaceFile } from "@holdfast/platform";
import { AofError } from "./errors.ts";
import { manifestName, namedPart } from "./file-names.ts";
import { type AofManifest, formatManifest } from "./manifest.ts";
import { readStart } from "./read-whole.ts";

export class ManifestKeeper {
  readonly directory: string;
  readonly fileName: string;
  readonly #files: FileSystem;
  #manifest: AofManifest;
  #lastChange: Promise<void> = Promise.resolve();

  /** `manifest` is what the file says now. */
  constructor(
    files: FileSystem,
    place: { readonly directory: string; readonly fileName: string },
    manifest: AofManifest,
  ) {
    this.#files = files;
    this.directory = place.directory;
    this.fileName = place.fileName;
    this.#manifest = manifest;
  }

  get manifest(): AofManifest {
    return this.#manifest;
  }

  /**
   * Writes what `update` makes of the manifest, lasting when this resolves; changes wait for each other. Throws FileError with
   * everything as it was; AOF_SYNC_FAILED when the new one is in place (here as well) but a crash may bring the old one back.
   */
  change(update: (manifest: AofManifest) => AofManifest): Promise<void> {
    const changing = this.#lastChange.then(() => this.#replace(update(this.#manifest)));
    this.#lastChange = changing.catch(() => {});
    return changing;
  }

  /** A sequence above all of its kind, in the manifest and among the files: no file is ever written over. */
  async nextSequence(kind: "base" | "incr"): Promise<number> {
    const { base, history, increments } = this.#manifest;
    const listed = kind === "incr" ? increments : base === undefined ? [] : [base];
    let highest = 0;
    for (const { sequence } of listed) highest = Math.max(highest, sequence);
    const names = [...(await this.#files.list(this.directory)), ...history.map(({ name }) => name)];
    for (const name of names) {
      const part = namedPart(this.fileName, name);
      if (part?.kind === kind) highest = Math.max(highest, part.sequence);
    }
    return highest + 1;
  }

  async #replace(manifest: AofManifest): Promise<void> {
    const path = join(this.directory, manifestName(this.fileName));
    const bytes = formatManifest(manifest);
    try {
      await replaceFile(this.#files, path, (file) => file.append(bytes), { overwrite: true });
    } catch (error) {
      if (!(await this.#isInPlace(path, bytes))) throw error;
      this.#manifest = manifest;
      const detail =
        "the new manifest is in place, but may not survive a crash: stop, and look after the disk";
      throw new AofError("AOF_SYNC_FAILED", path, detail, error);
    }
    this.#manifest = manifest;
  }

  async #isInPlace(path: string, bytes: Uint8Array): Promise<boolean> {
    try {
      return Buffer.from(await readStart(this.#files, path, bytes.length + 1)).equals(bytes);
    } catch {
      // What cannot be read may be the new one: the careful answer.
      return true;
    }
  }
}
