/**
 * Where fixtures are, and how an annotated hex file is read.
 *
 *   # a comment line; blank lines are ignored too
 *   FE 00                  two or more blanks, or a tab, begin the explanation
 *   00 0161 41*300         bytes may stand together; 41*300 is the byte 41 three hundred times
 *   <crc64>                the eight bytes of the CRC-64 over everything above
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { crc64Bytes } from "./crc64-oracle.ts";

const fixturesFolder = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..", "fixtures");

export interface Fixture {
  /** The file's name without its extension. */
  readonly name: string;
  readonly path: string;
}

/** The absolute path of something in `fixtures/`, for example `fixturePath("rdb", "redis-7.0-types.rdb")`. */
export function fixturePath(...parts: readonly string[]): string {
  return join(fixturesFolder, ...parts);
}

/** The files of a folder in `fixtures/` that end in `extension` (".rdb"), by name; not those in sub-folders. */
export function listFixtures(folder: string, extension: string): Fixture[] {
  const names = readdirSync(fixturePath(folder)).filter((name) => name.endsWith(extension));
  return names.sort().map((name) => ({
    name: name.slice(0, -extension.length),
    path: fixturePath(folder, name),
  }));
}

/** The bytes that an annotated hex file stands for; throws with file and line when it is not one. */
export function readHexFixture(path: string): Uint8Array {
  return parseHex(readFileSync(path, "utf8"), path);
}

/** The same for a text in hand; `name` is for the error message. */
export function parseHex(text: string, name = "hex text"): Uint8Array {
  const bytes: number[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const [data] = line.trim().split(/\s{2,}|\t/);
    for (const token of data.split(" ")) appendToken(bytes, token, `${name}:${index + 1}`);
  }
  return Uint8Array.from(bytes);
}

function appendToken(bytes: number[], token: string, where: string): void {
  if (token === "<crc64>" || token === "CRC") {
    bytes.push(...crc64Bytes(Uint8Array.from(bytes)));
    return;
  }
  const match = /^((?:[0-9a-f]{2})+)(?:\*(\d+))?$/i.exec(token);
  if (match === null) throw new Error(`${where}: "${token}" is neither pairs of hex digits nor <crc64>`);
  const [, digits, count = "1"] = match;
  const pairs = digits.match(/../g)!.map((pair) => Number.parseInt(pair, 16));
  for (let repeat = 0; repeat < Number(count); repeat += 1) for (const byte of pairs) bytes.push(byte);
}
