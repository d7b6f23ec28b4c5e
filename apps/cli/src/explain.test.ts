import { createMeridianClient } from '@meridian/client';
import { describe, expect, it } from 'vitest';
import { explain } from './explain.ts';

describe('explain', () => {
  it('gives an error’s message, and what is no error as it is', () => {
    expect(explain(new Error('nothing is running here'))).toBe('nothing is running here');
    expect(explain('odd')).toBe('odd');
  });

  it('gives a call’s message and status, without the path of the method', async () => {
    const nobody = ['127.0.0.1:1'];
    const client = createMeridianClient({
      commandAddresses: nobody,
      queryAddresses: nobody,
      retryBaseDelayMs: 1,
    });
    const error = await client.orders
      .getOrder({ orderId: '536365' }, { deadline: 2_000 })
      .catch((thrown: unknown) => thrown);
    client.close();
    expect(explain(error)).toMatch(/\((UNAVAILABLE|DEADLINE_EXCEEDED)\)$/);
    expect(explain(error)).not.toContain('/meridian.');
  });
});
