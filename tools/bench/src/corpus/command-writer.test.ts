/** The bytes of commands, by hand from the RESP2 specification. */
import { expect, test } from "vitest";
import { CommandWriter } from "./command-writer.ts";

function bytesOf(write: (out: CommandWriter) => void): string {
  const out = new CommandWriter();
  write(out);
  return out.take().toString("latin1");
}

test("a command is an array of bulk strings", () => {
  expect(bytesOf((out) => out.command("SADD", "key", ""))).toBe(
    "*3\r\n$4\r\nSADD\r\n$3\r\nkey\r\n$0\r\n\r\n",
  );
});

test("lengths and counts have as many digits as they need", () => {
  for (const size of [1, 9, 10, 48, 49, 99, 100, 1_000, 12_345]) {
    const text = "\u00e9".repeat(size);
    expect(bytesOf((out) => out.command(text))).toBe(`*1\r\n$${size}\r\n${text}\r\n`);
  }
});

test("a command that is begun takes its arguments one by one", () => {
  const begun = bytesOf((out) => {
    out.begin(2);
    out.arg("GET");
    out.arg("key");
  });
  expect(begun).toBe(bytesOf((out) => out.command("GET", "key")));
});

test("an argument larger than a piece is kept whole", () => {
  const text = "x".repeat(3_000_000);
  expect(bytesOf((out) => out.command("SET", "key", text))).toHaveLength(3_000_000 + 4 + 9 + 9 + 12);
});

test("what was taken stays as it is while more is written", () => {
  const out = new CommandWriter();
  out.command("FIRST");
  const taken = out.take();
  out.command("OTHER");
  expect(taken.toString("latin1")).toBe("*1\r\n$5\r\nFIRST\r\n");
});
