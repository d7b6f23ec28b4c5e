import { describe, expect, it } from 'vitest';
import { requestsPerOrder } from './projection-nodes.ts';

describe('the rows of an order', () => {
  it('take less than a request, also where nodes hold different rows', async () => {
    // Counted, with a few per cent from run to run: 0.6 with one node, 0.8 with six.
    expect(await requestsPerOrder(1)).toBeLessThan(0.75);
    expect(await requestsPerOrder(6)).toBeLessThan(1);
  });
});
