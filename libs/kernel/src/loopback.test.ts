import { describe, expect, it } from 'vitest';
import { isLoopbackHost } from './loopback.ts';

describe('isLoopbackHost', () => {
  it.each(['localhost', '127.0.0.1', '127.9.80.255', '::1'])('takes %s for this machine', (host) => {
    expect(isLoopbackHost(host)).toBe(true);
  });

  it.each([
    '',
    '10.0.0.1',
    '128.0.0.1',
    '::2',
    'localhost.example.org',
    '127.0.0.1.example.org',
    '127.0.0',
    '127.0.0.256',
    '127.0.00.1',
  ])('does not take "%s" for this machine', (host) => {
    expect(isLoopbackHost(host)).toBe(false);
  });
});
