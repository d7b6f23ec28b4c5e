import { randomBytes } from 'node:crypto';
import { checkRequest } from '@meridian/contracts';
import { systemClock } from '@meridian/kernel';
import type { MysqlPool, StatementResult } from '@meridian/mysql';
import { startRpcServer, type RpcServer } from '@meridian/rpc';
import { createErasures, createKeyStore, createMasterKey } from '@meridian/sealing';
import type { Command, CommandQueue, CommandResult } from '@meridian/write-store';
import { createJournalService } from '../../../apps/command-service/src/operations/journal-service.ts';
import { createCommandRunner } from '../../../apps/command-service/src/run-command.ts';
import { registerServices } from '../../../apps/command-service/src/services.ts';
import { toCallerError } from '../../../apps/command-service/src/to-caller-error.ts';
import { merge, noStates, overlay, type Receipts } from '../../../libs/write-store/src/state/working-copy.ts';
import { formsOf } from '../leaks.ts';
import { notedLog, type NotedLog } from './noted-log.ts';

/** A server of one service, with all of its handlers, on a port of this machine. */
export interface FuzzedSystem {
  readonly server: RpcServer;
  readonly log: NotedLog;
  /** What no answer and no line of the log may hold. */
  readonly secrets: readonly string[];
  stop(): Promise<void>;
}

/** States that are kept; with more, the memory begins again empty. */
const MOST_COMMANDS = 5_000;

/** Decides commands in memory, by the rules of the domain, as a transaction of one command does. */
function memoryQueue(): CommandQueue {
  let decided = 0;
  let base: { readonly states: ReturnType<typeof noStates>; readonly receipts: Receipts } = empty();
  function decide(command: Command): CommandResult {
    if (++decided % MOST_COMMANDS === 0) base = empty();
    const { copy, changes } = overlay(base, command);
    const decision = command.decide(copy);
    if (!decision.accepted) return { kind: 'refused', refusal: decision.refusal };
    merge(base, changes);
    const { aggregateId, version, answer } = decision;
    return { kind: 'accepted', aggregateId, version, answer, positions: new Map(), replayed: false };
  }
  return {
    // A throw of a handler is a rejection, as it is of a queue that commits.
    submit: (command) => new Promise((resolve) => resolve(decide(command))),
    depth: () => 0,
    held: () => 0,
    storeAnswers: () => undefined,
    drain: () => Promise.resolve(),
  };
}

const empty = () => ({ states: noStates(), receipts: new Map<string, string>() });

/** What every statement about erasures finds: one that waits for its region. */
const erasure: StatementResult['rows'][number] = {
  customer_id: 'erased',
  destroyed_at: new Date('2026-01-01T00:00:00Z'),
  erased: 1,
  region: 'eu-west',
  done_at: null,
  tries: 0,
  in_line: 1,
  was_queued: 0,
  fails: 0,
};

/** Answers the few statements that handlers send beside the queue: an empty journal, an erasure, and a key for every customer. */
function memoryPool(wrappedKeyOf: (customerId: string) => Buffer): MysqlPool {
  const rows = (...found: StatementResult['rows']): StatementResult => ({ rows: found, affectedRows: 0 });
  const answer = (sql: string, values: readonly unknown[] = []): StatementResult => {
    if (sql.includes('journal_head')) return rows({ position: '0' });
    if (sql.includes('journal_identity')) return rows({ journal_id: '0190b3c0-7d5e-7000-8000-00000000000a' });
    if (sql.includes('destroyed_at')) return rows(erasure);
    if (sql.includes('customer_key')) return rows({ wrapped_key: wrappedKeyOf(String(values[0])) });
    return rows();
  };
  return {
    query: (sql, values) => Promise.resolve(answer(sql, values)),
    execute: (sql, values) => Promise.resolve(answer(sql, values)),
    queryAll: () => Promise.resolve([]),
    withConnection: () => Promise.reject(new Error('no handler borrows a connection')),
    close: () => Promise.resolve(),
  };
}

/** command-service without MySQL: its own registration, handlers, rules and errors, over a queue in memory. */
export async function startCommands(): Promise<FuzzedSystem> {
  const [master, fingerprintKey] = [randomBytes(32), randomBytes(32)];
  const masterKey = createMasterKey(master);
  const pool = memoryPool((customerId) => masterKey.newWrappedKey(customerId));
  const log = notedLog();
  const server = await startRpcServer({
    address: '127.0.0.1:0',
    shutdownPauseMs: 0,
    check: checkRequest,
    explain: toCallerError,
    log,
    register: (registry) =>
      registerServices(registry, {
        runner: createCommandRunner({ queue: memoryQueue(), fingerprintKeys: [fingerprintKey] }),
        pool,
        keys: createKeyStore(pool, 'keys', masterKey),
        erasures: createErasures({ pool, schema: 'keys', ordersSchema: 'orders', regions: ['eu-west'] }),
        clock: systemClock,
        timeZone: 'Europe/London',
        journal: createJournalService({ pool, maxReaders: 16 }).implementation,
        onKeysChanged: () => undefined,
      }),
  });
  const secrets = [...formsOf(master), ...formsOf(fingerprintKey)];
  return { server, log, secrets, stop: () => server.shutdown(100) };
}
