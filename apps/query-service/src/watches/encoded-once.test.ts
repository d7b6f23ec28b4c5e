import { WatchOrderResponse } from '@meridian/contracts';
import { describe, expect, it } from 'vitest';
import { encodedOnce } from './encoded-once.ts';

describe('a type that is encoded once', () => {
  const message = WatchOrderResponse.fromPartial({ order: { summary: { orderId: 'a', version: 7n } } });

  it('gives the same bytes as the type itself, for each message its own', () => {
    const type = encodedOnce(WatchOrderResponse);
    const other = WatchOrderResponse.fromPartial({ order: { summary: { orderId: 'b' } } });
    for (const one of [message, other, message])
      expect(type.encode(one).finish()).toEqual(WatchOrderResponse.encode(one).finish());
    expect(type.decode(type.encode(message).finish())).toEqual(message);
  });

  it('does the work once, however often it is asked', () => {
    let encoded = 0;
    const type = encodedOnce<WatchOrderResponse>({
      decode: (bytes) => WatchOrderResponse.decode(bytes),
      encode(one) {
        encoded += 1;
        return WatchOrderResponse.encode(one);
      },
    });
    for (let reader = 0; reader < 1_000; reader++) type.encode(message).finish();
    expect(encoded).toBe(1);
  });
});
