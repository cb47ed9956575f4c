/**
 * Layouts (format.ts) compiled into operations, once for the whole type table: what the walker follows.
 */
import { strict as assert } from "node:assert";
import { type TypeRow, typeRows } from "./format.ts";

export interface Operation {
  readonly code: string;
  readonly body: readonly Operation[] | undefined;
  /** The body is this many strings, then `tailBytes` bytes of fixed size; 0 if it is not. */
  readonly stringsInBody: number;
  readonly tailBytes: number;
}

const operationsByRow: ReadonlyMap<TypeRow, readonly Operation[]> = new Map(
  typeRows.map((row) => [row, compile(row.layout, 0).operations]),
);

export function operationsOf(row: TypeRow): readonly Operation[] {
  const operations = operationsByRow.get(row);
  assert(operations !== undefined, `${row.name} is not in the type table`);
  return operations;
}

function compile(layout: string, from: number): { operations: readonly Operation[]; behind: number } {
  const operations: Operation[] = [];
  let at = from;
  while (at < layout.length && layout[at] !== ")") {
    const code = layout[at++];
    if (layout[at] !== "(") {
      operations.push({ code, body: undefined, stringsInBody: 0, tailBytes: 0 });
      continue;
    }
    const { operations: body, behind } = compile(layout, at + 1);
    operations.push({ code, body, ...tightLoop(body) });
    at = behind;
  }
  return { operations, behind: at + 1 };
}

/** Recognises bodies of strings with a fixed tail, which the tight loop can do. */
function tightLoop(body: readonly Operation[]): { stringsInBody: number; tailBytes: number } {
  const codes = body.map((operation) => operation.code).join("");
  const found = /^(s+)(8?)$/.exec(codes);
  return found === null
    ? { stringsInBody: 0, tailBytes: 0 }
    : { stringsInBody: found[1].length, tailBytes: found[2].length * 8 };
}
