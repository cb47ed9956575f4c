/** Which URL means which server, which are refused, and that nothing secret is ever shown. */
import { UsageError } from "@holdfast/command-line";
import { describe, expect, test } from "vitest";
import { maskUrl, parseServerUrl, type ServerUrl } from "./server-url.ts";

const plain = { family: "redis", isTls: false, user: undefined, password: undefined, db: undefined };

const understood: readonly [text: string, url: Partial<ServerUrl>][] = [
  ["redis://h", { address: { host: "h", port: 6379 }, shown: "redis://h:6379" }],
  ["REDIS://h/", { address: { host: "h", port: 6379 }, shown: "redis://h:6379" }],
  ["redis://h:7000/12", { address: { host: "h", port: 7000 }, db: 12, shown: "redis://h:7000/12" }],
  ["rediss://h", { isTls: true, shown: "rediss://h:6379" }],
  ["valkey://h", { family: "valkey", shown: "valkey://h:6379" }],
  ["valkeys://h", { family: "valkey", isTls: true, shown: "valkeys://h:6379" }],
  ["redis://[::1]:7000", { address: { host: "::1", port: 7000 }, shown: "redis://[::1]:7000" }],
  ["redis://:secret@h", { password: "secret", shown: "redis://:***@h:6379" }],
  ["redis://ada:secret@h", { user: "ada", password: "secret", shown: "redis://ada:***@h:6379" }],
  ["redis://ada:@h", { user: "ada", shown: "redis://ada:@h:6379" }],
  ["redis://a%3Ab:p%40%25@h", { user: "a:b", password: "p@%", shown: "redis://a%3Ab:***@h:6379" }],
  ["redis://:p/w?d#@:1@h:1", { password: "p/w?d#@:1", shown: "redis://:***@h:1" }],
  ["unix:///run/r.sock", { address: { path: "/run/r.sock" }, shown: "unix:///run/r.sock" }],
  ["unix:///a@b.sock?db=3", { address: { path: "/a@b.sock" }, db: 3, shown: "unix:///a@b.sock?db=3" }],
  ["unix://ada:secret@/r", { user: "ada", password: "secret", shown: "unix://ada:***@/r" }],
];

const refused: readonly [text: string, reason: RegExp, nextStep: RegExp][] = [
  ["redis://secret@h:1/2", /ambiguous/, /redis:\/\/:PASSWORD@h:1\/2 or redis:\/\/USER:PASSWORD@h:1\/2/],
  ["unix://secret@/r", /ambiguous/, /unix:\/\/:PASSWORD@\/r/],
  ["localhost:6379", /no URL/, /redis:\/\/host:6379/],
  ["dump.rdb", /no URL/, /unix:/],
  ["redis://", /cannot be understood/, /redis:\/\/host/],
  ["redis://h:x", /cannot be understood/, /redis:\/\/host/],
  ["redis://h/x", /cannot be understood/, /redis:\/\/host/],
  ["redis://h?db=1", /cannot be understood/, /redis:\/\/host/],
  ["redis://a,b", /cannot be understood/, /redis:\/\/host/],
  ["rediss://:secret@h:x", /cannot be understood/, /rediss:\/\/host/],
  ["unix://h/path?x=1", /cannot be understood/, /unix:\/\/\/path/],
  ["redis://h:0", /a port is/, /^$/],
  ["redis://h:65536", /a port is/, /^$/],
  ["redis://:secret%@h", /has a %/, /%25/],
  ["redis://h/99999999999999999999", /no database/, /^$/],
  ["http://:secret@h", /not known/, /valkeys:/],
  ["redis+sentinel://:secret@s1,s2/name", /not supported here/, /URL of one server/],
  ["redis+cluster://h1,h2", /not supported/, /one shard after the other/],
];

describe("a server's URL", () => {
  test.each(understood)("%s is understood", (text, url) => {
    expect(parseServerUrl(text)).toMatchObject({ ...plain, ...url });
    expect(parseServerUrl(text).shown).not.toContain("secret");
  });

  test.each(refused)("%s is refused, without what is secret in it", (text, reason, nextStep) => {
    const error = errorOf(() => parseServerUrl(text));
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toMatch(reason);
    expect(error.nextStep ?? "").toMatch(nextStep);
    expect(`${error.message} ${error.nextStep}`).not.toContain("secret");
  });

  test("that is not understood is shown from its last @ on", () => {
    expect(maskUrl("redis://a:b@c@h:x")).toBe("redis://***@h:x");
    expect(maskUrl("secret@h")).toBe("***@h");
    expect(maskUrl("redis://h:x")).toBe("redis://h:x");
  });
});

function errorOf(parse: () => unknown): UsageError {
  try {
    parse();
  } catch (error) {
    return error as UsageError;
  }
  throw new Error("it was understood");
}
