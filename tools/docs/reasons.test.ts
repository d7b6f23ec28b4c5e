import { describe, expect, it } from 'vitest';
import { undocumentedReasons } from './reasons.ts';

const source = `
  if (state) return refuse('already-exists', 'ORDER_EXISTS', 'exists already');
  throw unavailable('STORE_BUSY', message);
  throw resourceExhausted(
    'QUEUE_FULL',
    message,
  );
  return withReason(Status.INTERNAL, 'ANSWER_TOO_LARGE', message);
  throw refusalError({ kind: 'failed-precondition', code: 'RANGE_TOO_LARGE' });
  run({ consistency: 'LOCAL_QUORUM' });
`;

describe('undocumentedReasons', () => {
  it('finds nothing where the pages together name every reason', () => {
    const pages = [
      '| `ORDER_EXISTS`, `STORE_BUSY` |',
      '| `QUEUE_FULL` | `ANSWER_TOO_LARGE`, `RANGE_TOO_LARGE` |',
    ];
    expect(undocumentedReasons('apps/x/src/x.ts', source, pages)).toEqual([]);
  });

  it('names each reason that the pages lack once, however the source gives it', () => {
    const told = undocumentedReasons('apps/x/src/x.ts', source + source, ['| `STORE_BUSY_TWICE` |']);
    const reasons = ['ORDER_EXISTS', 'STORE_BUSY', 'QUEUE_FULL', 'ANSWER_TOO_LARGE', 'RANGE_TOO_LARGE'];
    expect(told).toEqual(
      reasons.map(
        (reason) => `apps/x/src/x.ts: the reason ${reason} is not in docs/errors.md or docs/security.md`,
      ),
    );
  });
});
