import { describe, expect, it } from 'vitest';
import { untilAnswered } from './ask-at-rest.ts';
import type { Reply } from './ask.ts';
import type { Failure } from './failures.ts';
import type { Question } from './history.ts';

const SALES: Question = { kind: 'sales' };
const ORDER: Question = { kind: 'order', orderId: 'o-1' };
const BEHIND: Failure = { kind: 'passing', status: 'UNAVAILABLE' };
const PARKED: Failure = { kind: 'parked', status: 'AGGREGATE_PARKED' };
const SILENT_MS = 20;

const reply = (parkedAggregates = 0): Reply => ({
  answer: { kind: 'sales', shown: [] },
  named: new Map(),
  parkedAggregates,
  sources: [],
});

/** Gives these answers in turn, and the last one forever. */
function inTurn(...answers: readonly (Reply | Failure)[]) {
  let asked = 0;
  return () => Promise.resolve(answers[Math.min(asked++, answers.length - 1)] ?? BEHIND);
}

describe('questions once everything is applied', () => {
  it('are asked again until they are answered and nothing is parked', async () => {
    const found = await untilAnswered('eu-west', [SALES], inTurn(BEHIND, PARKED, reply(1), reply()));
    expect(found.violations).toEqual([]);
    expect(found.replies).toEqual([reply(1), reply()]);
  });

  it.each([
    ['a service that never answers', BEHIND, 'every question is answered at rest', 'UNAVAILABLE'],
    ['a refusal that stays', PARKED, 'nothing stays parked', 'AGGREGATE_PARKED'],
    ['a count that stays', reply(1), 'nothing stays parked', 'the answer counts 1 parked aggregates'],
  ])('show %s', async (_, answer, rule, detail) => {
    const { violations } = await untilAnswered('us-east', [SALES], inTurn(answer), SILENT_MS);
    expect(violations).toEqual([{ rule, detail: `sales in us-east: ${detail}` }]);
  });

  it('show one question that is never answered among others that are', async () => {
    const ask = (question: Question) => Promise.resolve(question === ORDER ? BEHIND : reply());
    const { replies, violations } = await untilAnswered('us-east', [ORDER, SALES], ask, SILENT_MS);
    expect(replies).toEqual([reply()]);
    expect(violations).toEqual([
      { rule: 'every question is answered at rest', detail: 'order o-1 in us-east: UNAVAILABLE' },
    ]);
  });

  it('show an error that is not foreseen at once, and only once', async () => {
    const error: Failure = { kind: 'unforeseen', status: 'INTERNAL' };
    const { violations } = await untilAnswered('us-east', [SALES], inTurn(error));
    expect(violations).toEqual([{ rule: 'errors are foreseen', detail: 'sales in us-east: INTERNAL' }]);
  });
});
