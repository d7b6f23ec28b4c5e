import { createPlaces } from '@meridian/async';
import type { PagePlaces } from '@meridian/projection';
import { FIRST_ROWS } from './row-pages.ts';

/** The places of one question. */
export interface QuestionPlaces extends PagePlaces {
  /** The question is over: it frees what it holds. */
  end(): void;
}

/** The places of all questions of a process. */
export interface ProcessPlaces {
  ofQuestion(): QuestionPlaces;
}

/**
 * So many questions read large pages at once. Each reads up to four of 5,000 rows, and a row takes about a kilobyte: these are
 * 120 MB at most.
 */
const QUESTIONS_WITH_LARGE_PAGES = 6;
const SMALL_PAGES = 64;

/**
 * Makes the places of a process: for 64 small pages, of 500 rows at most, and for 6 questions that read large ones. Such a question keeps its
 * place to its end, since it keeps what it has added up. So a question with few rows does not wait for those with many.
 */
export function createPagePlaces(): ProcessPlaces {
  const [small, large] = [createPlaces(SMALL_PAGES), createPlaces(QUESTIONS_WITH_LARGE_PAGES)];
  return {
    ofQuestion() {
      let held: Promise<() => void> | undefined;
      return {
        async take(rows, signal) {
          if (rows <= FIRST_ROWS) return small.take(signal);
          await (held ??= large.take(signal));
          return () => undefined;
        },
        end() {
          void held?.then(
            (free) => free(),
            () => undefined,
          );
        },
      };
    },
  };
}
