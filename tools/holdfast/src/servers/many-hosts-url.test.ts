/** URLs of several hosts: what they name, how they are shown, and what is refused. */
import { describe, expect, test } from "vitest";
import { parseManyHostsUrl } from "./many-hosts-url.ts";

describe("a URL of several hosts", () => {
  test("names the nodes of a cluster", () => {
    const url = parseManyHostsUrl("rediss+cluster://ada:p%40ss@h1,[::1]:7000");
    expect(url).toMatchObject({
      kind: "cluster",
      name: undefined,
      hosts: [
        { host: "h1", port: 6379 },
        { host: "::1", port: 7000 },
      ],
      server: { isTls: true, user: "ada", password: "p@ss", shown: "rediss+cluster://ada:***@h1,[::1]:7000" },
    });
  });

  test("names Sentinels, and what they call the primary", () => {
    expect(parseManyHostsUrl("valkey+sentinel://s1,s2:26380/main/3")).toMatchObject({
      kind: "sentinel",
      name: "main",
      hosts: [
        { host: "s1", port: 26_379 },
        { host: "s2", port: 26_380 },
      ],
      server: { family: "valkey", isTls: false, db: 3, shown: "valkey+sentinel://s1,s2:26380/main/3" },
    });
  });

  test("of another kind is left to others", () => {
    expect(parseManyHostsUrl("redis://h1")).toBeUndefined();
    expect(parseManyHostsUrl("dump.rdb")).toBeUndefined();
  });

  test.each([
    "redis+sentinel://s1",
    "redis+sentinel://s1/",
    "redis+cluster://h1/name",
    "redis+cluster://h1,,h2",
    "redis+cluster://h1:99999",
    "http+cluster://h1",
    "redis+sentinel://secret@s1/name",
  ])("%s is refused, and shows no secret", (text) => {
    expect(() => parseManyHostsUrl(text)).toThrow(expect.objectContaining({ exitCode: 2 }));
    expect(() => parseManyHostsUrl(text)).not.toThrow(/secret/);
  });
});
