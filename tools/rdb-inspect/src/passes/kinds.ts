/** Every pass by name: how a worker thread finds the one it is told to run. */
import type { PassKind } from "../pass.ts";
import { checkPass } from "./check.ts";
import { exportJsonPass } from "./export-json.ts";
import { keysPass } from "./keys.ts";
import { prefixesPass } from "./prefixes.ts";
import { summaryPass } from "./summary.ts";

const all: readonly PassKind<never, never>[] = [checkPass, exportJsonPass, keysPass, prefixesPass, summaryPass];

export const passKinds: ReadonlyMap<string, PassKind<unknown, unknown>> = new Map(
  all.map((kind) => [kind.name, kind as PassKind<unknown, unknown>]),
);
