import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { whenKafkaAnswers } from './when-kafka-answers.ts';

const log = { warn: () => undefined };

describe('what waits for Kafka', () => {
  it('is tried again until it works', async () => {
    let tries = 0;
    const awaited = whenKafkaAnswers(log, () =>
      ++tries < 3 ? Promise.reject(new Error('not yet')) : Promise.resolve('started'),
    );
    await expect.poll(() => awaited.current()).toBe('started');
    expect(await awaited.stop()).toBe('started');
  });

  it('keeps no process from its end while Kafka neither answers nor refuses', async () => {
    const awaited = whenKafkaAnswers(log, () => new Promise(() => undefined));
    expect(await awaited.stop()).toBeUndefined();
  });

  it('is told when nobody wants it any more, and not tried again', async () => {
    let tries = 0;
    const awaited = whenKafkaAnswers(log, async (over) => {
      tries += 1;
      await once(over, 'abort');
      throw over.reason;
    });
    expect(await awaited.stop()).toBeUndefined();
    expect([tries, awaited.current()]).toEqual([1, undefined]);
  });
});
