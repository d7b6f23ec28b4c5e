import { describe, expect, it } from 'vitest';
import { checkUnnoticed, isJudged, type OneAway, type Unanswered } from './unnoticed.ts';

const span: OneAway = {
  fault: 'kill-node',
  before: { fromMs: 0, untilMs: 100 },
  during: { fromMs: 100, untilMs: 200 },
};
const unanswered = (fromMs: number, untilMs: number): Unanswered => ({
  region: 'eu-west',
  question: 'sales',
  status: 'UNAVAILABLE',
  fromMs,
  untilMs,
});
const found = (...questions: readonly Unanswered[]) => [...checkUnnoticed([span], questions)];

describe('one node of three', () => {
  it('is not missed where every question is answered while it is away', () => {
    expect(found()).toEqual([]);
    expect(found(unanswered(200, 250))).toEqual([]);
  });

  it('is missed by a question that is not, whenever that began', () => {
    expect(found(unanswered(150, 160), unanswered(190, 400))).toEqual([
      {
        rule: 'one node of three is not missed',
        detail: 'kill-node: after 50 ms, sales in eu-west ended with UNAVAILABLE in 10 ms',
      },
      {
        rule: 'one node of three is not missed',
        detail: 'kill-node: after 90 ms, sales in eu-west ended with UNAVAILABLE in 210 ms',
      },
    ]);
  });

  it('is not judged where questions went unanswered without a fault', () => {
    const questions = [unanswered(50, 60), unanswered(150, 160)];
    expect(isJudged(span, questions)).toBe(false);
    expect(found(...questions)).toEqual([]);
  });
});
