import type { Answer } from './answering.ts';
import { freshnessOfBoth } from './freshness.ts';
import type { WaitingCall } from './reached.ts';

/** A part of a question, which `answer` answers from one read model. */
export type Part<T> = (call: WaitingCall) => Promise<Answer<T>>;

/**
 * Answers one question from two read models, which are asked at once. Each part waits for what the caller's token names of its own
 * read model, and keeps the promises of `answer`. The freshness tells of both. Fails as soon as one of the parts does; then the other
 * part is given up.
 */
export async function answerBoth<One, Other>(
  { deadline, signal: ofCall, startWaiting }: WaitingCall,
  askOne: Part<One>,
  askOther: Part<Other>,
): Promise<Answer<readonly [One, Other]>> {
  const over = new AbortController();
  const signal = AbortSignal.any([ofCall, over.signal]);
  const part = { deadline, signal, startWaiting };
  try {
    const [one, other] = await Promise.all([askOne(part), askOther(part)]);
    return {
      value: [one.value, other.value],
      freshness: freshnessOfBoth(one.freshness, other.freshness),
    };
  } finally {
    over.abort();
  }
}
