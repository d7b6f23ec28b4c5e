import type { Unit } from '../system/waves.ts';
import type { FaultKind } from '../write/schedule.ts';
import type { Planted } from './planted.ts';

/** A mistake of the write side, and how to provoke it. */
export interface Defect extends Planted {
  /** The faults under which it shows, again and again in this order, some of them together. */
  readonly faults: readonly Unit<FaultKind>[];
}

const WRITE_STORE = 'libs/write-store/src';
const ORDERS = 'libs/domain/orders/src';

/** The planted defects of the write side. Each must be caught, or the checker is worth nothing. */
export const DEFECTS: readonly Defect[] = [
  {
    name: 'position-before-lock',
    mistake: 'positions are drawn in a transaction of their own, before the locks: commit order is lost',
    changes: [
      {
        file: `${WRITE_STORE}/commit/tail.ts`,
        from: 'sql: `UPDATE journal_head SET position = LAST_INSERT_ID(position) + ?\n          + IF(position >= ?, 0, position + 1 + 18446744073709551615) WHERE id = 1`,',
        to: "sql: 'SELECT LAST_INSERT_ID(@drawn) WHERE ? > 0 AND ? >= 0',",
      },
      {
        // Decides once to know how many to draw: no position is drawn that is not used, so that order alone is lost.
        file: `${WRITE_STORE}/commit/transaction.ts`,
        from: '  const begun = await begin(connection, all, lockWaitMs);',
        to: `  const trial = await begin(connection, all, lockWaitMs);
  const tried = planWithin(trial.commands, trial, { ...context, knownPosition: 0n }, connection.maxRequestBytes);
  await connection.query('ROLLBACK');
  const count = tried.group.events.length;
  await connection.query('UPDATE journal_head SET position = (@drawn := position) + ? WHERE id = 1', [count]);
  await connection.query('DO SLEEP(0.05 * (CONNECTION_ID() % 3))');
  const begun = await begin(connection, all, lockWaitMs);`,
      },
    ],
    caughtBy: ['everything is published', 'positions rise'],
    faults: [],
  },
  {
    name: 'no-fencing',
    mistake:
      'a cursor moves whoever owns the shard and in whichever epoch: an owner that slept moves it back',
    changes: [
      {
        file: 'libs/relay/src/leases.ts',
        from: 'WHERE owner = ? AND (shard, epoch) IN (?) ORDER BY shard`,\n      [\n        ...moves',
        to: "WHERE ? <> '' AND shard IN (SELECT * FROM (SELECT shard FROM relay_shard WHERE (shard, 0 * epoch) IN (?)) AS some) ORDER BY shard`,\n      [\n        ...moves",
      },
      {
        file: 'libs/relay/src/leases.ts',
        from: 'moves.map(([{ shard, epoch }]) => [shard, epoch]),\n      ],\n    );\n    const lost',
        to: 'moves.map(([{ shard }]) => [shard, 0]),\n      ],\n    );\n    const lost',
      },
      {
        file: 'libs/relay/src/leases.ts',
        from: 'SET position = GREATEST(position, CASE',
        to: 'SET position = GREATEST(0, CASE',
      },
      {
        file: 'libs/relay/src/send-timeout.ts',
        from: '  if (timeoutMs < SHORTEST_SEND_MS || !shards.every((shard) => leases.holds(shard)))',
        to: '  if (Number.isNaN(timeoutMs))',
      },
      {
        file: 'libs/relay/src/send-timeout.ts',
        from: '  return timeoutMs;',
        to: '  return Math.max(timeoutMs, options.sendTimeoutMs);',
      },
    ],
    caughtBy: ['cursors rise', 'everything is published'],
    faults: ['pause-replica'],
  },
  {
    name: 'no-fingerprint',
    mistake: 'a used request id gives its old answer whatever the content',
    changes: [
      {
        file: `${WRITE_STORE}/commit/decide-group.ts`,
        from: '.some((one) => Buffer.compare(one, known) === 0);',
        to: '.some((one) => one.length === known.length);',
      },
    ],
    caughtBy: ['other content is a conflict'],
    faults: [],
  },
  {
    name: 'answer-before-commit',
    mistake: 'commands are answered when they are decided; the commit comes after',
    changes: [
      {
        file: `${WRITE_STORE}/commit/tail.ts`,
        from: "    { sql: 'COMMIT', values: [] },",
        to: "    { sql: 'DO 0', values: [] },",
      },
      {
        file: `${WRITE_STORE}/commit/transaction.ts`,
        from: '    results = await connection.runAll(plan.tail.statements);',
        to: "    results = await connection.runAll(plan.tail.statements);\n    setTimeout(() => connection.query('COMMIT').catch(() => {}), 20);",
      },
    ],
    caughtBy: ['acknowledged is kept', 'tokens are true', 'positions without gaps'],
    faults: ['kill-replica'],
  },
  {
    name: 'lost-commit-taken-for-done',
    mistake: 'a connection lost before COMMIT is taken for committed: the group is not decided again',
    changes: [
      {
        file: `${WRITE_STORE}/commit/transaction.ts`,
        from: '    if (!isConnectionLost(error)) throw error;\n    throw new UnknownOutcomeError(plan.group.accepted, error);',
        to: `    if (!isConnectionLost(error)) throw new UnknownOutcomeError(plan.group.accepted, error);
    results = [{ rows: [{ head: '1', recorded_at: new Date() }], affectedRows: 0 }, { rows: [], affectedRows: 0 }];`,
      },
    ],
    caughtBy: ['acknowledged is kept', 'tokens are true'],
    faults: ['cut-commit-before'],
  },
  {
    name: 'retry-of-half-a-group',
    mistake:
      'after a roll-back only the second half of a group is decided and written again; the first keeps its answers',
    changes: [
      {
        file: `${WRITE_STORE}/commit/decide-group.ts`,
        from: '  const group = decideGroup(commands, begun.locked, begun.claims, context.traceOf);',
        to: `  const own = globalThis as unknown as { kept?: WeakMap<Command, Decided> };
  const kept = (own.kept ??= new WeakMap());
  const half = commands.filter((command, index) => index < commands.length / 2 && kept.has(command));
  const rest = commands.filter((command) => !half.includes(command));
  const fresh = decideGroup(rest, begun.locked, begun.claims, context.traceOf);
  const decided = commands.map((command) => kept.get(command)).map((before, index) =>
    half.includes(commands[index]) ? before : fresh.decided[rest.indexOf(commands[index])]);
  const group = { ...fresh, decided };
  commands.forEach((command, index) => kept.set(command, decided[index]));`,
      },
    ],
    caughtBy: ['acknowledged is kept', 'tokens are true', 'repeats answer alike'],
    faults: ['cut-commit-before'],
  },
  {
    name: 'no-kill-before-the-look',
    mistake: 'the old session is not ended before the group is decided again: its COMMIT may still come',
    changes: [
      {
        file: 'libs/mysql/src/session.ts',
        from: 'await connection.query(`KILL CONNECTION ${id}`);',
        to: 'await connection.query(`DO ${id}`);',
      },
    ],
    caughtBy: ['a late COMMIT comes to nothing'],
    faults: ['late-commit'],
  },
  {
    name: 'cursor-before-acknowledgement',
    mistake: 'the cursor moves before Kafka has acknowledged the batch, which is lost when it is not',
    changes: [
      {
        file: 'libs/relay/src/publisher.ts',
        from: '  const { messages, endSpans } =',
        to: '  const lost = await leases.move(positions, batch.length);\n  const { messages, endSpans } =',
      },
      {
        file: 'libs/relay/src/publisher.ts',
        from: '  const lost = await leases.move(positions, batch.length);\n  onPublished',
        to: '  onPublished',
      },
    ],
    caughtBy: ['everything is published'],
    faults: ['cut-produce-before', 'kill-replica'],
  },
  {
    name: 'gap-passed-over',
    mistake:
      'what was committed here is published behind whatever is known, also where another replica has committed in between',
    changes: [
      {
        file: 'libs/relay/src/journal-tail.ts',
        from: '    if (afterPosition !== this.#upTo) {',
        to: '    if (Number.isNaN(this.#bounds.maxEvents)) {',
      },
    ],
    caughtBy: ['everything is published'],
    faults: ['pause-replica'],
  },
  {
    name: 'refusals-remembered',
    mistake: 'a refused request id is refused for ever, also when there is stock again',
    changes: [
      {
        file: 'apps/command-service/src/to-caller-answer.ts',
        from: "  if (result.kind === 'refused') throw refusalError(result.refusal);",
        to: `  const kept = (globalThis as unknown as { kept?: Map<string, Parameters<typeof refusalError>[0]> });
  kept.kept ??= new Map();
  if (result.kind === 'refused') kept.kept.set(requestId, kept.kept.get(requestId) ?? result.refusal);
  const old = kept.kept.get(requestId);
  if (old) throw refusalError(old);`,
      },
    ],
    caughtBy: ['refusals were true', 'refused does nothing', 'repeats answer alike'],
    faults: [],
  },
  {
    name: 'replays-not-marked',
    mistake: 'a repeat is answered as if it were the first',
    changes: [
      {
        file: 'apps/command-service/src/to-caller-answer.ts',
        from: 'const receipt = { aggregateId, version, token: toToken(positions), replayed };',
        to: 'const receipt = { aggregateId, version, token: toToken(positions), replayed: replayed && false };',
      },
    ],
    caughtBy: ['repeats are marked'],
    faults: [],
  },
  {
    name: 'paid-twice',
    mistake: 'an order that is paid may be paid again',
    changes: [
      {
        file: `${ORDERS}/advance-order.ts`,
        from: "  if (state.status !== 'placed') return statusConflict(state, 'pay', ['placed']);",
        to: "  if (state.status !== 'placed' && state.status !== 'paid') return statusConflict(state, 'pay', ['placed']);",
      },
      {
        file: `${ORDERS}/order.ts`,
        from: "moved(state, event.type, ['placed'], 'paid')",
        to: "moved(state, event.type, ['placed', 'paid'], 'paid')",
      },
    ],
    caughtBy: ['orders move as allowed'],
    faults: [],
  },
  {
    name: 'payment-not-kept',
    mistake: 'the table of orders does not take up the reference of a payment, which the journal names',
    changes: [
      {
        file: `${WRITE_STORE}/state/tables/orders.ts`,
        from: 'return [id, state.status, state.paymentReference, version];',
        to: "return [id, state.status, '', version];",
      },
    ],
    caughtBy: ['the journal verifies'],
    faults: [],
  },
  {
    name: 'stuck-after-a-cut',
    mistake: 'a group whose COMMIT was cut never ends, and every later command of the replica waits for it',
    changes: [
      {
        file: `${WRITE_STORE}/commit/try-group.ts`,
        from: 'if (error instanceof UnknownOutcomeError) remember(error, context);',
        to: 'if (error instanceof UnknownOutcomeError) await new Promise(() => undefined);',
      },
    ],
    caughtBy: ['every wish is answered'],
    faults: ['cut-commit-before'],
  },
  {
    name: 'unordered-locks',
    mistake: 'rows are locked one by one in any order, each group in another',
    changes: [
      {
        file: `${WRITE_STORE}/state/state-tables.ts`,
        from: '.map(({ type, ids }) => ({ type, statements: TABLES[type].lock(ids) }));',
        to: `.flatMap(({ type, ids }) => ids.sort(() => Math.random() - 0.5).map((id) => ({ type, statements: TABLES[type].lock([id])
      .map(({ sql, values }) => ({ sql: sql.replace('WHERE', 'WHERE SLEEP(0.005) = 0 AND'), values })) })));`,
      },
    ],
    caughtBy: ['no deadlock storm'],
    faults: [],
  },
];
