/** Has the snapshot converted when a target is given, and refuses a conversion that loses something which may not go. */
import { exitCode, formatCount, Problem } from "@holdfast/command-line";
import { RdbEncodeError } from "@holdfast/rdb";
import type { StoredRdb } from "@holdfast/resync";
import { type Conversion, convertRdb } from "./converted-rdb.ts";
import type { DataFacts, OpenDataOptions } from "./served-data.ts";

export interface SnapshotToSend {
  readonly rdb: StoredRdb;
  readonly conversion: DataFacts["conversion"];
  readonly warnings: readonly string[];
}

export async function snapshotToSend(
  rdb: StoredRdb,
  { target, allowLoss, signal }: OpenDataOptions,
): Promise<SnapshotToSend> {
  if (target === undefined) return { rdb, conversion: undefined, warnings: [] };
  const converted = await convertRdb(rdb, target, signal).catch(encodeFailed);
  const { losses } = converted;
  if (losses.count === 0)
    return { rdb: converted.rdb, conversion: { target: target.name, losses }, warnings: [] };
  const text = lossText(converted, target.name);
  if (!allowLoss)
    throw new Problem(exitCode.unsupported, text, {
      nextStep: "--allow-loss serves it without these; or choose another --target",
    });
  return { rdb: converted.rdb, conversion: { target: target.name, losses }, warnings: [text] };
}

function lossText({ losses }: Conversion, target: string): string {
  const kinds = losses.kinds.map(({ kind, count }) => `${formatCount(count)} ${kind}`).join(", ");
  const further = losses.count - losses.first.length;
  const more = further === 0 ? "" : `, and ${formatCount(further)} more`;
  return `${target} cannot hold all of it: ${kinds} (${losses.first.join("; ")}${more})`;
}

function encodeFailed(cause: unknown): never {
  if (!(cause instanceof RdbEncodeError)) throw cause;
  throw new Problem(exitCode.unsupported, cause.message, { nextStep: "choose another --target", cause });
}
