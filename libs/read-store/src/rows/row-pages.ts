import type { Row } from '@meridian/cassandra';
import type { PagePlaces } from '@meridian/projection';

/** How pages are read. */
export interface RowPagesOptions {
  readonly signal?: AbortSignal | undefined;
  /** A page has a place from before its read until the next one is asked for. */
  readonly places?: PagePlaces | undefined;
}

/** The first page has so many rows at most: most questions need no other, and do not wait for those that read large ones. */
export const FIRST_ROWS = 500;

/**
 * All rows of a partition, by pages of `size` rows, the first one of 500 at most. `read` gives so many rows after one, from the beginning
 * when there is none; a page that is not full is the last. Rejects with the signal's reason before a read. Whoever holds a page should
 * not wait for another one meanwhile: there may be no place for it.
 */
export async function* rowPages(
  size: number,
  read: (after: Row | undefined, size: number) => Promise<readonly Row[]>,
  { signal, places }: RowPagesOptions = {},
): AsyncGenerator<readonly Row[], void> {
  for (let [after, most]: [Row | undefined, number] = [undefined, Math.min(size, FIRST_ROWS)]; ;) {
    signal?.throwIfAborted();
    const free = await places?.take(most, signal);
    try {
      const rows = await read(after, most);
      if (rows.length > 0) yield rows;
      after = rows.at(-1);
      if (!after || rows.length < most) return;
    } finally {
      free?.();
    }
    most = size;
  }
}
