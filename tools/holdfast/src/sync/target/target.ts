/**
 * Where a sync writes to: one server, or the primaries of a cluster, each with a pipeline.
 *
 * Keys go to the node that has their slot; a server that is no cluster has all slots.
 */
import { CLUSTER_SLOTS, slotOfKey } from "@holdfast/bytes";
import type { Clock, Network } from "@holdfast/platform";
import { connectClient, type ServerAnswer, type ServerClient } from "../../servers/connect-client.ts";
import { Pipeline } from "../../servers/pipeline.ts";
import type { ServerAccess } from "../../servers/server-access.ts";
import { ServerProblem } from "../../servers/server-problem.ts";
import { readTargetFacts, type TargetFacts, textOf } from "./target-facts.ts";

export interface OpenTargetOptions {
  readonly network: Network;
  readonly clock: Clock;
  /** Of a cluster: any of its nodes, tried in order. */
  readonly access: readonly ServerAccess[];
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export class Target {
  readonly facts: TargetFacts;
  readonly nodes: readonly Pipeline[];
  /** Index of the node by slot. */
  readonly #nodeOfSlot: Uint16Array;

  /** Throws ServerProblem. */
  static async open(options: OpenTargetOptions): Promise<Target> {
    const client = await firstToAnswer(options);
    try {
      const facts = await readTargetFacts(client);
      const ranges = facts.isCluster ? await readSlots(client) : [];
      const { nodes, nodeOfSlot } = facts.isCluster
        ? nodesOf(ranges, client.access)
        : { nodes: [client.access], nodeOfSlot: new Uint16Array(CLUSTER_SLOTS) };
      const pipelines: Pipeline[] = [];
      for (const access of nodes) pipelines.push(await Pipeline.open({ ...options, access }));
      return new Target(facts, pipelines, nodeOfSlot);
    } finally {
      client.close();
    }
  }

  private constructor(facts: TargetFacts, nodes: readonly Pipeline[], nodeOfSlot: Uint16Array) {
    this.facts = facts;
    this.nodes = nodes;
    this.#nodeOfSlot = nodeOfSlot;
  }

  nodeOfKey(key: Uint8Array): number {
    return this.nodes.length === 1 ? 0 : this.#nodeOfSlot[slotOfKey(key)];
  }

  nodeOfSlot(slot: number): number {
    return this.#nodeOfSlot[slot];
  }

  close(): void {
    for (const node of this.nodes) node.close();
  }
}

async function firstToAnswer({ access, timeoutMs }: OpenTargetOptions): Promise<ServerClient> {
  let failure: unknown;
  for (const each of access) {
    try {
      const address = each.locate === undefined ? each.address : await each.locate();
      return await connectClient({ ...each, address }, timeoutMs);
    } catch (error) {
      if (!(error instanceof ServerProblem && error.code === "SERVER_UNREACHABLE")) throw error;
      failure ??= error;
    }
  }
  throw failure;
}

interface SlotRange {
  readonly from: number;
  readonly to: number;
  readonly host: string;
  readonly port: number;
}

/** `[from, to, [host, port, id], replicas …]` of each range. Throws ServerProblem when a slot has no primary. */
async function readSlots(client: ServerClient): Promise<SlotRange[]> {
  const answer = await client.ask("CLUSTER", "SLOTS");
  const ranges = (answer as readonly ServerAnswer[]).map((row): SlotRange => {
    const [from, to, primary] = row as readonly ServerAnswer[];
    const [host, port] = primary as readonly ServerAnswer[];
    return { from: Number(from), to: Number(to), host: textOf(host), port: Number(port) };
  });
  const served = ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  if (served === CLUSTER_SLOTS) return ranges;
  throw new ServerProblem(
    "SERVER_NOT_READY",
    `${client.access.shown}: ${CLUSTER_SLOTS - served} slots of the cluster are served by nobody`,
  );
}

function nodesOf(ranges: readonly SlotRange[], asked: ServerAccess) {
  const nodeOfSlot = new Uint16Array(CLUSTER_SLOTS);
  const nodes: ServerAccess[] = [];
  const names = new Map<string, number>();
  for (const { from, to, host, port } of ranges) {
    // A node that does not know its own name says nothing: then it is the one that was asked.
    const at = host === "" && "host" in asked.address ? asked.address.host : host;
    const name = `${at}:${port}`;
    let node = names.get(name);
    if (node === undefined) {
      node = nodes.length;
      names.set(name, node);
      nodes.push({ ...asked, address: { host: at, port }, shown: name });
    }
    nodeOfSlot.fill(node, from, to + 1);
  }
  return { nodes, nodeOfSlot };
}
