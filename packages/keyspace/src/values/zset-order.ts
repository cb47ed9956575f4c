/**
 * The members of a sorted set in order of (score, member): chunks of sorted arrays, themselves in order.
 *
 *   chunk   scores  [ 1   1   2.5 … ]      up to 512 members; a full chunk is halved, an empty one goes
 *           members [ "a" "b" "a" … ]
 *
 * Finding is two binary searches, inserting moves part of one chunk. A rank is the sum of chunk sizes in front, counted from the nearer
 * end: for a million members a few thousand additions at most. A skip list would need an object a member.
 */

interface Chunk {
  readonly scores: number[];
  readonly members: string[];
}

const chunkItems = 512;

export class ZsetOrder {
  #chunks: Chunk[] = [];
  #count = 0;

  /** Of pairs in any order. */
  static of(entries: Iterable<readonly [member: string, score: number]>): ZsetOrder {
    const pairs = [...entries].sort((first, second) => compare(first[1], first[0], second[1], second[0]));
    const made = new ZsetOrder();
    const half = chunkItems / 2;
    for (let at = 0; at < pairs.length; at += half) {
      const part = pairs.slice(at, at + half);
      made.#chunks.push({ scores: part.map((pair) => pair[1]), members: part.map((pair) => pair[0]) });
    }
    made.#count = pairs.length;
    return made;
  }

  get count(): number {
    return this.#count;
  }

  /** The pair must not be there. */
  insert(score: number, member: string): void {
    this.#count += 1;
    const index = Math.min(this.#chunkOf(score, member), this.#chunks.length - 1);
    if (index < 0) {
      this.#chunks.push({ scores: [score], members: [member] });
      return;
    }
    const { scores, members } = this.#chunks[index];
    const at = innerIndex(this.#chunks[index], score, member);
    scores.splice(at, 0, score);
    members.splice(at, 0, member);
    if (scores.length <= chunkItems) return;
    const half = chunkItems / 2;
    this.#chunks.splice(index + 1, 0, { scores: scores.splice(half), members: members.splice(half) });
  }

  /** The pair must be there. */
  remove(score: number, member: string): void {
    const index = this.#chunkOf(score, member);
    const chunk = this.#chunks[index];
    const at = innerIndex(chunk, score, member);
    chunk.scores.splice(at, 1);
    chunk.members.splice(at, 1);
    this.#count -= 1;
    if (chunk.scores.length === 0) this.#chunks.splice(index, 1);
  }

  /** The first rank at which `test` holds; it must hold from there on. The number of members when it never does. */
  firstRank(test: (score: number, member: string) => boolean): number {
    const chunks = this.#chunks;
    const index = firstIndex(chunks.length, (at) => {
      const { scores, members } = chunks[at];
      return test(scores[scores.length - 1], members[members.length - 1]);
    });
    if (index === chunks.length) return this.#count;
    const { scores, members } = chunks[index];
    return this.#rankOfChunk(index) + firstIndex(scores.length, (at) => test(scores[at], members[at]));
  }

  /** The pairs of ranks [from, to), in order; `to` may lie behind the end. */
  *range(from: number, to: number): IterableIterator<[member: string, score: number]> {
    if (from >= Math.min(to, this.#count)) return;
    let [index, inner] = this.#locate(from);
    for (let left = Math.min(to, this.#count) - from; left > 0; left--) {
      const { scores, members } = this.#chunks[index];
      yield [members[inner], scores[inner]];
      inner += 1;
      if (inner < scores.length) continue;
      index += 1;
      inner = 0;
    }
  }

  /** Removes the pairs of ranks [from, to), both within the set; answers their members. */
  takeRange(from: number, to: number): string[] {
    const taken: string[] = [];
    let left = to - from;
    if (left <= 0) return taken;
    let [index, inner] = this.#locate(from);
    this.#count -= left;
    while (left > 0) {
      const { scores, members } = this.#chunks[index];
      const size = Math.min(left, scores.length - inner);
      scores.splice(inner, size);
      for (const member of members.splice(inner, size)) taken.push(member);
      left -= size;
      if (scores.length === 0) this.#chunks.splice(index, 1);
      else index += 1;
      inner = 0;
    }
    return taken;
  }

  clone(): ZsetOrder {
    const copy = new ZsetOrder();
    copy.#chunks = this.#chunks.map(({ scores, members }) => ({
      scores: scores.slice(),
      members: members.slice(),
    }));
    copy.#count = this.#count;
    return copy;
  }

  /** The chunk whose last pair is at or behind this one. */
  #chunkOf(score: number, member: string): number {
    const chunks = this.#chunks;
    let low = 0;
    let high = chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const { scores, members } = chunks[middle];
      const last = scores.length - 1;
      if (compare(scores[last], members[last], score, member) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #rankOfChunk(index: number): number {
    const chunks = this.#chunks;
    let rank = 0;
    if (index <= chunks.length / 2) {
      for (let at = 0; at < index; at++) rank += chunks[at].scores.length;
      return rank;
    }
    rank = this.#count;
    for (let at = chunks.length - 1; at >= index; at--) rank -= chunks[at].scores.length;
    return rank;
  }

  /** `rank` is within the set. */
  #locate(rank: number): [chunk: number, inner: number] {
    const chunks = this.#chunks;
    if (rank < this.#count / 2) {
      let index = 0;
      for (; rank >= chunks[index].scores.length; index++) rank -= chunks[index].scores.length;
      return [index, rank];
    }
    let behind = this.#count - rank;
    let index = chunks.length - 1;
    for (; behind > chunks[index].scores.length; index--) behind -= chunks[index].scores.length;
    return [index, chunks[index].scores.length - behind];
  }
}

function innerIndex({ scores, members }: Chunk, score: number, member: string): number {
  let low = 0;
  let high = scores.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(scores[middle], members[middle], score, member) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The first index below `count` for which `test` holds, or `count`. */
function firstIndex(count: number, test: (index: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (test(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function compare(score: number, member: string, otherScore: number, otherMember: string): number {
  if (score !== otherScore) return score < otherScore ? -1 : 1;
  if (member === otherMember) return 0;
  return member < otherMember ? -1 : 1;
}
