import { readFile } from 'node:fs/promises';
import { bigintOf, textOf, type MysqlPool } from '@meridian/mysql';
import { z } from 'zod';

/** An erasure that the journal has lost. */
export interface LostErasure {
  readonly eventId: string;
  readonly customerId: string;
}

/** What is to be done about the erasures in a file of lost events. */
export interface LostErasures {
  /** How many the file holds. */
  readonly total: number;
  /** Those of customers whom the journal still has. */
  readonly toRepeat: readonly LostErasure[];
  /** How many are of a lost customer whose id has been registered anew since. */
  readonly ofEarlierCustomers: number;
}

const lostEvent = z.object({
  type: z.string(),
  eventId: z.string(),
  aggregateId: z.string(),
  position: z.string().regex(/^\d+$/).transform(BigInt),
});
type LostEvent = z.output<typeof lostEvent>;

const PAGE = 1_000;

/**
 * The events in a file of `journal fence --lost`. Throws when there is no such file, or when a line of it is no event. An erasure may be in
 * such a line.
 */
async function eventsIn(file: string): Promise<readonly LostEvent[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`cannot read ${file}: ${why}; name the file that \`journal fence --lost\` wrote`);
  });
  const events: LostEvent[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    events.push(
      eventOf(line) ??
        refuse(
          `line ${index + 1} of ${file} is no event: name the file as \`journal fence --lost\` wrote it`,
        ),
    );
  }
  return events;
}

function eventOf(line: string): LostEvent | undefined {
  try {
    return lostEvent.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

function refuse(why: string): never {
  throw new Error(why);
}

/**
 * Sorts the erasures in a file of `journal fence --lost`. An erasure ends the life that the last registration before it began. Only if
 * the journal has that registration, it is to be repeated. A fence raises the head above all lost events, so positions
 * tell this for certain, whatever clocks say. Throws when the file is not one of `journal fence --lost`.
 */
export async function lostErasures(pool: MysqlPool, file: string): Promise<LostErasures> {
  const events = await eventsIn(file);
  const erasures = events.filter(({ type }) => type === 'CustomerErased');
  const lost = Map.groupBy(
    events.filter(({ type }) => type === 'CustomerRegistered'),
    ({ aggregateId }) => aggregateId,
  );
  const kept = await registrations(pool, [...new Set(erasures.map(({ aggregateId }) => aggregateId))]);
  const isKept = ({ aggregateId, position }: LostEvent): boolean => {
    const registeredAt = kept.get(aggregateId);
    if (registeredAt === undefined || registeredAt > position) return false;
    const between = (other: LostEvent) => other.position > registeredAt && other.position < position;
    return !lost.get(aggregateId)?.some(between);
  };
  const [repeated, others] = [erasures.filter(isKept), erasures.filter((event) => !isKept(event))];
  return {
    total: erasures.length,
    toRepeat: repeated.map(({ eventId, aggregateId: customerId }) => ({ eventId, customerId })),
    ofEarlierCustomers: others.filter(({ aggregateId }) => kept.has(aggregateId)).length,
  };
}

/** The positions at which the journal registers customers, of those that it knows. */
async function registrations(
  pool: MysqlPool,
  customerIds: readonly string[],
): Promise<ReadonlyMap<string, bigint>> {
  const found = new Map<string, bigint>();
  for (let from = 0; from < customerIds.length; from += PAGE) {
    const { rows } = await pool.query(
      `SELECT aggregate_id, position FROM journal FORCE INDEX (journal_aggregate)
       WHERE aggregate_type = 'customer' AND aggregate_id IN (?) AND aggregate_version = 1`,
      [customerIds.slice(from, from + PAGE)],
    );
    for (const row of rows) found.set(textOf(row, 'aggregate_id'), bigintOf(row, 'position'));
  }
  return found;
}
