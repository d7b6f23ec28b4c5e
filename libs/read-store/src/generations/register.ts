import { setTimeout as pause } from 'node:timers/promises';
import { SPECULATIVE_RETRY, type CassandraSession, type Row } from '@meridian/cassandra';
import { bigint, int, type Projection, timestamp } from '@meridian/projection';

/** One set of tables of a read model, and what feeds it. */
export interface Generation {
  readonly generation: number;
  /** The version of the projection's code that feeds it. */
  readonly version: number;
  readonly createdAt: Date;
  /** Filled from the journal up to here or further, from Kafka above it; undefined until a projector has looked where the journal ends. */
  readonly fillUntil: bigint | undefined;
  /** When it had been filled; from then on it only follows Kafka. */
  readonly filledAt: Date | undefined;
  /** How fast it is filled at most, a process. */
  readonly maxEventsPerSecond: number;
  /** Set when it was given up: nobody feeds it any more and its tables may be gone. */
  readonly droppedAt: Date | undefined;
}

/** The generations of a read model, and which of them answers questions. */
export interface GenerationRegister {
  readonly projector: string;
  /** Raised with every change of the register. */
  readonly epoch: bigint;
  /** The generation that answers questions. */
  readonly live: number;
  /** The one that answered before; what a rollback goes back to. */
  readonly previous: number | undefined;
  /** The newest version of the projection's code that has been started. */
  readonly newestVersion: number;
  /** By number, dropped ones included: a number is never used again. */
  readonly generations: readonly Generation[];
}

/** Somebody else changed the register at the same moment. Look again, and decide again. */
export class RegisterChangedError extends Error {
  override readonly name = 'RegisterChangedError';
}

const TABLE = 'projection_generation';

/** The statement that makes the register's table, if it is missing. All read models of a keyspace share it. */
export function createRegisterTableCql(keyspace: string): string {
  return `CREATE TABLE IF NOT EXISTS ${keyspace}.${TABLE} (projector text, generation int, version int, created_at timestamp, fill_until bigint, filled_at timestamp, max_events_per_second int, dropped_at timestamp, epoch bigint static, live int static, previous int static, newest_version int static, PRIMARY KEY ((projector), generation)) WITH ${SPECULATIVE_RETRY}`;
}

/** Reads the register as this region knows it; undefined when no projector of this name has ever been started. */
export async function readRegister(
  session: CassandraSession,
  keyspace: string,
  projector: string,
): Promise<GenerationRegister | undefined> {
  const rows = await session.execute(`SELECT * FROM ${keyspace}.${TABLE} WHERE projector = ?`, [projector], {
    consistency: 'LOCAL_QUORUM',
  });
  const [first] = rows;
  if (!first) return undefined;
  return {
    projector,
    epoch: bigint(first, 'epoch'),
    live: int(first, 'live'),
    previous: typeof first['previous'] === 'number' ? first['previous'] : undefined,
    newestVersion: int(first, 'newest_version'),
    generations: rows.map(toGeneration),
  };
}

function toGeneration(row: Row): Generation {
  const { fill_until: fillUntil, filled_at: filledAt, dropped_at: droppedAt } = row;
  return {
    generation: int(row, 'generation'),
    version: int(row, 'version'),
    createdAt: timestamp(row, 'created_at'),
    fillUntil: typeof fillUntil === 'bigint' ? fillUntil : undefined,
    filledAt: filledAt instanceof Date ? filledAt : undefined,
    maxEventsPerSecond: int(row, 'max_events_per_second'),
    droppedAt: droppedAt instanceof Date ? droppedAt : undefined,
  };
}

/**
 * Makes sure that the register is there and knows of this version of the code. The first projector of a name makes the
 * first generation, which is live at once. That generation is filled from the journal before it follows Kafka. Without
 * a journal it is fed from Kafka alone. Safe from several processes at once. After a failure of the store, the attempt
 * is repeated for three minutes. A node that missed the change of the schema asks the others for it a minute later.
 * Until then that node refuses everything about the new tables. Rejects with the signal's reason once the signal is aborted.
 */
export async function enterRegister(
  session: CassandraSession,
  keyspace: string,
  { name, version }: Pick<Projection, 'name' | 'version'>,
  { hasJournal, signal }: { readonly hasJournal: boolean; readonly signal?: AbortSignal | undefined },
): Promise<GenerationRegister> {
  const deadline = performance.now() + ENTER_TIMEOUT_MS;
  for (;;) {
    try {
      const register = await readRegister(session, keyspace, name);
      if (register && register.newestVersion >= version) return register;
      await (register ? tellVersion(register, version) : makeFirst());
    } catch (error) {
      // A decision of all regions whose outcome is not known: what is there says whether it was taken.
      signal?.throwIfAborted();
      if (performance.now() > deadline) throw error;
      await pause(ENTER_PAUSE_MS, undefined, { signal }).catch(() => signal?.throwIfAborted());
    }
  }

  function makeFirst(): Promise<boolean> {
    const filled = hasJournal ? [undefined, undefined] : [0n, new Date()];
    return session.executeIf(
      `INSERT INTO ${keyspace}.${TABLE} (projector, generation, version, created_at, fill_until, filled_at, max_events_per_second, epoch, live, newest_version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) IF NOT EXISTS`,
      [name, version, version, new Date(), ...filled, 0, 1n, version, version],
    );
  }
  function tellVersion({ epoch }: GenerationRegister, newest: number): Promise<boolean> {
    return session.executeIf(
      `UPDATE ${keyspace}.${TABLE} SET newest_version = ?, epoch = ? WHERE projector = ? IF epoch = ?`,
      [newest, epoch + 1n, name, epoch],
    );
  }
}

const ENTER_TIMEOUT_MS = 180_000;
const ENTER_PAUSE_MS = 500;

/** Adds a generation for a version of the code. Throws RegisterChangedError when the register is no longer what was read. */
export async function addGeneration(
  session: CassandraSession,
  keyspace: string,
  register: GenerationRegister,
  added: Pick<Generation, 'version' | 'maxEventsPerSecond'>,
): Promise<number> {
  const generation = Math.max(...register.generations.map((one) => one.generation)) + 1;
  await change(
    session,
    `UPDATE ${keyspace}.${TABLE} SET version = ?, created_at = ?, max_events_per_second = ?, epoch = ? WHERE projector = ? AND generation = ? IF epoch = ?`,
    [
      added.version,
      new Date(),
      added.maxEventsPerSecond,
      register.epoch + 1n,
      register.projector,
      generation,
      register.epoch,
    ],
  );
  return generation;
}

/** Says up to where a generation is to be filled from the journal; the first projector that looks decides for all. */
export async function setFillUntil(
  session: CassandraSession,
  keyspace: string,
  projector: string,
  { generation, fillUntil }: { readonly generation: number; readonly fillUntil: bigint },
): Promise<void> {
  await session.executeIf(
    `UPDATE ${keyspace}.${TABLE} SET fill_until = ? WHERE projector = ? AND generation = ? IF fill_until = null`,
    [fillUntil, projector, generation],
  );
}

/** Says that a generation is filled; the first to say it sets the time. */
export async function setFilled(
  session: CassandraSession,
  keyspace: string,
  projector: string,
  generation: number,
): Promise<void> {
  await session.executeIf(
    `UPDATE ${keyspace}.${TABLE} SET filled_at = ? WHERE projector = ? AND generation = ? IF filled_at = null`,
    [new Date(), projector, generation],
  );
}

/** Makes a generation the one that answers. Throws RegisterChangedError when the register is no longer what was read. */
export async function setLive(
  session: CassandraSession,
  keyspace: string,
  register: GenerationRegister,
  generation: number,
): Promise<void> {
  await change(
    session,
    `UPDATE ${keyspace}.${TABLE} SET live = ?, previous = ?, epoch = ? WHERE projector = ? IF epoch = ?`,
    [generation, register.live, register.epoch + 1n, register.projector, register.epoch],
  );
}

/** Gives a generation up. Throws RegisterChangedError when the register is no longer what was read. */
export async function setDropped(
  session: CassandraSession,
  keyspace: string,
  register: GenerationRegister,
  generation: number,
): Promise<void> {
  await change(
    session,
    `UPDATE ${keyspace}.${TABLE} SET dropped_at = ?, epoch = ? WHERE projector = ? AND generation = ? IF epoch = ?`,
    [new Date(), register.epoch + 1n, register.projector, generation, register.epoch],
  );
}

async function change(
  session: CassandraSession,
  cql: string,
  params: Parameters<CassandraSession['executeIf']>[1],
): Promise<void> {
  if (await session.executeIf(cql, params)) return;
  throw new RegisterChangedError('the generations were changed at the same moment: look again');
}
