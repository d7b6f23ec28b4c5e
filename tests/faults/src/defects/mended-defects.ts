import type { TestedDefect } from './fold-defects.ts';

const WRITE_STORE = 'libs/write-store';
const PROJECTOR = 'libs/projector';
const RELAY = 'libs/relay';

/**
 * Faults that the system once had and that fault runs do not provoke: a held row, another system’s events, a database that lost
 * transactions. The tests that came with each mend must catch them.
 */
export const MENDED_DEFECTS: readonly TestedDefect[] = [
  {
    name: 'held-rows-hold-up-all',
    mistake: 'commands that need a row which others hold are not set aside: their group waits with them',
    changes: [
      {
        file: `${WRITE_STORE}/src/commit/try-group.ts`,
        from: "    if ('held' in result && result.held?.size) return result;\n",
        to: '',
      },
    ],
    caughtBy: ['holds up only commands that need it, also within a group, and these get it once it is free'],
    project: WRITE_STORE,
    testFile: 'src/commit/held-rows.integration.test.ts',
    onEngines: true,
  },
  {
    name: 'request-too-large-is-sent',
    mistake: 'a command is sent to MySQL whatever it writes',
    changes: [
      {
        file: `${WRITE_STORE}/src/commit/decide-group.ts`,
        from: 'const isTooLarge = bytes > maxRequestBytes;',
        to: 'const isTooLarge = bytes < 0;',
      },
    ],
    caughtBy: ['are refused by a name when one alone is too large, and no neighbour with it'],
    project: WRITE_STORE,
    testFile: 'src/commit/large-groups.integration.test.ts',
    onEngines: true,
  },
  {
    name: 'positions-drawn-twice',
    mistake: 'a database that lost transactions draws positions again that were acknowledged before',
    changes: [
      {
        file: `${WRITE_STORE}/src/commit/tail.ts`,
        from: '+ IF(position >= ?, 0,',
        to: '+ IF(position >= 0 * ?, 0,',
      },
    ],
    caughtBy: [
      'gives no position twice: a replica that has seen further refuses, until the journal is fenced',
    ],
    project: WRITE_STORE,
    testFile: 'src/commit/journal-behind.integration.test.ts',
    onEngines: true,
  },
  {
    name: 'tail-beyond-the-head',
    mistake: 'events that a read showed beyond the head are handed over once more after a failed send',
    changes: [
      {
        file: `${RELAY}/src/journal-tail.ts`,
        from: 'found.events.filter(({ position }) => position <= upTo)',
        to: '[...found.events]',
      },
    ],
    caughtBy: ['gives each event once, in order, also when a read showed more than the head that it saw'],
    project: RELAY,
    testFile: 'src/journal-tail.test.ts',
  },
  {
    name: 'foreign-events-passed-over',
    mistake: 'an event of another journal is passed over, and its partition goes on',
    changes: [
      {
        file: `${PROJECTOR}/src/partition/decode-batch.ts`,
        from: "if ('foreign' in found) return { ...partial(), goOnAt: index, foreign: found.foreign };",
        to: "if ('foreign' in found) continue;",
      },
    ],
    caughtBy: [
      'stops before an event of another journal, whatever its position, and neither drops nor parks it',
    ],
    project: PROJECTOR,
    testFile: 'src/partition/decode-batch.test.ts',
  },
  {
    name: 'only-changed-totals-are-written',
    mistake: 'a total that the home region has already is not written to a region that lacks it',
    changes: [
      {
        file: `${PROJECTOR}/src/store/totals.ts`,
        from: 'rows: [...wanted.keys()].map((id) => toRow(changed.get(id) ?? found(mine.read, id))),',
        to: 'rows: [...changed.values()].map(toRow),',
      },
    ],
    caughtBy: [
      'reaches a region that was away, when the partition moves between rows and progress',
      'reaches it when the same process tries again until the region is back',
    ],
    project: PROJECTOR,
    testFile: 'src/run/alike.test.ts',
  },
  {
    name: 'earlier-events-parked-too',
    mistake: 'events before the first parked one of an aggregate are put aside when they come again',
    changes: [
      {
        file: `${PROJECTOR}/src/partition/decode-batch.ts`,
        from: 'isParked(parkedAs(envelope.aggregateId), envelope.position)',
        to: 'parkedAs(envelope.aggregateId)',
      },
    ],
    caughtBy: ['takes what came before the first parked event when all comes again, and parks the rest once'],
    project: PROJECTOR,
    testFile: 'src/partition/decode-batch.test.ts',
  },
  {
    name: 'each-waiter-looks-for-a-key',
    mistake: 'every question that waits for a missing key reads it by itself',
    changes: [
      {
        file: 'apps/query-service/src/customer-keys.ts',
        from: 'const isLooked = lines.has(customerId);',
        to: 'const isLooked = false;',
      },
    ],
    caughtBy: ['shares the looks for a missing key with all others, and all are answered when it comes'],
    project: 'apps/query-service',
    testFile: 'src/customer-keys.test.ts',
  },
];
