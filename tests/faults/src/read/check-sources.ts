import { partitionKey, type Positions } from '@meridian/contracts';
import { SHARD_COUNT } from '@meridian/kernel';
import type { Violation } from '../system/violation.ts';
import type { Look, ReadEvidence, Source } from './history.ts';
import { contextsOf, type ProjectorName } from './projectors.ts';

/**
 * The read model whose progress an answer waits for. The other questions are about one aggregate. They are answered from its own rows
 * too, which may be ahead of the progress. A customer's own rows may be ahead, but not what its orders are worth.
 */
const WAITS_FOR: Readonly<Partial<Record<Look['answer']['kind'], ProjectorName>>> = {
  'customer-orders': 'orders',
  customer: 'orders',
  sales: 'sales',
};

/**
 * Every answer says truly where it comes from: it is marked when another region than the one that was asked gave it. Its position
 * has reached what the question had to wait for, and is none that the journal does not have.
 */
export function* checkSources({ journal, looks, watches }: ReadEvidence): Iterable<Violation> {
  const last = journal.at(-1)?.position ?? 0n;
  for (const { region: asked, required, answer, sources } of looks) {
    const model = WAITS_FOR[answer.kind];
    const owed = model === undefined ? 0n : highest(required, model);
    for (const source of sources)
      for (const detail of wrongIn(source, asked, owed, last))
        yield violation(`${answer.kind} in ${asked}: ${detail}`);
  }
  for (const { region: asked, orderId, pushes } of watches)
    for (const { source } of pushes)
      for (const detail of wrongIn(source, asked, 0n, last))
        yield violation(`watch of ${orderId} in ${asked}: ${detail}`);
}

function* wrongIn({ region, fallback, position }: Source, asked: string, owed: bigint, last: bigint) {
  if (fallback !== (region !== asked)) yield `from ${region}, fallback is ${fallback}`;
  if (position < owed) yield `at ${position}, ${owed} was owed`;
  if (position > last) yield `at ${position}, the journal ends at ${last}`;
}

/** The highest position that a token names of what feeds a read model. */
function highest(required: Positions, model: ProjectorName): bigint {
  const keys = contextsOf(model).flatMap((context) =>
    Array.from({ length: SHARD_COUNT }, (_, shard) => partitionKey(context, shard)),
  );
  return keys.reduce((most, key) => {
    const position = required.get(key) ?? 0n;
    return position > most ? position : most;
  }, 0n);
}

const violation = (detail: string): Violation => ({ rule: 'answers say where they come from', detail });
