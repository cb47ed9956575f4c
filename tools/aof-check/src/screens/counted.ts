/** A count with its noun: `1 sound record`, `1,200 sound records`. */
import { formatCount } from "@holdfast/command-line";

export function counted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}
