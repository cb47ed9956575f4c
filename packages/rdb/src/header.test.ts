import { describe, expect, it } from "vitest";
import { RdbDecoder } from "./decoder.ts";
import { RdbFormatError } from "./errors.ts";

/** The header event of these bytes, "more" when it waits, or code and offset of the error. */
function headerOf(text: string): string {
  const decoder = new RdbDecoder();
  decoder.push(Buffer.from(text, "latin1"));
  try {
    const event = decoder.next();
    return event?.kind === "header" ? `${event.dialect} ${event.version}` : "more";
  } catch (error) {
    if (error instanceof RdbFormatError) return `${error.code} ${error.offset}`;
    throw error;
  }
}

describe("the header", () => {
  it("says dialect and version for every version there is", () => {
    for (let version = 1; version <= 15; version += 1)
      expect(headerOf(`REDIS${String(version).padStart(4, "0")}`)).toBe(`redis ${version}`);
    expect(headerOf("VALKEY080")).toBe("valkey 80");
  });

  it("of a version that is not known is refused, never guessed", () => {
    for (const text of ["REDIS0000", "REDIS0016", "REDIS0080", "REDIS9999", "REDIS00a1", "REDIS 001"])
      expect([text, headerOf(text)]).toEqual([text, "RDB_UNSUPPORTED_VERSION 5"]);
    for (const text of ["VALKEY011", "VALKEY079", "VALKEY081", "VALKEY999", "VALKEY-80"])
      expect([text, headerOf(text)]).toEqual([text, "RDB_UNSUPPORTED_VERSION 6"]);
  });

  it("is waited for as long as it can still become one", () => {
    for (const text of ["R", "REDI", "REDIS", "REDIS001", "V", "VALKEY", "VALKEY08"])
      expect([text, headerOf(text)]).toEqual([text, "more"]);
  });

  it("that cannot become one is refused at once, however few bytes there are", () => {
    for (const text of ["X", "RE ", "REDIX", "redis0011", "VALUE", "\u001f\u008b", "*3\r\n", "$9\r\n"])
      expect([text, headerOf(text)]).toEqual([text, "RDB_BAD_MAGIC 0"]);
  });
});
