/** Statistics for people and programs. */
import type { AofReport } from "@holdfast/aof";
import { type Column, formatCount, renderFacts, renderTable } from "@holdfast/command-line";
import { timeSpan } from "../screens/report-screen.ts";
import type { Session } from "../session.ts";
import { type AofStats, totalOf } from "./collect-stats.ts";

export function statsScreen({ style }: Session, stats: AofStats, report: AofReport): string[] {
  const times = timeSpan(report.files);
  const span =
    times === undefined ? "no #TS: lines: aof-timestamp-enabled was off" : `${times.first} to ${times.last}`;
  const facts: [string, string][] = [["times", span]];
  if (stats.isPartial) facts.push(["counted", style.doubtful("up to the first damage only")]);
  return [
    style.bold("Databases"),
    ...renderTable(
      [right("db"), right("keys"), right("expiring")],
      stats.databases.map(({ db, keys, expiring }) => [String(db), formatCount(keys), formatCount(expiring)]),
      style,
    ),
    "",
    style.bold("Commands"),
    ...renderTable(
      [{ title: "name" }, ...["count", "changed", "unchanged", "refused", "not known"].map(right)],
      stats.commands.map((command) => [
        command.name,
        ...[totalOf(command), command.applied, command.unchanged, command.refused, command.kept].map(
          formatCount,
        ),
      ]),
      style,
    ),
    "",
    ...renderFacts(facts, style),
  ];
}

function right(title: string): Column {
  return { title, align: "right" };
}

export function statsDocument({ commands, databases, isPartial }: AofStats): object {
  return { isPartial, databases, commands };
}
