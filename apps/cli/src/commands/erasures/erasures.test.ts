import {
  ErasurePendingReason,
  ErasureState,
  GetErasureResponse,
  ListErasuresResponse,
  type Erasure,
  type ListErasuresRequest,
} from '@meridian/contracts';
import { Command } from 'commander';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { erasures } from './erasures.ts';
import { registerErasures } from './register.ts';

const said = vi.hoisted((): string[] => []);
vi.mock('../../output.ts', async (original) => ({
  ...(await original<object>()),
  say: (text = '') => void said.push(text),
}));

const [erasedAt, doneAt] = [new Date('2026-11-29T10:00:00.123Z'), new Date('2026-11-29T10:00:00.456Z')];

function erasureOf(customerId: string, pendingReason?: ErasurePendingReason): Erasure {
  const done = { region: 'eu-west', state: ErasureState.DONE, doneAt };
  const other =
    pendingReason === undefined
      ? { region: 'us-east', state: ErasureState.DONE }
      : { region: 'us-east', state: ErasureState.PENDING, pendingReason };
  const { erasure } = GetErasureResponse.fromPartial({
    erasure: { customerId, erasedAt, state: other.state, regions: [done, other] },
  });
  if (!erasure) throw new Error('it has one');
  return erasure;
}

let ALL = [
  erasureOf('c-3'),
  erasureOf('c-2', ErasurePendingReason.REGION_UNAVAILABLE),
  erasureOf('c-1'),
  erasureOf('c-0', ErasurePendingReason.QUEUED),
];

// Looks at one erasure a page, so pages of pending ones are often empty.
vi.mock('../../connect.ts', () => ({
  commandClientOf: () => ({
    erasures: {
      getErasure: async ({ customerId }: { readonly customerId: string }) => ({
        erasure: ALL.find((one) => one.customerId === customerId),
      }),
      async listErasures({ pageToken, state }: ListErasuresRequest) {
        const place = Number(pageToken);
        const fits = ALL.slice(place, place + 1).filter(
          (one) => state === ErasureState.UNSPECIFIED || one.state === state,
        );
        const nextPageToken = place + 1 < ALL.length ? `${place + 1}` : '';
        return ListErasuresResponse.fromPartial({ erasures: fits, nextPageToken });
      },
    },
    close: () => undefined,
  }),
}));

beforeEach(() => void said.splice(0));
const asked = { pending: false, json: false };
/** As a person types it. */
async function run(...words: readonly string[]): Promise<void> {
  const program = new Command();
  registerErasures(program);
  await program.parseAsync(words, { from: 'user' });
}
const cells = () => said[0]?.split('\n').map((line) => line.trim().split(/ {2,}/));

describe('meridian erasures', () => {
  it('says of one customer where it is done, and where not and why', async () => {
    await erasures('c-2', asked);
    expect(cells()?.slice(2)).toEqual([
      ['c-2', erasedAt.toISOString(), 'eu-west', 'done', doneAt.toISOString()],
      ['c-2', erasedAt.toISOString(), 'us-east', 'pending', 'the region does not answer'],
    ]);
  });

  it('says so when an earlier version did not record the time', async () => {
    await erasures('c-1', asked);
    expect(cells()?.at(-1)).toEqual(['c-1', erasedAt.toISOString(), 'us-east', 'done', 'not recorded']);
  });

  it('finds pending ones behind pages that have none, up to the limit', async () => {
    await erasures(undefined, { ...asked, pending: true });
    expect(
      new Set(
        cells()
          ?.slice(2)
          .map(([id]) => id),
      ),
    ).toEqual(new Set(['c-2', 'c-0']));
    said.splice(0);
    await erasures(undefined, { ...asked, pending: true, limit: 1 });
    expect(
      new Set(
        cells()
          ?.slice(2)
          .map(([id]) => id),
      ),
    ).toEqual(new Set(['c-2']));
    expect(said[1]).toBe('more: --after 2');
  });

  it('are all in JSON, and the newest 50 for people, who are told that there are more', async () => {
    const before = ALL;
    ALL = Array.from({ length: 120 }, (_, n) => erasureOf(`c-${n}`));
    try {
      await run('erasures', '--json');
      const all = ListErasuresResponse.fromJSON(JSON.parse(said.join('\n')));
      expect(all.erasures.map(({ customerId }) => customerId)).toEqual(
        ALL.map(({ customerId }) => customerId),
      );
      expect(all.nextPageToken).toBe('');
      said.splice(0);
      await run('erasures');
      expect(
        new Set(
          cells()
            ?.slice(2)
            .map(([id]) => id),
        ).size,
      ).toBe(50);
      expect(said[1]).toBe('more: --after 50');
    } finally {
      ALL = before;
    }
  });

  it('answers in JSON as gRPC’s own tools do', async () => {
    await erasures(undefined, { ...asked, limit: 1, json: true });
    expect(JSON.parse(said.join('\n'))).toMatchObject({
      erasures: [{ customerId: 'c-3', state: 'ERASURE_STATE_DONE', regions: [{ region: 'eu-west' }, {}] }],
      nextPageToken: '1',
    });
  });
});
