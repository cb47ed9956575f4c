/**
 * The digest of a vector set, a value of the module that Redis brings since 8.0.
 *
 *   stored    id, dim, count, quantisation, flags (1 projection, 2 attributes), [input dim, matrix],
 *             count × (element, [attributes], vector, number of links and levels, these)
 *
 *   sequence  e = 0, mix count as text, mix dim as text                        x = 0, x ^= SHA1(e)
 *             e = 0, mix vector as stored, mix element, mix attributes if any  x ^= SHA1(e), for each element
 *   key       … ^= SHA1(x)
 *
 * Integers stand behind module opcode 2, strings behind 5. Neither the graph nor the projection counts. Source: the format in
 * modules/vector-sets of Redis; the order of what is mixed from answers of live servers 8.0 and 8.6 to DEBUG DIGEST-VALUE.
 */
import { ByteWindow } from "@holdfast/bytes";
import { RdbCursor, shortage } from "../cursor.ts";
import { Damage } from "../errors.ts";
import { moduleOpcode, moduleTypeOf } from "../format.ts";
import { Arena, StringReader } from "../strings.ts";
import { Sha1, type Sha1Words, xorWords } from "./sha1.ts";

const moduleName = "vectorset";
const knownVersion = 0;
const flagProjection = 1;
const flagAttributes = 2;
/** An element or its attributes are held until the vector has come. */
const heldBytesMax = 16 << 20;
const nothing = new Uint8Array(0);

type Step = "id" | "head" | "input-dim" | "matrix" | "node" | "links" | "end" | "over" | "unknown";

/** For one value, whose stored bytes come in pieces. */
export class VectorSetDigest {
  /** What all elements and the head come to. */
  readonly words: Sha1Words = new Int32Array(5);
  readonly #sha = new Sha1();
  readonly #sequence: Sha1Words = new Int32Array(5);
  readonly #cursor = new RdbCursor(new ByteWindow(), Number.POSITIVE_INFINITY);
  readonly #arena = new Arena(false);
  readonly #strings = new StringReader(this.#cursor, this.#arena);
  #step: Step = "id";
  #flags = 0;
  #nodesLeft = 0;
  #linksLeft = 0;
  /** Bytes of the matrix that are still to come. */
  #skipBytes = 0;

  /** The next piece of the stored value; it is copied. */
  push(bytes: Uint8Array): void {
    const cursor = this.#cursor;
    if (this.#step === "unknown" || bytes.length === 0) return;
    cursor.window.position = cursor.committed;
    cursor.window.push(Uint8Array.from(bytes));
    cursor.commit();
    if (cursor.window.available < cursor.wanted) return;
    this.#arena.reset();
    this.#read();
  }

  /** True when the value was a vector set of the known form, whole: `words` counts. */
  get isKnown(): boolean {
    return this.#step === "over" && this.#cursor.window.available === 0;
  }

  #read(): void {
    const cursor = this.#cursor;
    try {
      while (this.#step !== "over") {
        cursor.wanted = 1;
        this.#next();
        cursor.commit();
      }
    } catch (thrown) {
      cursor.rewind();
      if (thrown === shortage) return;
      if (!(thrown instanceof Damage)) throw thrown;
      this.#step = "unknown";
    }
  }

  #next(): void {
    switch (this.#step) {
      case "id":
        this.#readId();
        break;
      case "head":
        this.#readHead();
        break;
      case "input-dim":
        this.#integer();
        this.#step = "matrix";
        break;
      case "matrix":
        this.#passMatrix();
        break;
      case "node":
        this.#readNode();
        break;
      case "links":
        if (this.#linksLeft > 0) this.#integer();
        this.#linksLeft -= 1;
        if (this.#linksLeft <= 0) this.#step = this.#nodesLeft > 0 ? "node" : "end";
        break;
      default:
        this.#expect(moduleOpcode.end);
        this.#step = "over";
    }
  }

  #readId(): void {
    const { name, version } = moduleTypeOf(this.#cursor.length64());
    if (name !== moduleName || version !== knownVersion)
      this.#cursor.fail("RDB_BAD_MODULE", `${name} ${version} is no vector set that is known here`);
    this.#step = "head";
  }

  #readHead(): void {
    const dim = this.#integer();
    this.#nodesLeft = this.#integer();
    this.#integer();
    this.#flags = this.#integer();
    const hasProjection = (this.#flags & flagProjection) !== 0;
    this.#step = hasProjection ? "input-dim" : this.#afterHead;
    this.#mix(Buffer.from(String(this.#nodesLeft), "latin1"));
    this.#mix(Buffer.from(String(dim), "latin1"));
    this.#endSequence();
  }

  get #afterHead(): Step {
    return this.#nodesLeft > 0 ? "node" : "end";
  }

  /** The matrix may be large, and nobody wants it. */
  #passMatrix(): void {
    const { window } = this.#cursor;
    if (this.#skipBytes === 0) {
      this.#expect(moduleOpcode.string);
      this.#strings.head();
      this.#skipBytes = this.#strings.storedBytes;
    }
    const passed = Math.min(this.#skipBytes, window.available);
    window.position += passed;
    this.#skipBytes -= passed;
    this.#cursor.commit();
    if (this.#skipBytes > 0) throw shortage;
    this.#step = this.#afterHead;
  }

  #readNode(): void {
    const element = this.#string();
    const attributes = (this.#flags & flagAttributes) === 0 ? nothing : this.#string();
    const vector = this.#string();
    this.#linksLeft = this.#integer();
    this.#mix(vector);
    this.#mix(element);
    if (attributes.length > 0) this.#mix(attributes);
    this.#endSequence();
    this.#nodesLeft -= 1;
    this.#step = "links";
  }

  /** d ^= SHA1(bytes), d = SHA1(d). */
  #mix(bytes: Uint8Array): void {
    this.#sha.hash(bytes, 0, bytes.length);
    xorWords(this.#sequence, this.#sha.words);
    this.#sha.hashWords(this.#sequence);
    this.#sequence.set(this.#sha.words);
  }

  #endSequence(): void {
    this.#sha.hashWords(this.#sequence);
    xorWords(this.words, this.#sha.words);
    this.#sequence.fill(0);
  }

  #integer(): number {
    this.#expect(moduleOpcode.unsigned);
    return this.#cursor.roughLength();
  }

  /** Borrowed from the window, or from the arena, which is reset with the next piece. */
  #string(): Uint8Array {
    this.#expect(moduleOpcode.string);
    this.#strings.read(heldBytesMax);
    return this.#strings.view();
  }

  #expect(opcode: number): void {
    const at = this.#cursor.window.position;
    const found = this.#cursor.length();
    if (found !== opcode)
      this.#cursor.fail("RDB_BAD_MODULE", `module opcode ${opcode} was due, found ${found}`, at);
  }
}
