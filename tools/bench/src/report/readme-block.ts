/**
 * The part of a page that a program writes: everything between two marks, which themselves stay.
 *
 *   <!-- bench:table -->
 *   … rewritten …
 *   <!-- /bench:table -->
 */
import { BenchError } from "../errors.ts";

const startMark = "<!-- bench:table -->";
const endMark = "<!-- /bench:table -->";

/** The page with `text` between the marks; throws BENCH_README_WITHOUT_MARKS when they are not both there, in order. */
export function replaceBlock(page: string, text: string): string {
  const start = page.indexOf(startMark);
  const end = page.indexOf(endMark, start);
  if (start < 0 || end < 0) {
    throw new BenchError(
      "BENCH_README_WITHOUT_MARKS",
      `the page lacks ${startMark} or, behind it, ${endMark}`,
    );
  }
  return `${page.slice(0, start + startMark.length)}\n\n${text.trim()}\n\n${page.slice(end)}`;
}
