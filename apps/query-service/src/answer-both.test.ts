import type { Freshness } from '@meridian/contracts';
import { expect, it } from 'vitest';
import { answerBoth, type Part } from './answer-both.ts';
import { callWithin } from './testing/stand-ins.ts';

const freshness: Freshness = {
  position: 1n,
  eventTime: undefined,
  region: 'eu-west',
  fallback: false,
  parkedAggregates: 0,
  token: undefined,
};

/** A call, and what ends it. */
function begun() {
  const over = new AbortController();
  const call = { ...callWithin(60_000), signal: over.signal };
  return { call, over };
}

/** A part that is never answered, and the reason for which it was given up. */
function waiting() {
  const given = Promise.withResolvers<unknown>();
  const part: Part<string> = ({ signal }) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        given.resolve(signal.reason);
        reject(new Error('given up'));
      });
    });
  return { part, givenUp: given.promise };
}

it('gives what both parts were answered', async () => {
  const answered = await answerBoth(
    begun().call,
    async () => ({ value: 'one', freshness }),
    async () => ({ value: 2, freshness: { ...freshness, position: 7n } }),
  );
  expect(answered).toMatchObject({ value: ['one', 2], freshness: { position: 7n } });
});

it.each(['one', 'other'])('fails as part %s does, and gives the rest up', async (failing) => {
  const { part, givenUp } = waiting();
  const fails: Part<string> = () => Promise.reject(new Error(`${failing} fails`));
  const [one, other] = failing === 'one' ? [fails, part] : [part, fails];
  await expect(answerBoth(begun().call, one, other)).rejects.toThrow(`${failing} fails`);
  expect(await givenUp).toBeInstanceOf(DOMException);
});

it('is given up with its call', async () => {
  const { call, over } = begun();
  const [one, other] = [waiting(), waiting()];
  const asked = answerBoth(call, one.part, other.part);
  over.abort('gone');
  await expect(asked).rejects.toThrow('given up');
  expect(await Promise.all([one.givenUp, other.givenUp])).toEqual(['gone', 'gone']);
});
