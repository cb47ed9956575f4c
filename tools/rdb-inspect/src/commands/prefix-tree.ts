/**
 * Prefixes as a tree for people: heaviest first, each below the prefix that contains it.
 *
 * A prefix that holds nearly all of the one above it says more than that one, which is then left out: of
 * `app:` and `app:v2:`, with the same keys below, only the second is shown.
 */
import type { PrefixRow } from "../prefix-table.ts";

export interface PrefixNode {
  readonly row: PrefixRow;
  /** 0 for a prefix with no other shown above it. */
  readonly level: number;
}

export interface TreeLimits {
  /** A prefix with less memory is not shown. */
  readonly memoryMin: number;
  /** Most prefixes shown. */
  readonly nodesMax: number;
}

/** Above this share of the parent's memory, a child takes the parent's place. */
const replacesParentAbove = 0.98;

interface Branch {
  readonly row: PrefixRow;
  readonly children: Branch[];
}

/** The heaviest prefixes in the order in which they are shown. */
export function prefixTree(rows: readonly PrefixRow[], limits: TreeLimits): PrefixNode[] {
  const chosen = rows
    .filter((row) => row.memoryBytes >= limits.memoryMin && row.memoryBytes > 0)
    .sort((a, b) => b.memoryBytes - a.memoryBytes || a.depth - b.depth || compareBytes(a.prefix, b.prefix))
    .slice(0, limits.nodesMax);
  const nodes: PrefixNode[] = [];
  for (const root of branchesOf(chosen)) flatten(root, 0, nodes);
  return nodes;
}

/** Links each prefix to the longest other one that it begins with. */
function branchesOf(rows: readonly PrefixRow[]): Branch[] {
  const branches = new Map(rows.map((row) => [textOf(row.prefix), { row, children: [] } as Branch]));
  const roots: Branch[] = [];
  for (const [text, branch] of branches) {
    const parent = nearestParent(text, branches);
    if (parent === undefined) roots.push(branch);
    else parent.children.push(branch);
  }
  return roots;
}

function nearestParent(text: string, branches: ReadonlyMap<string, Branch>): Branch | undefined {
  for (let length = text.length - 1; length > 0; length--) {
    const parent = branches.get(text.slice(0, length));
    if (parent !== undefined) return parent;
  }
  return undefined;
}

function flatten(branch: Branch, level: number, nodes: PrefixNode[]): void {
  const [only] = branch.children;
  if (branch.children.length === 1 && only.row.memoryBytes >= branch.row.memoryBytes * replacesParentAbove) {
    flatten(only, level, nodes);
    return;
  }
  nodes.push({ row: branch.row, level });
  for (const child of branch.children) flatten(child, level + 1, nodes);
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b);
}
