/**
 * Things in the order of their ids, in pages: the entries of a stream, and the pending entries of a group.
 *
 * A frozen copy shares the pages, and a page is copied before the first change after that: so a snapshot costs a list of
 * pages, and later only the pages that change.
 */
import type { EntryId } from "./entry-id.ts";
import type { IdColumn } from "./id-column.ts";

/** What a page must have; the rows of everything else in it are those of the ids. */
export interface IdPage<Page> {
  readonly ids: IdColumn;
  /** A copy that shares nothing that changes; its rows may be numbered anew. */
  copy(): Page;
}

/** A row of a page, by the page's index: to look at. A page for a change may number its rows differently. */
export interface PageRow {
  readonly page: number;
  readonly row: number;
}

export class IdPages<Page extends IdPage<Page>> {
  #pages: Page[] = [];
  /** Pages that only this list has. */
  #owned = new Set<Page>();
  #listIsShared = false;
  #count = 0;

  /** Rows of all pages. */
  get count(): number {
    return this.#count;
  }

  /** Never empty pages, in order: for reading. */
  get pages(): readonly Page[] {
    return this.#pages;
  }

  /** Shares everything; both may change afterwards. */
  fork(): IdPages<Page> {
    const fork = new IdPages<Page>();
    fork.#pages = this.#pages;
    fork.#count = this.#count;
    fork.#listIsShared = true;
    this.#listIsShared = true;
    this.#owned = new Set();
    return fork;
  }

  get firstId(): EntryId | undefined {
    const ids = this.#pages[0]?.ids;
    return ids?.at(ids.first);
  }

  get lastId(): EntryId | undefined {
    const ids = this.#pages.at(-1)?.ids;
    return ids?.at(ids.end - 1);
  }

  /** Where the id is; undefined when it is not there. */
  find(id: EntryId): PageRow | undefined {
    const page = this.pageFor(id);
    const ids = this.#pages[page]?.ids;
    const row = ids?.seek(id) ?? 0;
    return ids?.is(row, id) ? { page, row } : undefined;
  }

  /** The last page that begins at or before the id, or the first; 0 when there are none. */
  pageFor(id: EntryId): number {
    const pages = this.#pages;
    let low = 0;
    let high = pages.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const { ids } = pages[middle];
      if (ids.at(ids.first) <= id) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? 0 : low - 1;
  }

  /** The page for a change, copied if a frozen list shares it. The caller keeps `count` true with `counted`. */
  writable(index: number): Page {
    const page = this.#pages[index];
    if (this.#owned.has(page)) return page;
    const copy = page.copy();
    this.#ownList();
    this.#pages[index] = copy;
    this.#owned.add(copy);
    return copy;
  }

  /** Puts a new page, with its rows, at this index. */
  insertPage(index: number, page: Page): void {
    this.#ownList();
    this.#pages.splice(index, 0, page);
    this.#owned.add(page);
    this.#count += page.ids.count;
  }

  /** Puts a page behind this one; its rows come from this one, so that the count stays. */
  addSplitPage(index: number, page: Page): void {
    this.#ownList();
    this.#pages.splice(index + 1, 0, page);
    this.#owned.add(page);
  }

  /** Takes pages [0, count) away. */
  dropFirstPages(count: number): void {
    this.#ownList();
    for (const page of this.#pages.splice(0, count)) {
      this.#owned.delete(page);
      this.#count -= page.ids.count;
    }
  }

  /** Says that a page has one row more or fewer; an empty page goes. */
  counted(index: number, change: 1 | -1): void {
    this.#count += change;
    const page = this.#pages[index];
    if (page.ids.count > 0) return;
    this.#ownList();
    this.#pages.splice(index, 1);
    this.#owned.delete(page);
  }

  #ownList(): void {
    if (!this.#listIsShared) return;
    this.#pages = this.#pages.slice();
    this.#listIsShared = false;
  }
}
