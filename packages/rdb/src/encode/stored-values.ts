/**
 * Values that are copied as they are stored: what level "raw" hands over, and modules at every level.
 *
 * A module says who it belongs to in its first nine bytes: 81 and the id, most significant byte first.
 */
import type { ItemBatch, KeyEvent } from "../events.ts";
import { moduleTypeOf } from "../format.ts";
import { wrongBatch } from "./collection-writer.ts";
import type { RdbLossKind } from "./losses.ts";
import { targetHas } from "./targets.ts";
import type { ValueContext, ValueWriter } from "./value-context.ts";

const moduleType = 7;
const moduleIdBytes = 9;
const vectorSetName = "vectorset";

export class StoredValueWriter implements ValueWriter {
  readonly #context: ValueContext;

  constructor(context: ValueContext) {
    this.#context = context;
  }

  begin(event: KeyEvent): void {
    this.#context.head(event.row.number);
  }

  add(batch: ItemBatch): void {
    if (batch.of !== "opaque") throw wrongBatch(batch, "stored bytes");
    this.#context.output.bytes(batch.bytes);
  }

  end(): void {}
}

export class ModuleWriter implements ValueWriter {
  readonly #context: ValueContext;
  #start = Buffer.alloc(0);
  #fate: "unknown" | "written" | "lost" = "unknown";

  constructor(context: ValueContext) {
    this.#context = context;
  }

  begin(): void {
    this.#start = Buffer.alloc(0);
    this.#fate = "unknown";
  }

  add(batch: ItemBatch, isLast: boolean): void {
    if (batch.of !== "opaque") throw wrongBatch(batch, "stored bytes");
    if (this.#fate === "written") this.#context.output.bytes(batch.bytes);
    if (this.#fate !== "unknown") return;
    this.#start = Buffer.concat([this.#start, batch.bytes]);
    if (this.#start.length < moduleIdBytes && !isLast) return;
    const loss = this.#lossOf();
    if (loss !== undefined) {
      this.#fate = "lost";
      this.#context.loseKey(loss);
      return;
    }
    this.#fate = "written";
    this.#context.head(moduleType);
    this.#context.output.bytes(this.#start);
  }

  end(): void {}

  #lossOf(): RdbLossKind | undefined {
    const { target } = this.#context;
    const isVectorSet =
      this.#start.length >= moduleIdBytes &&
      moduleTypeOf(this.#start.readBigUInt64BE(1)).name === vectorSetName;
    if (isVectorSet) return target.hasVectorSets ? undefined : "vector-set";
    return targetHas(target, "module") ? undefined : "module";
  }
}
