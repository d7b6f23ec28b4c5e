import { describe, expect, it } from 'vitest';
import type { Cut } from '../system/proxy.ts';
import { falls } from './inject.ts';

/** A proxy to which a request comes as soon as a cut is armed, or never. */
function proxyOf({ hasRequests }: { readonly hasRequests: boolean }) {
  let armed: Cut | undefined;
  let cuts = 0;
  return {
    armed: () => armed,
    cuts: () => cuts,
    cutNext(cut: Cut | undefined) {
      armed = hasRequests ? undefined : cut;
      if (hasRequests && cut !== undefined) cuts += 1;
    },
  };
}

describe('a cut', () => {
  it('says that it hit a request', async () => {
    expect(await falls(proxyOf({ hasRequests: true }), 'before')).toBe(true);
  });

  it('says that it hit nothing, and lets later requests pass', async () => {
    const proxy = proxyOf({ hasRequests: false });
    expect(await falls(proxy, 'before', { withinMs: 1 })).toBe(false);
    expect(proxy.armed()).toBeUndefined();
  });
});
