/**
 * Reads the file again for keys whose fingerprints occurred twice, and compares their bytes.
 *
 * A stream cannot be read again: there the fingerprints are all there is, and no offset is known. That
 * case is reported as one piece of damage without a key.
 */
import { formatCount } from "@holdfast/command-line";
import type { RdbEvent } from "@holdfast/rdb";
import type { Pass, PassKind } from "../pass.ts";
import type { DamageFact } from "../passes/check.ts";
import { fingerprintOf } from "../passes/duplicate-keys.ts";
import type { Session } from "./session.ts";

/** Suspects beyond this are not told apart: a file with more has a different problem. */
const suspectsMax = 100_000;

export async function findDuplicates(session: Session, suspects: readonly bigint[]): Promise<DamageFact[]> {
  if (!session.input.isRereadable) return [unlocated(suspects.length)];
  const { result } = await session.walk(suspectsPass, suspects.slice(0, suspectsMax));
  return result;
}

function unlocated(count: number): DamageFact {
  return {
    code: "RDB_DUPLICATE_KEY",
    detail: `${formatCount(count)} keys stand twice in their db; read from a file, not a stream, to see which`,
    offset: 0,
    db: undefined,
    key: undefined,
    typeName: undefined,
  };
}

/** Finds every later occurrence of a key among the suspects. */
class SuspectsPass implements Pass<DamageFact[]> {
  readonly decoder: Pass<DamageFact[]>["decoder"];
  readonly pendingBytes = 0;
  readonly #seen = new Map<string, number>();
  readonly #found: DamageFact[] = [];

  constructor(suspects: readonly bigint[]) {
    const wanted = new Set(suspects);
    this.decoder = {
      level: "skip",
      select: (head) => (wanted.has(fingerprintOf(head.db, head.key)) ? "skip" : "omit"),
    };
  }

  consume(event: RdbEvent): void {
    if (event.kind !== "key") return;
    const name = `${event.db} ${Buffer.from(event.key).toString("latin1")}`;
    const firstOffset = this.#seen.get(name);
    if (firstOffset === undefined) {
      this.#seen.set(name, event.recordOffset);
      return;
    }
    this.#found.push({
      code: "RDB_DUPLICATE_KEY",
      detail: `the key stands in its db already, at offset ${formatCount(firstOffset)}: servers refuse to load the file`,
      offset: event.recordOffset,
      db: event.db,
      key: event.key.slice(),
      typeName: event.row.name,
    });
  }

  takeOutput(): undefined {}

  finish(): DamageFact[] {
    return this.#found;
  }
}

const suspectsPass: PassKind<readonly bigint[], DamageFact[]> = {
  name: "suspects",
  create: (suspects) => new SuspectsPass(suspects),
};
