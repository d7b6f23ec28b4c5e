import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { contextOf, EVENT_TYPES, toMessage, aggregateTypeOf, type ContextName } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import type { ReceivedMessage } from '@meridian/messaging';
import { PROJECTIONS } from '@meridian/read-models';
import type { DeferredEvent, ParkedAggregate } from '@meridian/read-store';
import fc from 'fast-check';
import { decodeBatch } from '../../../libs/projector/src/partition/decode-batch.ts';
import { workspaceRoot } from '../../shell/workspace.ts';
import { hostileText, mutated } from '../mutations.ts';
import { FindingError, target, type Target } from '../target.ts';

/** The stored sample of an event, in binary. */
function sampleOf(type: string): Uint8Array {
  const [file] = globSync(`proto/samples/*/${type}.v1.binpb`, { cwd: workspaceRoot });
  if (file === undefined) throw new Error(`there is no sample of ${type}, beside ${basename(workspaceRoot)}`);
  return readFileSync(join(workspaceRoot, file));
}

const SAMPLES = EVENT_TYPES.map((type) => ({ type, payload: sampleOf(type) }));

/** A message as Kafka gives it, of an event that is whole. */
const sound = fc
  .tuple(fc.constantFrom(...SAMPLES), fc.nat({ max: 40 }))
  .map(([{ type, payload }, version]) => {
    const aggregateId = '536365';
    const context = contextOf(type);
    const message = toMessage({
      eventId: '0190b3c0-7d5e-7000-8000-000000000001',
      position: BigInt(version + 1),
      context,
      type,
      shard: shardOf(aggregateId),
      aggregateType: aggregateTypeOf(type),
      aggregateId,
      payload,
      version: BigInt(version + 1),
      time: new Date(0),
      traceparent: '',
    });
    return { context, message };
  });

interface Sent {
  readonly context: ContextName;
  readonly message: ReturnType<typeof toMessage>;
}

const change = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('value' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('header' as const),
      at: fc.nat({ max: 20 }),
      text: hostileText,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('missing' as const), at: fc.nat({ max: 20 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('nothing' as const) }) },
);

const damaged = fc.tuple(sound, change).chain(([sent, how]): fc.Arbitrary<Sent> => {
  const names = Object.keys(sent.message.headers);
  if (how.kind === 'value')
    return mutated(fc.constant(sent.message.value)).map((value) => ({
      ...sent,
      message: { ...sent.message, value },
    }));
  if (how.kind === 'nothing') return fc.constant(sent);
  const name = names[how.at % names.length] ?? '';
  const { [name]: _left, ...others } = sent.message.headers;
  const headers = how.kind === 'missing' ? others : { ...others, [name]: how.text };
  return fc.constant({ ...sent, message: { ...sent.message, headers } });
});

const offsetAfter = (messages: readonly ReceivedMessage[]): bigint | undefined =>
  messages.length === 0 ? undefined : BigInt(messages.length);

/** Kafka values and headers: every message is projected, kept for later, or parked with its reason, and none is lost. */
export function eventTarget(): Target {
  return target<readonly Sent[]>({
    name: 'Kafka messages',
    inputs: fc.array(damaged, { minLength: 1, maxLength: 6 }),
    inputsPerTurn: 40,
    try(sent) {
      for (const projection of PROJECTIONS) {
        const own = sent.filter(({ context }) => projection.contexts.includes(context));
        const messages = own.map(({ message }, index): ReceivedMessage => ({
          offset: String(index),
          key: Buffer.from(message.key),
          headers: { ...message.headers },
          value: Buffer.from(message.value),
        }));
        const [context = 'orders'] = projection.contexts;
        const place = { context, partition: shardOf('536365') };
        const state = {
          ...place,
          parked: new Map<string, ParkedAggregate>(),
          deferred: new Map<bigint, DeferredEvent>(),
          taken: { ...place, position: 0n, eventTime: new Date(0) },
        };
        const decoded = decodeBatch(messages, state, projection);
        for (const { reason } of decoded.aggregates.values())
          if (reason === '') throw new FindingError('an aggregate is parked without a reason');
        if (decoded.goOnAt === undefined && decoded.nextOffset !== offsetAfter(messages))
          throw new FindingError('not every message was read');
      }
    },
  });
}
