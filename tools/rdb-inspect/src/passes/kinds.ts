/** Every pass by name: how a worker thread finds the one it is told to run. */
import type { PassResult, SectionedPassKind } from "../pass.ts";
import { checkPass } from "./check.ts";
import { exportCommandsPass } from "./export-commands.ts";
import { exportJsonPass } from "./export-json.ts";
import { keysPass } from "./keys.ts";
import { prefixesPass } from "./prefixes.ts";
import { summaryPass } from "./summary.ts";

const all: readonly SectionedPassKind<unknown, PassResult>[] = [
  checkPass,
  exportCommandsPass,
  exportJsonPass,
  keysPass,
  prefixesPass,
  summaryPass,
];

export const passKinds: ReadonlyMap<string, SectionedPassKind<unknown, PassResult>> = new Map(
  all.map((kind) => [kind.name, kind]),
);
