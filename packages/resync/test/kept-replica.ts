/** A sink in memory that checks what a sink may rely on, and the file a server can load to show what it amounts to. */
import assert from "node:assert/strict";
import type { ReplicaSink, ReplicaState, SnapshotFacts } from "../src/index.ts";

export class KeptReplica implements ReplicaSink {
  state: ReplicaState | undefined;
  facts: SnapshotFacts | undefined;
  snapshot = Buffer.alloc(0);
  stream_ = Buffer.alloc(0);
  /** What happened, in order: "full 0", "continued 122". */
  readonly log: string[] = [];
  /** When false, nothing becomes durable until settle() is called. */
  settlesAtOnce = true;
  settleCalls = 0;
  #incoming: Uint8Array[] | undefined;
  #incomingSize: number | undefined;
  #settledOffset = 0;
  readonly #changed = new Set<() => void>();

  get offset(): number {
    return this.state?.offset ?? -1;
  }

  async fullResync({ offset }: { readonly offset: number }): Promise<void> {
    this.log.push(`full ${offset}`);
  }

  async snapshotStart(sizeBytes: number | undefined): Promise<void> {
    this.#incoming = [];
    this.#incomingSize = sizeBytes;
  }

  async snapshotBytes(bytes: Uint8Array): Promise<void> {
    assert(this.#incoming !== undefined && bytes.length > 0);
    this.#incoming.push(bytes);
  }

  async snapshotEnd(state: ReplicaState, facts: SnapshotFacts): Promise<void> {
    assert(this.#incoming !== undefined);
    this.snapshot = Buffer.concat(this.#incoming);
    this.#incoming = undefined;
    assert.equal(this.snapshot.length, facts.sizeBytes);
    if (this.#incomingSize !== undefined) assert.equal(this.snapshot.length, this.#incomingSize);
    this.stream_ = Buffer.alloc(0);
    this.facts = facts;
    this.#settledOffset = state.offset;
    this.#move(state);
  }

  async continued(state: ReplicaState): Promise<void> {
    assert.equal(state.offset, this.state?.offset);
    this.log.push(`continued ${state.offset}`);
    this.#move(state);
  }

  async stream(bytes: readonly Uint8Array[], offset: number, state: ReplicaState): Promise<void> {
    assert.equal(offset, this.state?.offset, "a gap or a duplicate in the stream");
    const piece = Buffer.concat(bytes);
    assert.equal(offset + piece.length, state.offset);
    this.stream_ = Buffer.concat([this.stream_, piece]);
    if (this.settlesAtOnce) this.#settledOffset = state.offset;
    this.#move(state);
  }

  async settle(): Promise<void> {
    this.settleCalls++;
    this.#settledOffset = this.offset;
  }

  settledOffset(): number {
    return this.#settledOffset;
  }

  /** An append-only file of the old kind: the snapshot, and what came behind it. Every server loads it. */
  appendOnlyFile(): Uint8Array {
    return Buffer.concat([this.snapshot, this.stream_]);
  }

  /** Resolves when this holds; looked at whenever something came. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#changed.add(resolve));
  }

  #move(state: ReplicaState): void {
    this.state = state;
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const resolve of changed) resolve();
  }
}
