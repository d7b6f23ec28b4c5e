import type { ProjectorName } from '../read/projectors.ts';
import type { FaultKind } from '../read/schedule.ts';
import type { Planted } from './planted.ts';

/** A mistake of the read side, and what it takes to provoke it. */
export interface ReadDefect extends Planted {
  /** The faults under which it shows, each once a round. */
  readonly faults: readonly FaultKind[];
  readonly rounds: number;
  readonly projectors: readonly ProjectorName[];
  /** Whether questions have to be asked to see it. */
  readonly asks: boolean;
}

const PROJECTION = 'libs/projection/src';
const READ_STORE = 'libs/read-store/src';
const PROJECTOR = 'libs/projector/src';
const ROWS = ['rows equal the journal'];

/** The planted defects of the read side. Each must be caught, or the checker is worth nothing. */
export const READ_DEFECTS: readonly ReadDefect[] = [
  {
    name: 'clock-timestamps',
    mistake: 'cells are stamped by the clock and not by the position of their event',
    changes: [
      {
        file: `${PROJECTOR}/store/row-writer.ts`,
        from: '[...columns.map((name) => values[name]), row.writtenAt]',
        to: '[...columns.map((name) => values[name]), BigInt(Date.now()) * 1_000n]',
      },
    ],
    caughtBy: ROWS,
    faults: ['kill-projector'],
    rounds: 1,
    projectors: ['inventory'],
    asks: false,
  },
  {
    name: 'late-deletes',
    mistake: 'a delete is stamped later than its event, to be sure that it wins',
    changes: [
      {
        file: `${PROJECTION}/fold.ts`,
        from: 'row.removedAt = 2n * position;',
        to: 'row.removedAt = 2n * position + 4_000n;',
      },
    ],
    caughtBy: ROWS,
    faults: ['kill-projector'],
    rounds: 1,
    projectors: ['inventory'],
    asks: false,
  },
  {
    name: 'counters-for-totals',
    mistake: 'totals count what comes, and do not know what is in them',
    changes: [
      {
        file: `${PROJECTOR}/store/totals.ts`,
        from: 'if (contribution.position <= before.lastPosition) continue;',
        to: 'if (contribution.position <= 0n) continue;',
      },
    ],
    caughtBy: ROWS,
    // Shows when a process dies between the rows of a batch and its progress.
    faults: ['kill-while-writing', 'kill-projector', 'kill-before-commit'],
    rounds: 8,
    projectors: ['sales'],
    asks: false,
  },
  {
    name: 'offset-as-identity',
    mistake: 'the offset in Kafka stands for the position',
    changes: [
      {
        file: 'libs/messaging/src/consumer.ts',
        from: 'headers: headers ?? {},',
        to: "headers: { ...headers, ...(topic.endsWith('.events') ? { ce_position: String(BigInt(offset) + 1n) } : {}) },",
      },
      {
        file: 'libs/messaging/src/consumer.ts',
        from: '  const messages = batch.messages.map(',
        to: '  const { topic } = batch;\n  const messages = batch.messages.map(',
      },
      {
        file: 'libs/messaging/src/consumer.ts',
        from: '  const { topic, partition, highWatermark } = batch;',
        to: '  const { partition, highWatermark } = batch;',
      },
    ],
    caughtBy: ROWS,
    faults: ['duplicate-batches'],
    rounds: 2,
    projectors: ['sales'],
    asks: false,
  },
  {
    name: 'one-row-for-all-partitions',
    mistake: 'a total is one row, which the owners of all partitions write',
    changes: [
      {
        file: `${PROJECTOR}/store/total-reads.ts`,
        from: '{ ...piece.keys[index], [KAFKA_PARTITION]: share }',
        to: '{ ...piece.keys[index], [KAFKA_PARTITION]: 0 }',
      },
      {
        file: `${PROJECTOR}/store/total-reads.ts`,
        from: 'name === KAFKA_PARTITION ? share : key[name]',
        to: 'name === KAFKA_PARTITION ? 0 : key[name]',
      },
    ],
    caughtBy: ROWS,
    faults: ['join-and-leave'],
    rounds: 1,
    projectors: ['sales'],
    asks: false,
  },
  {
    name: 'commit-before-write',
    mistake: 'progress is recorded before the rows are written: what a dying process had in hand is lost',
    changes: [
      {
        file: `${PROJECTOR}/partition/apply-batch.ts`,
        from: '  await persist(attempt, failing);\n  await untilApplied(before);\n  state.quarantine(',
        to: '  acknowledged = new Set(store.regions);\n  state.quarantine(',
      },
      {
        file: `${PROJECTOR}/partition/apply-batch.ts`,
        from: '  observer?.applied?.(state.key',
        to: '  await persist(attempt, failing);\n  observer?.applied?.(state.key',
      },
    ],
    caughtBy: ROWS,
    faults: ['kill-while-writing'],
    rounds: 8,
    projectors: ['orders'],
    asks: false,
  },
  {
    name: 'skipped-on-time-out',
    mistake: 'a write that was not answered in time is given up',
    changes: [
      {
        file: `${PROJECTOR}/partition/persist.ts`,
        from: '      onFailure(error, tries);\n',
        to: '      onFailure(error, tries);\n      return;\n',
      },
    ],
    caughtBy: ROWS,
    faults: ['stop-home-store'],
    rounds: 2,
    projectors: ['orders'],
    asks: false,
  },
  {
    name: 'progress-without-region',
    mistake: 'rows and progress count as written when the home region has them',
    changes: [
      {
        file: 'libs/cassandra/src/session.ts',
        from: 'EACH_QUORUM: cassandra.types.consistencies.eachQuorum,',
        to: 'EACH_QUORUM: cassandra.types.consistencies.localQuorum,',
      },
    ],
    caughtBy: ROWS,
    faults: ['stop-remote-store'],
    rounds: 1,
    projectors: ['orders'],
    asks: false,
  },
  {
    name: 'stale-totals',
    mistake: 'totals are kept when their partition goes to another process and comes back',
    changes: [
      {
        file: `${PROJECTOR}/store/totals.ts`,
        from: '      kept.clear();\n',
        to: '',
      },
    ],
    caughtBy: ROWS,
    faults: ['join-and-leave'],
    rounds: 4,
    projectors: ['sales'],
    asks: false,
  },
  {
    name: 'token-ignored',
    mistake: 'a question is answered at once, whatever its token names',
    changes: [
      {
        file: `${READ_STORE}/progress/progress-watch.ts`,
        from: '.filter((entry) => entry.applied < entry.required);',
        to: '.filter((entry) => entry.required < 0n);',
      },
    ],
    caughtBy: ['tokens are honoured', 'reads never go back'],
    faults: ['kill-projector'],
    rounds: 1,
    projectors: ['catalog', 'inventory', 'customers', 'orders', 'sales'],
    asks: true,
  },
];
