/** What a repair would do, or has done, for people. */
import type { RepairPlan, RepairResult } from "@holdfast/aof";
import { formatOffset, renderFacts } from "@holdfast/command-line";
import type { Session } from "../session.ts";
import { counted } from "./counted.ts";

/** How it stands with a plan. */
export type PlanState =
  | { readonly kind: "dry-run"; readonly command: string }
  | { readonly kind: "done"; readonly result: RepairResult; readonly verdict: string };

export function isEmptyPlan({ cuts, drops }: RepairPlan): boolean {
  return cuts.length === 0 && drops.length === 0;
}

export function planScreen(session: Session, plan: RepairPlan, state: PlanState): string[] {
  const { style } = session;
  const isDone = state.kind === "done";
  const lines = [isDone ? style.good("DONE") : `${style.doubtful("DRY RUN")}  nothing was changed`];
  for (const cut of plan.cuts) {
    const removed = cut.sizeBytes - cut.keptBytes;
    lines.push(
      "",
      `  ${isDone ? "cut" : "would cut"}  ${cut.path}`,
      ...renderFacts(
        [
          ["at", `offset ${formatOffset(cut.keptBytes)} of ${session.size(cut.sizeBytes)}`],
          ["removes", `${session.size(removed)}: ${lossOf(cut.soundRecords, cut.openUnitCommands)}`],
          ...keptFact(cut.path, state),
        ],
        style,
        4,
      ),
    );
  }
  for (const drop of plan.drops) {
    const removed = `all ${session.size(drop.sizeBytes)}: ${counted(drop.commands, "sound command")}`;
    lines.push(
      "",
      `  ${isDone ? "dropped" : "would drop"}  ${drop.path}`,
      ...renderFacts([["removes", removed], ...keptFact(drop.path, state)], style, 4),
    );
  }
  const last: readonly [string, string] =
    state.kind === "done"
      ? ["now", `checked again: ${state.verdict}`]
      : ["next", `stop the server if one runs on it, then: ${state.command} --yes`];
  return [...lines, "", ...renderFacts([last], style)];
}

function lossOf(soundRecords: number, openUnitCommands: number): string {
  const parts = [];
  if (soundRecords > 0) parts.push(counted(soundRecords, "sound record"));
  if (openUnitCommands > 0)
    parts.push(`${counted(openUnitCommands, "whole record")} of a unit that is not whole`);
  return parts.length === 0 ? "no sound record" : parts.join(", ");
}

function keptFact(path: string, state: PlanState): [string, string][] {
  if (state.kind === "dry-run") return [["keeps", "the removed bytes beside the file, as NAME.removed-1"]];
  const kept = state.result.kept.filter((part) => part.path === path);
  return kept.map(({ keptAt }) => ["kept at", keptAt]);
}
