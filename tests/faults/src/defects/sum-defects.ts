import type { TestedDefect } from './fold-defects.ts';

const ORDERS = 'libs/read-models/orders';
const SUMS = `${ORDERS}/src/customer-worth.ts`;
const TESTED = {
  project: ORDERS,
  testFile: 'src/remembered-worth.test.ts',
  caughtBy: ['is what is added up without, whatever came in whatever order, in either of two regions'],
};

/**
 * Mistakes with sums that query-service remembers. Fault runs do not provoke them: their customers have few orders, whose sums are
 * not remembered.
 */
export const SUM_DEFECTS: readonly TestedDefect[] = [
  {
    name: 'sums-used-unchecked',
    mistake: 'a remembered sum is used whatever was written since',
    changes: [{ file: SUMS, from: 'includes && isUpTo(includes, found.upTo)', to: 'includes' }],
    ...TESTED,
  },
  {
    name: 'sums-of-rows-with-gaps',
    mistake:
      'a sum is remembered while an event of it is parked, which is applied late and moves no position',
    changes: [{ file: SUMS, from: ' && (await isWhole)', to: '' }],
    ...TESTED,
  },
  {
    name: 'sums-by-the-rows-positions',
    mistake:
      'the positions of the rows stand for the progress: an earlier event that is still on its way moves none',
    changes: [
      { file: SUMS, from: 'isUpTo(worth.includes, upTo) && ', to: '' },
      { file: SUMS, from: '{ worth, upTo }', to: '{ worth, upTo: worth.includes }' },
    ],
    ...TESTED,
  },
  {
    name: 'sums-ahead-of-a-region',
    mistake: 'a sum that was made in one region is used in another that is behind',
    changes: [{ file: SUMS, from: '!isUpTo(found.upTo, completeness.upTo)', to: 'false' }],
    ...TESTED,
  },
  {
    name: 'returns-move-no-position',
    mistake: 'a return does not tell the month of its order that it has changed',
    changes: [
      {
        file: `${ORDERS}/src/projection.ts`,
        from: '{ [lastPositionOf(event.shard)]: position }',
        to: "{ [lastPositionOf(event.shard)]: event.type === 'ItemsReturned' ? undefined : position }",
      },
    ],
    ...TESTED,
  },
];
