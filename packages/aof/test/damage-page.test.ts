/** DAMAGE.md: what six servers, their checkers and a check of ours make of damaged files. */
import { join } from "node:path";
import { describeWithServer } from "@holdfast/testkit";
import { expect, it } from "vitest";
import { checkAof, planRepair } from "../src/index.ts";
import { checkerCell, inFours, type ServerId, serverCell, servers } from "./damage-columns.ts";
import { damagedFiles, START } from "./damaged-files.ts";
import { scenarios } from "./loss-scenarios.ts";
import { latin1, memoryDisk, oneIncrement } from "./memory-disk.ts";

const page = join(import.meta.dirname, "../DAMAGE.md");

const introduction = `# Damage

What becomes of an append-only file that is damaged: with \`aof-check\`, with six servers that are started on it, and with the checkers that come
with them. A test makes this page from live servers: \`npx vitest run packages/aof/test/damage-page.test.ts -u\`.

## Damaged files

Each file has two keys that were acknowledged, k1 and k2, and then what its line says, in a log of its own that is the last one.

- **ours**: the verdict of \`aof-check\` and the code of its first problem; then what \`--fix\` leaves of the bytes behind k1 and k2 without asking.
- **servers**: *loads* with the keys beside k1 and k2, *cuts* the file and starts, *refuses* with exit code 1, or *crashes*. Default configuration.
- **checkers**: *valid* or *not valid*, in the order of the servers; one word when all agree.
`;

const lossIntroduction = `
## Ways to lose what was acknowledged

What happens when the server is left alone with each: started on the files, written to, and started again.
`;

describeWithAll([...servers], () => {
  it("are in DAMAGE.md, which is what servers of today do", async () => {
    const damaged = await inFours(damagedFiles, damageRow);
    const lost = await inFours(scenarios, async ({ name, ours, play }) => {
      const cells: string[] = [];
      for (const id of servers) {
        cells.push(await play(id));
      }
      return [name, ours, ...cells];
    });
    const text = [
      introduction,
      table(["damage", "ours", "after `--fix`", ...servers, "checkers"], damaged),
      lossIntroduction,
      table(["scenario", "with aof-check", ...servers], lost),
    ];
    await expect(`${text.join("\n")}\n`).toMatchFileSnapshot(page);
    // Some four hundred servers, one after the other: minutes on a busy machine.
  }, 1_200_000);
});

/** Only when all of them are here. */
function describeWithAll([first, ...others]: ServerId[], body: () => void): void {
  describeWithServer(first, "damaged files on all servers", () =>
    others.length === 0 ? body() : describeWithAll(others, body),
  );
}

async function damageRow({ name, bytes }: (typeof damagedFiles)[number]): Promise<string[]> {
  const log = latin1(START + bytes);
  const onServers: string[] = [];
  const checked: string[] = [];
  for (const id of servers) {
    onServers.push(await serverCell(id, log));
    checked.push(await checkerCell(id, log));
  }
  const checkers = new Set(checked).size === 1 ? checked[0] : checked.join(", ");
  return [name, ...(await ourCells(log)), ...onServers, checkers];
}

/** The verdict, and what a repair does that is not asked to decide anything. */
async function ourCells(log: Uint8Array): Promise<[verdict: string, repair: string]> {
  const disk = await memoryDisk(oneIncrement(log));
  const report = await checkAof(disk, "data");
  const code = report.problems[0]?.code;
  const verdict = code === undefined ? report.verdict : `${report.verdict}, ${code}`;
  try {
    const [cut] = planRepair(report, { behindDamage: "refuse" }).cuts;
    if (cut === undefined)
      return [verdict, report.verdict === "sound" ? "as it is" : "as it is: edit by hand"];
    return [verdict, `${cut.keptBytes - START.length} of ${log.length - START.length} bytes`];
  } catch {
    return [verdict, "asks first"];
  }
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
